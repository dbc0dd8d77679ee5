"""micrograd's demo: the loop of its notebook, with chainrule's classes and with the reference."""

import random

import numpy as np
import pytest
import reference
from chainrule.engine import Value
from chainrule.nn import MLP


def moons(n, noise, rng):
    t = np.linspace(0, np.pi, n // 2)
    upper = np.stack([np.cos(t), np.sin(t)], 1)
    lower = np.stack([1 - np.cos(t), 0.5 - np.sin(t)], 1)
    labels = np.repeat([-1, 1], n // 2)
    return np.concatenate([upper, lower]) + rng.normal(0, noise, (n, 2)), labels


def total_loss(model, Value, X, y):
    """The loss of micrograd's notebook, in its own words."""
    inputs = [list(map(Value, xrow)) for xrow in X]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(y, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    alpha = 1e-4
    reg_loss = alpha * sum((p * p for p in model.parameters()))
    accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(y, scores)]
    return data_loss + reg_loss, sum(accuracy) / len(accuracy)


def step(model, loss, rate):
    for p in model.parameters():
        p.grad = 0
    loss.backward()
    for p in model.parameters():
        p.data -= rate * p.grad


def test_the_demo_computes_micrograds_losses():
    X, y = moons(40, 0.1, np.random.default_rng(0))
    random.seed(1337)
    ours = MLP(2, [16, 16, 1])
    random.seed(1337)
    theirs = reference.MLP(2, [16, 16, 1])
    # The same parameters, moved by our gradients: every loss has the same bits.
    same = reference.MLP(2, [16, 16, 1])
    for k in range(10):
        for p, q in zip(same.parameters(), ours.parameters()):
            p.data = q.data
        loss, accuracy = total_loss(ours, Value, X, y)
        expected, _ = total_loss(same, reference.Value, X, y)
        assert loss.data == expected.data
        # Moved by its own gradients, which round differently, the reference stays close.
        other, other_accuracy = total_loss(theirs, reference.Value, X, y)
        assert loss.data == pytest.approx(other.data, rel=1e-11)
        assert accuracy == other_accuracy
        rate = 1.0 - 0.9 * k / 100
        step(ours, loss, rate)
        step(theirs, other, rate)
        for p, q in zip(ours.parameters(), theirs.parameters()):
            assert p.grad == pytest.approx(q.grad, rel=1e-9, abs=1e-12)


def test_the_demo_against_micrograd_itself():
    engine = pytest.importorskip("micrograd.engine")
    nn = pytest.importorskip("micrograd.nn")
    X, y = moons(20, 0.1, np.random.default_rng(0))
    random.seed(1)
    ours = MLP(2, [8, 8, 1])
    random.seed(1)
    theirs = nn.MLP(2, [8, 8, 1])
    for k in range(5):
        loss, accuracy = total_loss(ours, Value, X, y)
        other, other_accuracy = total_loss(theirs, engine.Value, X, y)
        # Before the first step, the parameters and so the losses are equal.
        assert loss.data == (other.data if k == 0 else pytest.approx(other.data, rel=1e-11))
        assert accuracy == other_accuracy
        step(ours, loss, 0.5)
        step(theirs, other, 0.5)
