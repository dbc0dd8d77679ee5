"""NumPy, with hand-written derivatives."""

import numpy as np
import work

VERSION = np.__version__


def moons():
    data = work.Moons()
    x, labels = data.x, data.labels
    (w1, b1), (w2, b2), (w3, b3) = data.layers()
    rate, l2, rows = data.rate, data.l2, len(x)

    def step():
        nonlocal w1, b1, w2, b2, w3, b3
        h1 = np.maximum(x @ w1.T + b1, 0)
        h2 = np.maximum(h1 @ w2.T + b2, 0)
        scores = (h2 @ w3.T + b3)[:, 0]
        margins = 1 - labels * scores
        squares = sum((p * p).sum() for p in (w1, b1, w2, b2, w3, b3))
        loss = np.maximum(margins, 0).mean() + l2 * squares
        d = np.where(margins > 0, -labels / rows, 0.0)[:, None]
        d2 = (d @ w3) * (h2 > 0)
        d1 = (d2 @ w2) * (h1 > 0)
        gradients = [
            d1.T @ x, d1.sum(0), d2.T @ h1, d2.sum(0), d.T @ h2, d.sum(0)
        ]
        for p, g in zip((w1, b1, w2, b2, w3, b3), gradients):
            g += 2 * l2 * p
            p -= rate * g
        return loss

    return step


def two_layer():
    data = work.TwoLayer()
    x, y, w1, w2, rate = data.x, data.y, data.w1.copy(), data.w2.copy(), data.rate

    def step():
        nonlocal w1, w2
        h = 1 / (1 + np.exp(-x.dot(w1)))
        y_pred = h.dot(w2)
        loss = np.square(y_pred - y).sum()
        grad_y_pred = 2.0 * (y_pred - y)
        grad_w2 = h.T.dot(grad_y_pred)
        grad_h = grad_y_pred.dot(w2.T)
        grad_w1 = x.T.dot(grad_h * h * (1 - h))
        w1 -= rate * grad_w1
        w2 -= rate * grad_w2
        return loss

    return step


def digits():
    data = work.Digits()
    right = np.eye(10)[data.classes]

    def epoch():
        (w1, b1), (w2, b2) = [(w.copy(), b.copy()) for w, b in data.layers]
        losses = 0.0
        for first in range(0, len(data.x), data.batch):
            x, r = data.x[first : first + data.batch], right[first : first + data.batch]
            h = np.maximum(x @ w1.T + b1, 0)
            scores = h @ w2.T + b2
            scores -= scores.max(1, keepdims=True)
            e = np.exp(scores)
            total = e.sum(1, keepdims=True)
            losses += (np.log(total)[:, 0] - (scores * r).sum(1)).mean()
            d2 = (e / total - r) / len(x)
            d1 = (d2 @ w2) * (h > 0)
            w2 -= data.rate * (d2.T @ h)
            b2 -= data.rate * d2.sum(0)
            w1 -= data.rate * (d1.T @ x)
            b1 -= data.rate * d1.sum(0)
        return losses

    return epoch


def rosenbrock(n):
    x = work.rosenbrock_at(n)

    def gradient():
        valley = x[1:] - x[:-1] * x[:-1]
        rest = 1 - x[:-1]
        value = 100 * valley.dot(valley) + rest.dot(rest)
        g = np.zeros_like(x)
        g[:-1] = -400 * valley * x[:-1] - 2 * rest
        g[1:] += 200 * valley
        return value

    return gradient


def mixture():
    data = work.Mixture()
    points, w, means, logs = data.points, data.weights, data.means, data.logs

    def gradient():
        scales = np.exp(-logs)
        shares = np.exp(w - w.max())
        whole = w.max() + np.log(shares.sum())
        z = (points[:, None, :] - means) * scales
        terms = w - whole - logs.sum(1) - 0.5 * (z * z).sum(2)
        largest = terms.max(1, keepdims=True)
        e = np.exp(terms - largest)
        total = e.sum(1, keepdims=True)
        value = (largest + np.log(total)).sum()
        u = e / total
        counts = u.sum(0)
        d_w = counts - len(points) * shares / shares.sum()
        uz = u[:, :, None] * z
        d_means = uz.sum(0) * scales
        d_logs = (uz * z).sum(0) - counts[:, None]
        return value, d_w, d_means, d_logs

    return lambda: gradient()[0]


WORKS = {
    "moons": moons,
    "two-layer": two_layer,
    "digits": digits,
    **{f"rosenbrock-{n}": lambda n=n: rosenbrock(n) for n in (10, 50, 1000, 100_000)},
    "mixture": mixture,
}
