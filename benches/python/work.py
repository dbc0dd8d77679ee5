"""The work of every peer: data, parameters and sizes, with the same numbers as in benches/programs."""

import csv
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]


class Numbers:
    """SplitMix64 of a counter: numbers between -1 and 1, the same as those of the Rust benches."""

    def __init__(self, stream):
        self.counter = stream << 32

    def take(self, count, scale=1.0):
        first = self.counter + 1
        self.counter += count
        counters = np.arange(first, first + count, dtype=np.uint64)
        z = counters * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        bits = z ^ (z >> np.uint64(31))
        return ((bits >> np.uint64(11)).astype(np.float64) / 2.0**52 - 1.0) * scale


def read(path):
    with open(ROOT / path, newline="") as file:
        rows = list(csv.reader(file))[1:]
    return np.array(rows, dtype=np.float64)


class Moons:
    """A network 2-16-16-1 on 100 rows. Each neuron's weights come before its bias."""

    l2 = 1e-4
    rate = 1e-12

    def __init__(self):
        rows = read("tests/data/moons/points.csv")
        self.x, self.labels = np.ascontiguousarray(rows[:, :2]), np.ascontiguousarray(rows[:, 2])
        self.parameters = read("tests/data/moons/parameters.csv")[:, 0]

    def layers(self):
        """Weights and biases of each layer."""
        split = np.split(self.parameters, [48, 320])
        both = [p.reshape(-1, inputs + 1) for p, inputs in zip(split, [2, 16, 16])]
        return [(np.ascontiguousarray(p[:, :-1]), p[:, -1].copy()) for p in both]


class TwoLayer:
    """64 rows, 1000 inputs, 100 sigmoids, 10 outputs."""

    rate = 1e-6

    def __init__(self):
        numbers = Numbers(1)
        rows = numbers.take(64 * 1010).reshape(64, 1010)
        self.x, self.y = np.ascontiguousarray(rows[:, :1000]), np.ascontiguousarray(rows[:, 1000:])
        weights = numbers.take(1010 * 100, 0.1)
        self.w1 = weights[:100_000].reshape(1000, 100)
        self.w2 = weights[100_000:].reshape(100, 10)


class Digits:
    """A network 64-32-10 on 1437 rows in mini-batches of 64."""

    batch = 64
    rate = 0.05

    def __init__(self):
        rows = read("examples/data/digits.csv")[:1437]
        self.x = np.ascontiguousarray(rows[:, :64] / 16.0)
        self.classes = rows[:, 64].astype(np.int64)
        p = Numbers(2).take(32 * 65 + 10 * 33, 0.2)
        both = [p[: 32 * 65].reshape(32, 65), p[32 * 65 :].reshape(10, 33)]
        self.layers = [(np.ascontiguousarray(p[:, :-1]), p[:, -1].copy()) for p in both]


def rosenbrock_at(n):
    return 0.5 + 0.01 * (np.arange(n) % 97)


class Mixture:
    """25 Gaussians in 10 dimensions and 1000 points."""

    def __init__(self):
        numbers = Numbers(3)
        self.points = numbers.take(1000 * 10).reshape(1000, 10)
        p = numbers.take(25 * 21, 0.5).reshape(25, 21)
        self.weights, self.means = p[:, 0].copy(), p[:, 1:11].copy()
        self.logs = p[:, 11:].copy()
