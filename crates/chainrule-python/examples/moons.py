"""Trains a network on two moons, as micrograd's demo does, and draws its decision boundary.

    python moons.py [--picture FILE]                # needs matplotlib for the picture
    python moons.py --measure STEPS                 # also runs STEPS steps of micrograd, and prints our time beside it
"""

import argparse
import random
import time

import numpy as np

import chainrule
from chainrule import nn

STEPS = 100


def moons(n, noise, rng):
    """Two interleaving half circles, and the labels -1 and 1."""
    t = np.linspace(0, np.pi, n // 2)
    upper = np.stack([np.cos(t), np.sin(t)], 1)
    lower = np.stack([1 - np.cos(t), 0.5 - np.sin(t)], 1)
    return np.concatenate([upper, lower]) + rng.normal(0, noise, (n, 2)), np.repeat([-1.0, 1.0], n // 2)


def hinge(model, row):
    """The loss of one row: two coordinates, then the label."""
    return (1 - row[2] * model(row[:2])).relu()


def train(rows, **options):
    """micrograd's demo: 100 steps over all rows, with its penalty and its learning rates."""
    random.seed(1337)
    model = nn.MLP(2, [16, 16, 1])
    history = nn.fit(
        model,
        rows,
        hinge,
        optimizer=nn.SGD(1.0),
        schedule=nn.Schedule("linear", 1.0, 0.1, STEPS),
        epochs=STEPS,
        batch=len(rows),
        l2=1e-4,
        **options,
    )
    return model, history


def draw(model, rows, file):
    """Draws the scores of the plane and the rows."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    x, y = np.meshgrid(np.linspace(-1.8, 2.8, 200), np.linspace(-1.4, 1.9, 200))
    scores = chainrule.trace_rows(lambda model, at: model(at), model, 2)
    z = scores(model, np.column_stack([x.ravel(), y.ravel()])).reshape(x.shape)
    pyplot.contourf(x, y, z > 0, alpha=0.4, cmap="coolwarm")
    pyplot.contour(x, y, z, levels=[0], colors="black")
    pyplot.scatter(rows[:, 0], rows[:, 1], c=rows[:, 2], cmap="coolwarm", edgecolors="black")
    pyplot.savefig(file)


def step_by_hand(nn, Value, rows):
    """The seconds of one step of micrograd's notebook, with its classes or with ours."""
    random.seed(1337)
    model = nn.MLP(2, [16, 16, 1])

    def step(k):
        scores = [model(list(map(Value, row[:2]))) for row in rows]
        losses = [(1 + -row[2] * score).relu() for row, score in zip(rows, scores)]
        loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
        return loss.data

    return step


def measure(rows, steps):
    """Prints the seconds of a whole training, and those of micrograd's steps: CPU time, of all threads together."""
    import micrograd.engine
    import micrograd.nn

    seconds = []
    for _ in range(5):
        begin = time.process_time()
        train(rows)
        seconds.append(time.process_time() - begin)
    ours = sorted(seconds)[2]
    print(f"chainrule.nn.fit: {ours * 1e3:.1f} ms of CPU time for {STEPS} steps, tracing and compiling included (median of 5)")
    for name, module, value in [
        ("the same loop with chainrule's Value", nn, chainrule.Value),
        ("micrograd", micrograd.nn, micrograd.engine.Value),
    ]:
        step = step_by_hand(module, value, rows)
        begin = time.process_time()
        for k in range(steps):
            step(k)
        each = (time.process_time() - begin) / steps
        print(f"{name}: {each * 1e3:.0f} ms per step, {each * STEPS:.1f} s for {STEPS} steps: {each * STEPS / ours:.0f} times as long")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--picture", metavar="FILE", help="where to save the picture")
    parser.add_argument("--measure", metavar="STEPS", type=int, help="the number of steps of micrograd to measure")
    arguments = parser.parse_args()
    X, y = moons(100, 0.1, np.random.default_rng(1))
    rows = np.column_stack([X, y])
    if arguments.measure:
        measure(rows, arguments.measure)
        return
    model, history = train(rows, progress=True)
    accuracy = np.mean([(model(row[:2]).data > 0) == (row[2] > 0) for row in rows])
    print(f"loss {history.epochs[0].loss:.4f}, after {STEPS} steps {history.epochs[-1].loss:.4f}, accuracy {accuracy:.0%}")
    if arguments.picture:
        draw(model, rows, arguments.picture)


if __name__ == "__main__":
    main()
