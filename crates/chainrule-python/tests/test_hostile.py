"""Input that nobody should give: every answer is a Python exception, never a panic."""

import copy
import decimal
import fractions
import math
import pickle
import random

import numpy as np
import pytest

import chainrule
from chainrule import nn
from chainrule.engine import Value
from chainrule.nn import MLP


@pytest.mark.parametrize("wrong", ["1", None, [], {}, object(), 1j, np.array([1.0, 2.0]), decimal.Decimal(1), b"1"])
def test_what_is_no_number(wrong):
    with pytest.raises(TypeError, match="data: must be a number, found"):
        Value(wrong)
    x = Value(1.0)
    with pytest.raises(TypeError):
        x.data = wrong
    with pytest.raises(TypeError):
        x.grad = wrong
    assert (x.data, x.grad) == (1.0, 0.0)
    if not isinstance(wrong, np.ndarray):
        for operation in [lambda: x + wrong, lambda: wrong - x, lambda: x * wrong, lambda: wrong / x, lambda: x**wrong, lambda: wrong**x, lambda: x < wrong, lambda: x.max(wrong), lambda: x.clamp(0, wrong)]:
            with pytest.raises(TypeError):
                operation()


def test_numbers_of_every_kind():
    for number in [True, 2, 2.0, np.float16(2), np.int8(2), fractions.Fraction(4, 2), np.bool_(True) + 1, np.bool_(True), np.float32(2)]:
        assert Value(number).data in (1.0, 2.0)
    assert math.isnan(Value(math.nan).data) and Value(math.inf).data == math.inf


def test_huge_numbers():
    x = Value(2.0)
    for operation in [lambda: Value(10**400), lambda: x + 10**400, lambda: x ** (10**400), lambda: x < 10**400]:
        with pytest.raises(OverflowError):
            operation()
    assert (x ** (10**10)).data == math.inf and (x ** -(10**10)).data == 0.0
    with pytest.raises(OverflowError):
        x.powi(10**10)
    with pytest.raises((OverflowError, TypeError, ValueError)):
        x.polygamma(-1)


def test_attributes_that_cannot_be_set():
    x = Value(1.0)
    for name in ["_prev", "_op", "new", "_backward"]:
        with pytest.raises(AttributeError):
            setattr(x, name, 1)
    with pytest.raises(TypeError):
        x.label = 1
    with pytest.raises(AttributeError):
        del x.data


def test_power_with_a_modulus():
    with pytest.raises(TypeError):
        pow(Value(2.0), 3, 5)


def test_subclasses():
    class Named(Value):
        def __init__(self, data, name="?"):
            self.name = name

        def __new__(cls, data, name="?"):
            return super().__new__(cls, data)

        def double(self):
            return self + self

    x = Named(3.0, name="x")
    y = x.double() * 2
    y.backward()
    assert (x.name, x.data, x.grad, type(y)) == ("x", 3.0, 4.0, Value)
    f = chainrule.trace_rows(lambda p, row: p[0] * row[0], [x], 1)
    assert f([x], [2.0]) == 6.0


COPIES = [copy.copy, copy.deepcopy, *(lambda v, k=k: pickle.loads(pickle.dumps(v, k)) for k in range(pickle.HIGHEST_PROTOCOL + 1))]


class Tagged(Value):
    """A subclass with an attribute; `pickle` finds it by its name."""


@pytest.mark.parametrize("copied", COPIES)
def test_copies_are_refused_or_right(copied):
    x = Tagged(-0.0, label="x")
    x.tag = [1]
    (x * 3).backward()
    y = copied(x)
    assert (type(y), y.label, y.grad, y.tag, math.copysign(1, y.data)) == (Tagged, "x", 3.0, [1], -1.0)
    # The copy is another value.
    (y * 2).backward()
    assert (x.grad, y.grad) == (3.0, 5.0)
    assert repr(copied(Value(math.inf))) == repr(Value(math.inf))
    for computed in [x * x, Value.custom(1.0, [x], [2.0])]:
        with pytest.raises(TypeError, match="a computed value cannot be copied or pickled"):
            copied(computed)


