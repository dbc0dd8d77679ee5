"""micrograd, scalar by scalar, with Python's garbage collector off, which would take most of the time.

Its engine has neither exponential nor logarithm, and its backward pass recurses. So it can do only small work of sums,
products and rectifiers.
"""

import gc
from importlib.metadata import version

import work
from micrograd.engine import Value

VERSION = version("micrograd")
gc.disable()


def moons():
    data = work.Moons()
    layers = data.layers()
    parameters = [[([Value(w) for w in ws], Value(b)) for ws, b in zip(*layer)] for layer in layers]
    every = [p for layer in parameters for ws, b in layer for p in (*ws, b)]

    def score(x):
        for index, layer in enumerate(parameters):
            x = [sum((w * x for w, x in zip(ws, x)), b) for ws, b in layer]
            if index + 1 < len(parameters):
                x = [s.relu() for s in x]
        return x[0]

    def step():
        losses = [(1 + -label * score(x)).relu() for x, label in zip(data.x, data.labels.tolist())]
        loss = sum(losses) * (1.0 / len(losses)) + data.l2 * sum(p * p for p in every)
        for p in every:
            p.grad = 0
        loss.backward()
        for p in every:
            p.data -= data.rate * p.grad
        return loss.data

    return step


def rosenbrock(n):
    at = work.rosenbrock_at(n).tolist()

    def gradient():
        x = [Value(x) for x in at]
        value = sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:]))
        value.backward()
        return value.data

    return gradient


WORKS = {
    "moons": moons,
    **{f"rosenbrock-{n}": lambda n=n: rosenbrock(n) for n in (10, 50)},
}
