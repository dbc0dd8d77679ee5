"""Times one peer's work in its own process, a stretch at a time: reads lines with a key and seconds, writes lines of JSON."""

import importlib
import json
import math
import statistics
import sys
import time

# As in benches/programs, a sample repeats its work until it lasts this many seconds, and a stretch starts with a warm-up,
# as a share of the part that is counted.
SAMPLE = 3e-4
FEWEST = 3
WARM_UP = 0.2


def timed(run, seconds):
    run()
    end = time.perf_counter() + WARM_UP * seconds
    once = math.inf
    while once == math.inf or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        once = min(once, time.perf_counter() - start)
    runs = range(max(1, round(SAMPLE / once)))
    samples = []
    end = time.perf_counter() + seconds
    while len(samples) < FEWEST or time.perf_counter() < end:
        start = time.perf_counter()
        for _ in runs:
            run()
        samples.append((time.perf_counter() - start) / len(runs))
    return {"minimum": min(samples), "median": statistics.median(samples)}


def main():
    peer = importlib.import_module(f"in_{sys.argv[1]}")
    print(json.dumps({"version": peer.VERSION, "works": list(peer.WORKS)}), flush=True)
    made = {}
    for line in sys.stdin:
        key, seconds = line.split()
        if key not in made:
            run = peer.WORKS[key]()
            # The value at the start of training, before the parameters move.
            made[key] = run, float(run())
        run, check = made[key]
        print(json.dumps(timed(run, float(seconds)) | {"check": check}), flush=True)


if __name__ == "__main__":
    main()