@pytest.mark.parametrize("copied", COPIES[1:])
def test_copies_of_models(copied):
    model = MLP(2, [3, 1])
    again = copied(model)
    assert [p.data for p in again.parameters()] == [p.data for p in model.parameters()]
    assert not {id(p) for p in again.parameters()} & {id(p) for p in model.parameters()}
    again.parameters()[0].data += 1.0
    assert again.parameters()[0].data == model.parameters()[0].data + 1.0
    # A value that is listed twice remains one.
    a = Value(1.0)
    b, c = copied([a, a])
    assert b is c


def test_a_copy_in_a_traced_function_is_a_read():
    program = chainrule.trace(lambda x: copy.copy(x[0]) * x[1], 2, at=[2.0, 3.0])
    assert program([2.0, 5.0]) == 10.0
    with pytest.raises(chainrule.BranchError, match="the number read at .*test_hostile.py"):
        program([3.0, 5.0])


def test_a_program_at_values_in_a_traced_function_is_a_read():
    inner = chainrule.trace_rows(lambda p, row: p[0] * row[0], [0.0], 1)
    program = chainrule.trace(lambda x: x[0] + inner.sum_value(x, [[10.0]]), 1, at=[2.0])
    assert program([2.0]) == 22.0
    with pytest.raises(chainrule.BranchError, match="the number read at .*test_hostile.py"):
        program([3.0])
    with pytest.raises(TypeError, match="x: holds values of chainrule"):
        chainrule.trace(lambda x: chainrule.trace(np.sum, 1)(x), 1)


def test_micrograds_keywords():
    assert Value(2.0, _children=(), _op="", label="x").label == Value(2.0, (), "", "x").label == "x"
    for wrong in [{"_children": (Value(1.0),)}, {"_op": "+"}, {"_children": 3}]:
        with pytest.raises(TypeError, match="_children and _op: must be empty"):
            Value(2.0, **wrong)


def test_formats():
    x = Value(2.5)
    assert f"{x:.3f} {x:8.1e} {x}" == f"2.500  2.5e+00 {x!r}"
    with pytest.raises(ValueError):
        f"{x:s}"
    # To show a number is no read.
    program = chainrule.trace(lambda x: x[0] * len(f"{x[0]:.0f}"), 1)
    assert program([3.0]) == 3.0
    assert x.item() == 2.5 and type(x.item()) is float
    with pytest.raises(chainrule.BranchError):
        chainrule.trace(lambda x: x[0] * x[0].item(), 1, at=[2.0])([3.0])


def test_models_refuse_a_wrong_number_of_inputs():
    model = MLP(2, [3, 1])
    for inputs in [[1.0], [1.0, 2.0, 3.0], iter([1.0]), np.zeros(3)]:
        with pytest.raises(ValueError, match="x: expected 2 inputs, found"):
            model(inputs)
    assert nn.Neuron(2)(iter([1.0, 2.0])).data >= 0.0


def test_errors_of_arrays_name_the_element():
    f = chainrule.trace(np.sum, 2)
    for wrong, name in [([None, 1], "NoneType"), ([1, decimal.Decimal(1)], "Decimal")]:
        with pytest.raises(TypeError, match=rf"x: an array of type object \(with a {name}\) and shape \[2\]"):
            f(wrong)
    with pytest.raises(TypeError, match="x: holds values of chainrule"):
        f([1.0, Value(2.0)])
    with pytest.raises(OverflowError, match="x: no float is equal to the integer 10000000000000000000… with 401 digits"):
        f([1.0, 10**400])


def test_errors_that_name_the_argument():
    model = MLP(2, [1])
    rows = np.zeros((3, 3))

    def loss(model, row):
        return model(row[:2]) - row[2]

    with pytest.raises(TypeError, match="optimizer: must be an SGD, .* found 'adam'"):
        nn.fit(model, rows, loss, optimizer="adam")
    with pytest.raises(TypeError, match="schedule: must be a Schedule"):
        nn.fit(model, rows, loss, schedule="linear")
    for wrong in [3, None, np.array(1.0)]:
        with pytest.raises(TypeError, match="parameters: must be a list of numbers or values, or a model"):
            nn.fit(wrong, rows, loss)
        with pytest.raises(TypeError, match="parameters: must be a list of numbers or values, or a model"):
            chainrule.trace_rows(loss, wrong, 3)
        with pytest.raises(TypeError, match="parameters: must be a list of numbers or values, or a model"):
            chainrule.trace(np.sum, 2)(wrong, rows)


