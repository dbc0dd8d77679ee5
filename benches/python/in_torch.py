"""PyTorch, eager, 64-bit, with derivatives from its autograd."""

import torch
import torch.nn.functional as F
import work

VERSION = torch.__version__
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def leaf(array):
    return torch.tensor(array, requires_grad=True)


def descended(loss, parameters, rate):
    """A step down the gradient."""
    gradients = torch.autograd.grad(loss, parameters)
    with torch.no_grad():
        torch._foreach_add_(parameters, gradients, alpha=-rate)


def moons():
    data = work.Moons()
    x, labels = torch.tensor(data.x), torch.tensor(data.labels)
    parameters = [leaf(p) for layer in data.layers() for p in layer]
    w1, b1, w2, b2, w3, b3 = parameters

    def step():
        h = F.relu(F.linear(x, w1, b1))
        h = F.relu(F.linear(h, w2, b2))
        scores = F.linear(h, w3, b3)[:, 0]
        squares = sum((p * p).sum() for p in parameters)
        loss = F.relu(1 - labels * scores).mean() + data.l2 * squares
        descended(loss, parameters, data.rate)
        return loss.detach()

    return step


def two_layer():
    data = work.TwoLayer()
    x, y = torch.tensor(data.x), torch.tensor(data.y)
    w1, w2 = leaf(data.w1), leaf(data.w2)

    def step():
        loss = (torch.sigmoid(x @ w1) @ w2 - y).square().sum()
        descended(loss, [w1, w2], data.rate)
        return loss.detach()

    return step


def digits():
    data = work.Digits()
    x, classes = torch.tensor(data.x), torch.tensor(data.classes)

    def epoch():
        parameters = [leaf(p) for layer in data.layers for p in layer]
        w1, b1, w2, b2 = parameters
        losses = 0.0
        for rows, right in zip(x.split(data.batch), classes.split(data.batch)):
            h = F.relu(F.linear(rows, w1, b1))
            loss = F.cross_entropy(F.linear(h, w2, b2), right)
            descended(loss, parameters, data.rate)
            losses += loss.item()
        return losses

    return epoch


def rosenbrock(n):
    x = leaf(work.rosenbrock_at(n))

    def gradient():
        a, b = x[:-1], x[1:]
        value = (100 * (b - a * a).square() + (1 - a).square()).sum()
        torch.autograd.grad(value, x)
        return value.detach()

    return gradient


def mixture():
    data = work.Mixture()
    points = torch.tensor(data.points)
    w, means, logs = leaf(data.weights), leaf(data.means), leaf(data.logs)

    def gradient():
        z = (points[:, None, :] - means) * torch.exp(-logs)
        terms = torch.log_softmax(w, 0) - logs.sum(1) - 0.5 * z.square().sum(2)
        value = torch.logsumexp(terms, 1).sum()
        torch.autograd.grad(value, [w, means, logs])
        return value.detach()

    return gradient


WORKS = {
    "moons": moons,
    "two-layer": two_layer,
    "digits": digits,
    **{f"rosenbrock-{n}": lambda n=n: rosenbrock(n) for n in (10, 50, 1000, 100_000)},
    "mixture": mixture,
}
