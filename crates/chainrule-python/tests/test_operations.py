"""Every operation of the table: against difference quotients, and values against programs."""

import math
import random

import numpy as np
import pytest

import chainrule
from chainrule.engine import Value

# Methods that are no operations.
OTHERS = {"backward", "svg", "dot", "explain", "item", "peek", "custom"}
NAMES_OF_NUMPY = {"log", "log1p", "expm1", "arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh", "conjugate"}
PARAMETERS = {"powi": 3, "powf": 1.5, "leaky_relu": 0.1, "elu": 0.5, "polygamma": 2}
OF_MANY = {"sum", "product", "max_of", "min_of", "argmax_of", "argmin_of", "log_sum_exp", "mean"}


def operations():
    names = {name for name in vars(Value) if not name.startswith("_") and callable(getattr(Value, name))}
    return sorted(names - OTHERS - NAMES_OF_NUMPY - OF_MANY - {"dot_product", "gather"})


def call(name, *operands):
    method = getattr(operands[0], name)
    if name in PARAMETERS:
        return method(PARAMETERS[name])
    return method(*operands[1:])


def arity(name):
    for count in (1, 2, 3):
        try:
            call(name, *[Value(1.5)] * count)
        except TypeError:
            continue
        return count
    raise AssertionError(name)


def test_the_table_has_its_methods():
    names = operations()
    assert len(names) > 60, names
    assert {"exp", "tanh", "relu", "gelu", "ln_gamma", "atan2", "select", "clamp", "mul_add", "hypot"} <= set(names)
    assert {arity(name) for name in names} == {1, 2, 3}


@pytest.mark.parametrize("name", operations())
def test_slopes_are_those_of_difference_quotients(name):
    count = arity(name)
    rng = random.Random(name)
    for _ in range(5):
        # Within the domain of every function, and away from kinks.
        at = [rng.uniform(0.1, 0.9) + place for place in range(count)]
        if name == "acosh":
            at[0] += 1
        if name == "log1mexp":
            at[0] = -at[0]
        xs = [Value(x) for x in at]
        y = call(name, *xs)
        y.backward()
        for place, x in enumerate(xs):
            h = 1e-6
            low, high = ([Value(v + s * h * (i == place)) for i, v in enumerate(at)] for s in (-1, 1))
            slope = (call(name, *high).data - call(name, *low).data) / (2 * h)
            assert x.grad == pytest.approx(slope, rel=1e-6, abs=1e-6), (name, at, place)


@pytest.mark.parametrize("name", operations())
def test_values_and_programs_have_the_same_bits(name):
    count = arity(name)
    program = chainrule.trace(lambda x: call(name, *x), count)
    rng = random.Random(name)
    points = [0.0, -0.0, 1.0, -1.0, 0.5, math.inf, -math.inf, math.nan]
    for _ in range(40):
        at = [rng.choice([*points, rng.gauss(0, 3)]) for _ in range(count)]
        xs = [Value(x) for x in at]
        y = call(name, *xs)
        y.backward()
        value, gradient = program.value_and_gradient(at)
        np.testing.assert_array_equal([value, *gradient], [y.data, *(x.grad for x in xs)])


def test_functions_of_many():
    xs = [Value(x) for x in [1.0, 3.0, 2.0]]
    assert [getattr(Value, name)(xs).data for name in ["sum", "product", "max_of", "min_of", "mean"]] == [6, 6, 3, 1, 2]
    assert [Value.argmax_of(xs).data, Value.argmin_of(xs).data] == [1, 0]
    assert Value.log_sum_exp(xs).data == pytest.approx(math.log(sum(math.exp(x.data) for x in xs)))
    chosen = [Value(x) for x in [4.0, 5.0, 6.0]]
    y = Value.argmax_of(xs).gather(chosen)
    y.backward()
    assert y.data == 5 and [x.grad for x in chosen] == [0, 1, 0] and [x.grad for x in xs] == [0, 0, 0]
    assert math.isnan(Value(3).gather(chosen).data)
    y = Value.dot_product(xs, [10, 20, 30])
    y.backward()
    assert y.data == 130 and [x.grad for x in xs] == [10, 20, 30]
    assert [Value.sum([]).data, Value.product([]).data, Value.max_of([]).data] == [0, 1, -math.inf]
    Value.sum([]).backward()
    assert Value.sum(x for x in [1, Value(2)]).data == 3
    with pytest.raises(ValueError, match="xs: expected 2 values, found 1"):
        Value.dot_product([1, 2], [1])
    with pytest.raises(TypeError, match="xs: must be a number, found str"):
        Value.sum(["a"])


def random_expression(rng, xs, depth):
    """A function of random operations that is smooth and bounded."""
    values = list(xs)
    for _ in range(depth):
        a, b = rng.choice(values), rng.choice(values)
        values.append(
            rng.choice(
                [
                    lambda: a + b,
                    lambda: a * b,
                    lambda: a - b,
                    lambda: a / (b * b + 1),
                    lambda: a.tanh(),
                    lambda: a.sin() * 2,
                    lambda: (a * 0.1).exp().log1p(),
                    lambda: a**2 * 0.5,
                    lambda: 1 - a,
                    lambda: Value.mean([a, b, 1.0]),
                    lambda: a.max(b),
                    lambda: a.hypot(b),
                ]
            )()
        )
        values[-1] = values[-1].tanh() if abs(values[-1].peek()) > 10 else values[-1]
    return Value.sum(values)


@pytest.mark.parametrize("seed", range(60))
def test_random_graphs_have_the_gradients_of_their_programs(seed):
    def f(x):
        return random_expression(random.Random(seed), list(x), 30)

    at = [random.Random(seed + 1000).uniform(-2, 2) for _ in range(4)]
    xs = [Value(x) for x in at]
    y = f(xs)
    y.backward()
    program = chainrule.trace(f, 4, at=at)
    value, gradient = program.value_and_gradient(at)
    np.testing.assert_array_equal([value, *gradient], [y.data, *(x.grad for x in xs)])
    # Along a direction, the Jacobian, the Hessian and its products agree.
    v = np.array([1.0, -2.0, 0.5, 3.0])
    np.testing.assert_allclose(program.jvp(at, v), [gradient @ v], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(program.vjp(at, [2.0]), 2 * gradient, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(program.hessian(at) @ v, program.hvp(at, v), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", ["fabs", "degrees", "radians", "floor", "ceil", "trunc"])
@pytest.mark.parametrize("number", [-2.5, -0.3, 0.7, 3.0])
def test_functions_of_numpy_under_their_names(name, number):
    function = getattr(np, name)
    xs = np.array([Value(number), Value(number + 1)])
    assert [y.data for y in function(xs)] == [function(number), function(number + 1)]
    program = chainrule.trace(function, 2)
    assert program([number, number + 1]).tolist() == [function(number), function(number + 1)]


def test_arctan2_of_numpy():
    y, x = Value(1.0), Value(2.0)
    angle = np.arctan2(y, x)
    angle.backward()
    assert (angle.data, y.grad, x.grad) == (np.arctan2(1.0, 2.0), 0.4, -0.2)
    assert np.arctan2(y, -2.0).data == np.arctan2(1.0, -2.0)


def test_whole_numbers_of_the_module_math():
    import math

    assert (math.floor(Value(2.5)).data, math.ceil(Value(2.5)).data, math.trunc(Value(-2.5)).data) == (2.0, 3.0, -2.0)