def test_functions_that_call_back():
    # A function that computes, sweeps and traces while it is traced.
    def f(x):
        inner = Value(3.0)
        (inner * inner).backward()
        g = chainrule.trace(lambda y: y[0] ** 2, 1)
        (x[0] * 2).backward()
        return x[0] * inner.grad * g([2.0]) + x[0].grad

    program = chainrule.trace(f, 1, at=[2.0])
    assert program([2.0]) == 2 * 6 * 4 + 2
    # The gradient that was read may be another one elsewhere.
    with pytest.raises(chainrule.BranchError):
        program([3.0])


def test_iterables_that_fail():
    def numbers():
        yield Value(1.0)
        raise KeyError("late")

    with pytest.raises(KeyError):
        Value.sum(numbers())
    with pytest.raises(TypeError):
        Value.sum(3)
    with pytest.raises(TypeError):
        Value.dot_product(None, None)


def test_objects_that_lie():
    class Lies:
        def __float__(self):
            raise KeyError("no number")

        def __array__(self, *args, **kwargs):
            raise KeyError("no array")

        def __len__(self):
            return 2

    with pytest.raises(TypeError):
        Value(Lies())
    f = chainrule.trace(lambda x: x[0], 2)
    with pytest.raises((ValueError, TypeError, KeyError)):
        f(Lies())

    class Model:
        def parameters(self):
            raise KeyError("no parameters")

    with pytest.raises(KeyError):
        chainrule.trace_rows(lambda m, row: row[0], Model(), 1)


def test_a_model_whose_parameters_change():
    model = MLP(1, [1])
    f = chainrule.trace_rows(lambda m, row: m(row), model, 1)
    model.layers[0].neurons[0].w.append(Value(1.0))
    with pytest.raises(ValueError, match="parameters: expected 2 values, found 3"):
        f(model, [1.0])


def test_a_parameter_listed_twice():
    w = Value(2.0)
    with pytest.raises(ValueError, match="the value at index 1 is listed twice"):
        chainrule.trace_rows(lambda p, row: p[0] * p[1] * row[0], [w, w], 1)


def test_data_changed_within_a_trace():
    def f(x):
        y = x[0] * 2
        x[0].data = 5.0
        return y + x[0]

    with pytest.raises(RuntimeError, match="`data` was changed"):
        chainrule.trace(f, 1, at=[1.0])


def test_drawing_hostile_labels():
    x = Value(1.0, label='<script>alert("1")</script>\u202e')
    for text in [x.exp().svg(), x.exp().explain().html]:
        assert "<script>alert" not in text
    x.exp().dot()
    assert Value(1.0).svg(max_nodes=0).startswith("<svg")
    sum([Value(1.0) for _ in range(1000)], Value(0.0)).svg()


JUNK = [
    None, True, -1, 0, 2, 3.5, math.nan, math.inf, -math.inf, 2**31, 2**63, 2**64, 10**400, "", "exact", b"", b"\x00" * 40, [], [[]], (), {}, object(),
    [1.0], [1.0, 2.0], [[1.0, 2.0]], [[1.0, 2.0], [3.0, 4.0]], [[1.0], [2.0, 3.0]], [math.nan, math.inf], ["a", "b"], [None, None],
    np.zeros(2), np.zeros((0, 2)), np.zeros((2, 0)), np.zeros((3, 2))[::-1], np.zeros((3, 2), order="F"), np.zeros((1, 1, 1)), np.array(1.0),
    np.zeros(2, dtype=complex), np.zeros(2, dtype=object), np.zeros(2, dtype="U3"), np.float32(1), np.int64(-1), lambda *_: 1.0, lambda *_: None, iter([1.0, 2.0]),
]  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_junk_raises_exceptions_and_never_panics(seed):
    """A panic would be a `PanicException`, which is no `Exception`, or end the process."""
    rng = random.Random(seed)

    def subjects():
        value = Value(rng.choice([0.5, -1.0, math.nan])) * 2
        f = chainrule.trace(lambda x: [x[0] * x[1], x[0]], 2)
        g = chainrule.trace_rows(lambda p, row: p[0] * row[0] if p[0] < 5 else row[1], [1.0], 2)
        branches = chainrule.retraced(lambda x: x[0] if x[0] > 0 else x[1], 2)
        return [value, f, g, f.batch([[1.0, 2.0]]), g.batch([[1.0, 2.0]]), branches, chainrule.jit(lambda x: x[0]), value.explain()]

    functions = [chainrule.trace, chainrule.trace_rows, chainrule.retraced, chainrule.Program.from_bytes, chainrule._native.fit, Value, MLP]
    for _ in range(60):
        callables = list(functions)
        for subject in subjects():
            callables.extend(getattr(subject, name) for name in dir(subject) if name not in {"__class__", "__init_subclass__", "__subclasshook__", "__dir__", "__sizeof__"})
        for function in rng.sample([c for c in callables if callable(c)], 40):
            arguments = [rng.choice([*JUNK, Value(1.0)]) for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3, 4]))]
            # Numbers of inputs for which memory suffices.
            if function in (chainrule.trace, chainrule.trace_rows, MLP):
                arguments = [min(a, 100) if type(a) is int else a for a in arguments]
            try:
                function(*arguments)
            except Exception:
                pass


