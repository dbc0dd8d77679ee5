"""SciPy's optimizers with derivatives of programs: the examples of docs/python.md."""

import numpy as np
import pytest

import chainrule

optimize = pytest.importorskip("scipy.optimize")


def rosenbrock(x):
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def test_derivatives_are_scipys():
    f = chainrule.trace(rosenbrock, 5)
    for x in np.random.default_rng(0).normal(size=(20, 5)):
        assert f.value(x) == pytest.approx(optimize.rosen(x), rel=1e-12)
        np.testing.assert_allclose(f.gradient(x), optimize.rosen_der(x), rtol=1e-10)
        np.testing.assert_allclose(f.hessian(x), optimize.rosen_hess(x), rtol=1e-10)
        np.testing.assert_allclose(f.hvp(x, x), optimize.rosen_hess_prod(x, x), rtol=1e-10)


@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B", "Newton-CG", "trust-ncg", "trust-exact", "CG", "TNC"])
def test_minimize(method):
    f = chainrule.trace(rosenbrock, 5)
    second = {"hess": f.hessian} if method in ("Newton-CG", "trust-ncg", "trust-exact") else {}
    found = optimize.minimize(f.value, [1.3, 0.7, 0.8, 1.9, 1.2], jac=f.gradient, method=method, **second)
    np.testing.assert_allclose(found.x, 1, atol=5e-3)


def test_minimize_with_one_function_and_products():
    f = chainrule.trace(rosenbrock, 5)
    found = optimize.minimize(f.value_and_gradient, [0.5] * 5, jac=True, hessp=f.hvp, method="trust-krylov")
    np.testing.assert_allclose(found.x, 1, atol=1e-3)


def test_least_squares():
    t = np.linspace(0, 4, 40)
    data = 3.0 * np.exp(-0.7 * t) + 0.5

    residuals = chainrule.trace(lambda p: p[0] * np.exp(p[1] * t) + p[2] - data, 3)
    found = optimize.least_squares(residuals, [1.0, -0.1, 0.0], jac=residuals.jacobian)
    np.testing.assert_allclose(found.x, [3.0, -0.7, 0.5], atol=1e-8)
    np.testing.assert_allclose(residuals.jacobian(found.x)[:, 2], 1)


def test_a_sum_over_rows():
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(500, 3))
    rows[:, 2] = rows[:, 0] * 2 - rows[:, 1]
    loss = chainrule.trace_rows(lambda p, row: (p[0] * row[0] + p[1] * row[1] - row[2]) ** 2, [0.0, 0.0], 3)
    batch = loss.batch(rows)
    found = optimize.minimize(batch.sum_value_and_gradient, [0.0, 0.0], jac=True)
    np.testing.assert_allclose(found.x, [2, -1], atol=1e-6)


def test_roots():
    f = chainrule.trace(lambda x: [x[0] + x[1] - 3, x[0] * x[1] - 2], 2)
    found = optimize.root(f, [0.5, 3.0], jac=f.jacobian)
    np.testing.assert_allclose(sorted(found.x), [1, 2], atol=1e-9)
