#!/usr/bin/env python3
"""Compares chainrule's programs with NumPy, PyTorch, JAX, CasADi and micrograd: the same work on the same numbers, in turns.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install numpy torch jax casadi micrograd
    /tmp/peers/bin/python benches/peers.py

prints one table in Markdown. NumPy is required; missing peers are skipped and named. Everything runs on one thread with
64-bit numbers. In each of several rounds, ours, the loop by hand and every peer run alone, one after the other, each for a
stretch of half a second: then it finds its own data in the caches, as in a loop of its own. The start of a stretch warms up
and is not counted. Every peer's value is first compared with ours. `--quick` runs one short round, as a trial.
"""

import argparse
import importlib.util
import json
import math
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

PEERS = {"numpy": "NumPy", "torch": "PyTorch", "jax": "JAX", "casadi": "CasADi", "micrograd": "micrograd"}

# The sections of the bench, and their lines that peers compute as well.
SECTIONS = {
    "moons": ["moons"],
    "two-layer": ["two-layer"],
    "digits": ["digits"],
    "rosenbrock": [f"rosenbrock-{n}" for n in (10, 50, 1000, 100_000)],
    "mixture": ["mixture"],
}

# The largest allowed ratio of our time to NumPy's, by line of the bench.
TARGETS = {"two-layer": 0.65, "two-layer-fast": 0.65, "digits": 0.6}

# One thread. And memory that a peer frees stays with its process: otherwise, the C library gives large arrays back to the
# system, and NumPy's two layers spend half of their time on taking the same pages again.
ENVIRONMENT = {
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
}


class Peer:
    """A process that times one peer's work."""

    def __init__(self, name):
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "python" / "worker.py"), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | ENVIRONMENT,
            text=True,
        )
        about = self.read()
        self.version, self.works = about["version"], about["works"]

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit("a peer ended before it answered: see its message above")
        return json.loads(line)

    def time(self, key, seconds):
        self.process.stdin.write(f"{key} {seconds}\n")
        self.process.stdin.flush()
        return self.read()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def build():
    """Builds the bench. Returns the path of its program."""
    command = ["cargo", "bench", "-p", "chainrule-benches", "--bench", "programs", "--no-run", "--message-format=json"]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    messages = map(json.loads, output.stdout.splitlines())
    targets = [m for m in messages if m.get("target", {}).get("name") == "programs"]
    return [m["executable"] for m in targets if m.get("executable")][-1]


def ours(program, section, stretch):
    """The processor, and the lines of a section of the bench. Each work runs alone for a stretch of this many seconds."""
    command = [program, "--bench", "--json", "--only", section, "--seconds", "0", "--stretch", str(stretch)]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(output.stdout)
    return found["processor"], found["lines"]


class Rounds:
    """The times of one piece of work in all rounds."""

    def __init__(self):
        self.minima, self.medians = [], []

    def add(self, times):
        self.minima.append(times["minimum"])
        self.medians.append(times["median"])

    def minimum(self):
        return min(self.minima)

    def median(self):
        return statistics.median(self.medians)


def measure(program, peers, rounds, stretch):
    """Times everything in turns. Returns the processor, the titles of the lines, and the rounds of each line and peer."""
    processor, titles, times = None, {}, {}
    for section, keys in SECTIONS.items():
        for _ in range(rounds):
            processor, lines = ours(program, section, stretch)
            for line in lines:
                key = line["key"]
                titles[key] = line["work"]
                times.setdefault((key, "ours"), Rounds()).add(line)
                if line["beside"]:
                    times.setdefault((key, "by hand"), Rounds()).add(line["beside"])
                check = line["check"]
                if key not in keys:
                    continue
                for name, peer in peers.items():
                    if key in peer.works:
                        found = peer.time(key, stretch)
                        if not math.isclose(found["check"], check, rel_tol=1e-6):
                            sys.exit(f"{key}: {name} computes {found['check']}, chainrule {check}")
                        times.setdefault((key, name), Rounds()).add(found)
    return processor, titles, times


def amount(seconds):
    for unit, scale in (("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0)):
        if seconds < 1000 * scale or unit == "s":
            return f"{seconds / scale:.3g} {unit}"


def table(titles, times, peers):
    """Prints one row per line of the bench, from its fastest samples. In brackets: our time ÷ the peer's time."""
    names = ["by hand", *peers]
    heads = ["by hand, Rust", *(PEERS[name] for name in peers)]
    print("| work | ours | " + " | ".join(heads) + " |")
    print("|---|---:|" + "---:|" * len(heads))
    missed = []
    for key in (key for keys in SECTIONS.values() for key in keys):
        for line in (key, f"{key}-fast"):
            if line not in titles:
                continue
            mine = times[line, "ours"]
            cells = [titles[line], amount(mine.minimum())]
            for name in names:
                other = times.get((line if name == "by hand" else key, name))
                if other is None:
                    cells.append("")
                    continue
                ratio = mine.minimum() / other.minimum()
                cells.append(f"{amount(other.minimum())} ({ratio:.2g})")
                if name == "numpy" and line in TARGETS:
                    medians = mine.median() / other.median()
                    verdict = "met" if ratio <= TARGETS[line] else "missed"
                    missed.append(
                        f"{titles[line]}: {ratio:.2f} × NumPy by minima, {medians:.2f} by medians, "
                        f"target {TARGETS[line]}: {verdict}"
                    )
            print("| " + " | ".join(cells) + " |")
    print()
    print("\n".join(f"* {line}" for line in missed))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one short round")
    arguments = parser.parse_args()
    found = [name for name in PEERS if importlib.util.find_spec(name)]
    missing = [title for name, title in PEERS.items() if name not in found]
    if "numpy" not in found:
        sys.exit("NumPy is not installed for this Python: pip install numpy")
    program = build()
    peers = {name: Peer(name) for name in found}
    rounds, stretch = (1, 0.05) if arguments.quick else (3, 0.5)
    processor, titles, times = measure(program, peers, rounds, stretch)
    for peer in peers.values():
        peer.end()
    print(f"{processor}\nEach ran alone for {stretch} s per round, after a fifth of that to warm up. Rounds: {rounds}.\n")
    table(titles, times, peers)
    versions = ", ".join(f"{PEERS[name]} {peer.version}" for name, peer in peers.items())
    print(f"\nPython {sys.version.split()[0]}, {versions}; missing: {', '.join(missing) or 'none'}.")


if __name__ == "__main__":
    main()
