"""Trains a logistic regression on rows that several processes own, and compares the parameters with those of one process.

    python process_sums.py [--rows N] [--workers N] [--steps N]
"""

import argparse
import concurrent.futures
import multiprocessing

import numpy as np

import chainrule


def points(n):
    """Rows of two coordinates and a label, which is -1 or 1."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(n, 2))
    return np.column_stack([x, np.sign(x[:, 0] - 2 * x[:, 1] + 0.5 + rng.normal(size=n))])


def loss(p, row):
    """Minus the logarithm of the label's probability."""
    return (-row[2] * (p[0] * row[0] + p[1] * row[1] + p[2])).softplus()


def shares(n, workers):
    """The first row and the end of each worker's rows. All begin at multiples of 64."""
    share = -(-n // (64 * workers)) * 64
    return [(first, min(first + share, n)) for first in range(0, n, share)]


def descend(mean_value_and_gradient, steps):
    """Gradient descent on the mean loss: the parameters and the last loss."""
    p = np.zeros(3)
    for _ in range(steps):
        mean, gradient = mean_value_and_gradient(p)
        p -= 2.0 * gradient
    return p, mean


def report(program, rows, steps, p, mean):
    """Trains in this process too, and says whether the parameters are equal to the last bit."""
    alone, _ = descend(program.batch(rows).mean_value_and_gradient, steps)
    print(f"loss {mean:.6f}, parameters {p.tolist()}")
    print(f"one process:   parameters {alone.tolist()}")
    if p.tobytes() != alone.tobytes():
        raise SystemExit("the parameters differ")
    print("equal to the last bit")


def options():
    parser = argparse.ArgumentParser()
    for name, default in [("rows", 100_000), ("workers", 2), ("steps", 100)]:
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


class Worker:
    """What a worker process owns: its rows, with the program. `mine` is set in worker processes only."""

    mine = None

    def __init__(self, program, rows, first):
        self.batch, self.first = program.batch(rows, threads=1), first
        Worker.mine = self


def partial(p):
    """The sums over this worker's rows."""
    return Worker.mine.batch.partial(p, Worker.mine.first)


def main():
    arguments = options()
    rows = points(arguments.rows)
    program = chainrule.trace_rows(loss, [0.0, 0.0, 0.0], 3)
    context = multiprocessing.get_context("spawn")
    # One pool per worker, because a worker owns its rows. The program and the rows travel by pickle, once.
    pools = [
        concurrent.futures.ProcessPoolExecutor(1, context, Worker, (program, rows[first:end], first))
        for first, end in shares(len(rows), arguments.workers)
    ]

    def mean_value_and_gradient(p):
        jobs = [pool.submit(partial, p) for pool in pools]
        # In the order in which they are done: it does not matter.
        partials = [job.result() for job in concurrent.futures.as_completed(jobs)]
        return chainrule.Partial.merge(*partials).mean_value_and_gradient(program, len(rows))

    p, mean = descend(mean_value_and_gradient, arguments.steps)
    for pool in pools:
        pool.shutdown()
    print(f"{len(pools)} processes, {len(rows)} rows, {arguments.steps} steps")
    report(program, rows, arguments.steps, p, mean)


if __name__ == "__main__":
    main()