def test_the_number_of_epochs_may_be_huge():
    line = [Value(1.0)]
    for epochs in [2**62, 2**63, 2**64 - 1]:
        try:
            history = nn.fit(line, [[1.0], [2.0]], lambda p, row: p[0] * row[0], epochs=epochs, batch=1, on_step=lambda step: step.step < 3)
        except (ValueError, OverflowError):
            continue
        assert history.ended == "callback"


@pytest.mark.parametrize("wrong", [2**53 + 1, -(2**53) - 1, np.int64(2**53 + 1), np.uint64(2**64 - 1)])
def test_integers_that_are_no_floats(wrong):
    for operation in [lambda: Value(wrong), lambda: Value(1.0) + wrong, lambda: Value(1.0) < wrong]:
        with pytest.raises(OverflowError, match="no float is equal to the integer"):
            operation()
    f = chainrule.trace(lambda x: x[0] * x[1], 2)
    for x in [np.array([wrong, wrong]), np.array([0, wrong], dtype=object)]:
        with pytest.raises(OverflowError, match=f"x: no float is equal to the integer {wrong}"):
            f(x)
    assert Value(2**53).data == 2.0**53 and f([2**60, -1]) == -(2.0**60)


def test_arrays_of_objects_that_are_numbers():
    f = chainrule.trace(lambda x: x[0] * x[1], 2)
    assert f(np.array([2.0, 3], dtype=object)) == 6.0
    assert f(np.array([np.float32(2), fractions.Fraction(1, 2)], dtype=object)) == 1.0
    with pytest.raises(TypeError, match="with a str"):
        f(np.array([2.0, "3"], dtype=object))


def test_functions_of_other_modules_do_not_lose_the_graph():
    x = Value(2.0)
    for function in [math.sin, float, math.sqrt, np.float64]:
        with pytest.raises(TypeError, match="a value cannot become a float"):
            function(x)


@pytest.mark.parametrize(
    "ask",
    [
        lambda f, g: chainrule.trace(lambda x: x[0], -1),
        lambda f, g: chainrule.retraced(lambda x: x[0], -1),
        lambda f, g: chainrule.retraced(lambda x: x[0], 1, keep=-1),
        lambda f, g: chainrule.trace_rows(lambda p, x: p[0], [1.0], -1),
        lambda f, g: f([1.0], threads=-1),
        lambda f, g: g.partial([1.0], [[1.0]], -64),
        lambda f, g: g.batch([[1.0]]).partial([1.0], -64),
        lambda f, g: g.partial([1.0], [[1.0]]).sum_value(g, -1),
        lambda f, g: g.partial([1.0], [[1.0]]).mean_value_and_gradient(g, -1),
        lambda f, g: Value(1.0).svg(max_nodes=-1),
    ],
)
def test_negative_counts_are_named(ask):
    f = chainrule.trace(lambda x: x[0], 1)
    g = chainrule.trace_rows(lambda p, x: p[0] * x[0], [1.0], 1)
    with pytest.raises(ValueError, match="(n|keep|width|threads|first|n_rows|max_nodes): must be a whole number of at least 0"):
        ask(f, g)


