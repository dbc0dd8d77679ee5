"""JAX, 64-bit: one jitted function per piece of work. For the digits, it is the whole epoch."""

import jax
import jax.numpy as jnp
import work
from jax.scipy.special import logsumexp

VERSION = jax.__version__
jax.config.update("jax_enable_x64", True)


def step_of(loss, rate):
    """A jitted step down the gradient, which keeps its parameters between calls."""

    def step(parameters, *data):
        value, gradients = jax.value_and_grad(loss)(parameters, *data)
        return value, jax.tree.map(lambda p, g: p - rate * g, parameters, gradients)

    return step


def repeated(step, parameters, *data):
    jitted = jax.jit(step, donate_argnums=0)

    def run():
        nonlocal parameters
        value, parameters = jitted(parameters, *data)
        jax.block_until_ready(parameters)
        return value

    return run


def forward(layers, x):
    for index, (w, b) in enumerate(layers):
        x = x @ w.T + b
        if index + 1 < len(layers):
            x = jax.nn.relu(x)
    return x


def moons():
    data = work.Moons()

    def loss(layers, x, labels):
        squares = sum((p * p).sum() for p in jax.tree.leaves(layers))
        margins = 1 - labels * forward(layers, x)[:, 0]
        return jax.nn.relu(margins).mean() + data.l2 * squares

    layers = jax.tree.map(jnp.array, data.layers())
    return repeated(step_of(loss, data.rate), layers, jnp.array(data.x), jnp.array(data.labels))


def two_layer():
    data = work.TwoLayer()

    def loss(weights, x, y):
        w1, w2 = weights
        return jnp.square(jax.nn.sigmoid(x @ w1) @ w2 - y).sum()

    weights = (jnp.array(data.w1), jnp.array(data.w2))
    return repeated(step_of(loss, data.rate), weights, jnp.array(data.x), jnp.array(data.y))


def digits():
    data = work.Digits()
    whole = len(data.x) // data.batch * data.batch
    x, right = jnp.array(data.x), jnp.array(data.classes)

    def loss(layers, x, right):
        scores = jax.nn.log_softmax(forward(layers, x))
        return -jnp.take_along_axis(scores, right[:, None], 1).mean()

    step = step_of(loss, data.rate)

    @jax.jit
    def epoch(layers):
        def scanned(layers, rows):
            value, layers = step(layers, *rows)
            return layers, value

        batches = (
            x[:whole].reshape(-1, data.batch, x.shape[1]),
            right[:whole].reshape(-1, data.batch),
        )
        layers, values = jax.lax.scan(scanned, layers, batches)
        value, layers = step(layers, x[whole:], right[whole:])
        return layers, values.sum() + value

    layers = jax.tree.map(jnp.array, data.layers)
    return lambda: jax.block_until_ready(epoch(layers))[1]


def gradient_of(function, *at):
    jitted = jax.jit(jax.value_and_grad(function, argnums=tuple(range(len(at)))))
    at = tuple(jnp.array(x) for x in at)
    return lambda: jax.block_until_ready(jitted(*at))[0]


def rosenbrock(n):
    def value(x):
        a, b = x[:-1], x[1:]
        return (100 * jnp.square(b - a * a) + jnp.square(1 - a)).sum()

    return gradient_of(value, work.rosenbrock_at(n))


def mixture():
    data = work.Mixture()
    points = jnp.array(data.points)

    def value(w, means, logs):
        z = (points[:, None, :] - means) * jnp.exp(-logs)
        terms = w - logsumexp(w) - logs.sum(1) - 0.5 * jnp.square(z).sum(2)
        return logsumexp(terms, axis=1).sum()

    return gradient_of(value, data.weights, data.means, data.logs)


WORKS = {
    "moons": moons,
    "two-layer": two_layer,
    "digits": digits,
    **{f"rosenbrock-{n}": lambda n=n: rosenbrock(n) for n in (10, 50, 1000, 100_000)},
    "mixture": mixture,
}
