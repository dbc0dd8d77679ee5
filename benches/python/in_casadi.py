"""CasADi: a graph of scalars and its gradient, run by its virtual machine. Numbers pass through buffers, without copies."""

import casadi as ca
import numpy as np
import work

VERSION = ca.__version__


def gradient_of(value, x, at):
    """Runs value and gradient at `at`, which the caller may change. Returns the function to call and the gradient."""
    function = ca.Function("f", [x], [value, ca.gradient(value, x)])
    result, gradient = np.zeros(1), np.zeros(len(at))
    buffer, evaluate = function.buffer()
    buffer.set_arg(0, memoryview(at))
    buffer.set_res(0, memoryview(result))
    buffer.set_res(1, memoryview(gradient))

    def run():
        evaluate()
        return result[0]

    # CasADi only points to these, so they must live as long as `run`.
    run.kept = function, buffer, at, result, gradient
    return run, gradient


def moons():
    data = work.Moons()
    at = data.parameters.copy()
    p = ca.SX.sym("p", len(at))
    h, rest = data.x, p
    widths = [2, 16, 16, 1]
    for index, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        count = outputs * (inputs + 1)
        neurons = ca.reshape(rest[:count], inputs + 1, outputs)
        rest = rest[count:]
        h = ca.mtimes(h, neurons[:-1, :]) + ca.repmat(neurons[-1, :], len(data.x), 1)
        if index + 2 < len(widths):
            h = ca.fmax(h, 0)
    losses = ca.fmax(1 - data.labels * h, 0)
    value = ca.sum1(losses) / len(data.x) + data.l2 * ca.sumsqr(p)
    run, gradient = gradient_of(value, p, at)

    def step():
        loss = run()
        at[:] -= data.rate * gradient
        return loss

    return step


def rosenbrock(n):
    x = ca.SX.sym("x", n)
    a, b = x[:-1], x[1:]
    value = ca.sum1(100 * (b - a * a) ** 2 + (1 - a) ** 2)
    return gradient_of(value, x, work.rosenbrock_at(n))[0]


WORKS = {
    "moons": moons,
    **{f"rosenbrock-{n}": lambda n=n: rosenbrock(n) for n in (10, 50, 1000, 100_000)},
}