def test_custom_notices_that_its_operands_changed():
    x = Value(2.0)
    y = Value.custom(math.log(x.data), [x], [1 / x.data])
    y.backward()
    assert x.grad == 0.5
    x.data = 4.0
    with pytest.raises(RuntimeError, match="operand of `custom` was changed"):
        y.backward()


def test_parameters_of_a_batch_must_be_given():
    batch = chainrule.trace_rows(lambda p, x: p[0] * x[0], [1.0], 1).batch([[1.0]])
    with pytest.raises(ValueError, match="parameters: must be given, the program has 1"):
        batch.sum_value()


def test_a_loss_without_parameters():
    with pytest.raises(ValueError, match="loss: depends on no parameter"):
        nn.fit([Value(1.0)], [[1.0]], lambda p, x: x[0] ** 2)


def test_hessians_that_do_not_fit_into_memory():
    n = 200_000
    f = chainrule.trace_rows(lambda p, x: p[0] * x[0], np.zeros(n), 1)
    resource = pytest.importorskip("resource")
    old = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (2**37, old[1]))
    try:
        for ask in [
            lambda: f.sum_hessian(np.zeros(n), [[1.0]]),
            lambda: f.batch([[1.0]]).sum_hessian(np.zeros(n)),
            lambda: f.partial(np.zeros(n), [[1.0]], of="hessian"),
            lambda: f.batch([[1.0]]).partial(np.zeros(n), of="hessian"),
        ]:
            with pytest.raises(MemoryError, match="the Hessian with respect to 200000 parameters does not fit"):
                ask()
    finally:
        resource.setrlimit(resource.RLIMIT_AS, old)


def test_comparisons_with_nan_warn():
    nan = Value(math.nan)
    for compare in [lambda: nan < 1, lambda: Value(1.0) >= nan, lambda: np.maximum(nan, Value(1.0)), lambda: max([Value(1.0), nan])]:
        with pytest.warns(RuntimeWarning, match="a comparison with NaN is false"):
            compare()
    assert math.isnan(nan.max(1.0).data)


def test_captured_values_that_changed_are_noticed():
    w = Value(2.0, label="w")
    f = chainrule.trace(lambda x: w * x[0], 1)
    loss = chainrule.trace_rows(lambda p, x: w * p[0] * x[0], [1.0], 1)
    batch = loss.batch([[1.0]])
    assert f([1.0]) == 2.0 and batch.sum_value([1.0]) == 2.0
    w.data = 3.0
    for ask in [lambda: f([1.0]), lambda: f.hvp([1.0], [1.0]), lambda: f.at_level("fast").gradient([[1.0]]), lambda: loss.sum_value([1.0], [[1.0]]), lambda: batch([1.0])]:
        with pytest.raises(RuntimeError, match="the traced function used the value `w` from outside its arguments, whose number was 2.0 and is 3.0 now"):
            ask()
    w.data = 2.0
    assert f([1.0]) == 2.0
    # Parameters of a model may change.
    model = MLP(1, [1])
    predict = chainrule.trace_rows(lambda model, row: model(row), model, 1)
    for p in model.parameters():
        p.data = 2.0
    assert predict.value(model, [[3.0]]).tolist() == [8.0]


def test_sets_have_no_order():
    with pytest.raises(TypeError, match="must return a value or a list of values, found set"):
        chainrule.trace(lambda x: {x[0], x[1]}, 2)
    with pytest.raises(TypeError, match="a set has no order"):
        chainrule.trace_rows(lambda p, x: x[0], {1.0, 2.0}, 1)


def test_long_floats_are_not_rounded():
    third = np.longdouble(1) / 3
    if float(third) == third:
        pytest.skip("long double is double here")
    with pytest.raises(OverflowError, match="no float is equal to 0.333"):
        Value(third)
    assert Value(np.longdouble(0.5)).data == 0.5


def test_paths_of_a_retraced_return_the_same_kind():
    f = chainrule.retraced(lambda x: [x[0]] if x[0] > 0 else x[1], 2)
    assert f([1.0, 2.0]).tolist() == [1.0]
    with pytest.raises(TypeError, match="one value on one path, and a list on another"):
        f([-1.0, 2.0])
    assert f([1.0, 2.0]).tolist() == [1.0]


def test_rounding_functions_give_advice():
    for function in [int, round, lambda v: round(v, 2)]:
        with pytest.raises(TypeError, match="a value cannot become a float"):
            function(Value(2.5))
