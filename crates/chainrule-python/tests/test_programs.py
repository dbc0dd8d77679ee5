"""Programs: answers, arrays, branches, pickles, misuse."""

import inspect
import math
import os
import pickle
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import chainrule
from chainrule.engine import Value
from chainrule.nn import MLP


def rosenbrock(x):
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def test_answers_at_a_point():
    f = chainrule.trace(lambda x: x[0] ** 2 * x[1], 2)
    x = [3.0, 2.0]
    assert f(x) == 18.0 and f.value(x) == 18.0 and isinstance(f.value(x), float)
    np.testing.assert_array_equal(f.gradient(x), [12, 9])
    value, gradient = f.value_and_gradient(x)
    assert value == 18.0 and gradient.tolist() == [12, 9]
    np.testing.assert_array_equal(f.jacobian(x), [[12, 9]])
    np.testing.assert_array_equal(f.hessian(x), [[4, 6], [6, 0]])
    np.testing.assert_array_equal(f.hvp(x, [1, 10]), [64, 6])
    assert (f.inputs, f.outputs, f.parameters_count, f.level) == (2, 1, 0, "exact")
    assert "2 inputs" in repr(f)


def test_functions_of_several_outputs():
    f = chainrule.trace(lambda x: [x[0] * x[1], x[0], 7], 2)
    np.testing.assert_array_equal(f([3, 4]), [12, 3, 7])
    np.testing.assert_array_equal(f.jacobian([3, 4]), [[4, 3], [1, 0], [0, 0]])
    np.testing.assert_array_equal(f([[3, 4], [1, 2]]), [[12, 3, 7], [2, 1, 7]])
    assert f.value([3, 4]) == 12.0
    assert chainrule.trace(lambda x: x, 3)([1, 2, 3]).tolist() == [1, 2, 3]
    assert chainrule.trace(lambda x: [x[0]], 1)([5.0]).tolist() == [5.0]
    assert chainrule.trace(lambda x: np.exp(x[0]), 1)([0.0]) == 1.0
    assert chainrule.trace(lambda x: 3, 1)([5.0]) == 3.0


def test_rows_have_an_axis_in_front():
    f = chainrule.trace(rosenbrock, 3)
    rows = np.random.default_rng(0).normal(size=(200, 3))
    np.testing.assert_array_equal(f.value(rows), [f.value(row) for row in rows])
    np.testing.assert_array_equal(f(rows), f.value(rows))
    np.testing.assert_array_equal(f.gradient(rows), [f.gradient(row) for row in rows])
    np.testing.assert_array_equal(f.jacobian(rows), [f.jacobian(row) for row in rows])
    np.testing.assert_allclose(f.hessian(rows), [f.hessian(row) for row in rows], rtol=1e-12)
    assert f.hessian(rows).shape == (200, 3, 3)


LINE = chainrule.trace_rows(lambda p, row: (p[0] * row[0] + p[1] - row[1]) ** 2, [0.0, 0.0], 2)


def test_sums_over_rows():
    p, rows = np.array([2.0, 0.5]), np.random.default_rng(1).normal(size=(1000, 2))
    residuals = rows[:, 0] * p[0] + p[1] - rows[:, 1]
    assert LINE.sum_value(p, rows) == pytest.approx((residuals**2).sum(), rel=1e-12)
    expected = [(2 * residuals * rows[:, 0]).sum(), (2 * residuals).sum()]
    np.testing.assert_allclose(LINE.sum_gradient(p, rows), expected, rtol=1e-11)
    value, gradient = LINE.sum_value_and_gradient(p, rows)
    assert value == LINE.sum_value(p, rows) and np.array_equal(gradient, LINE.sum_gradient(p, rows))
    x = rows[:, 0]
    np.testing.assert_allclose(LINE.sum_hessian(p, rows), 2 * np.array([[x @ x, x.sum()], [x.sum(), 1000]]), rtol=1e-11)
    np.testing.assert_allclose(LINE.value(p, rows), residuals**2, rtol=1e-12)
    assert LINE.gradient(p, rows).shape == (1000, 4)
    assert LINE.value(p, rows[0]) == LINE.value(p, rows)[0]
    batch = LINE.batch(rows)
    assert len(batch) == 1000 and batch.sum_value(p) == value
    assert np.array_equal(batch.sum_gradient(p), gradient) and np.array_equal(batch(p), LINE.value(p, rows))
    batch.check_finite()
    with pytest.raises(ValueError, match="row 1: the value in column 0 must be finite"):
        LINE.batch([[1, 2], [math.nan, 1]]).check_finite()


def test_threads_do_not_change_bits():
    f = chainrule.trace_rows(lambda p, row: (p[0] * row[0]).exp().sin() * row[1], [0.3], 2)
    rows = np.random.default_rng(2).normal(size=(50_000, 2))
    answers = [f.sum_value_and_gradient([0.3], rows, threads=threads) for threads in (0, 1, 2, 3)]
    assert len({(value, gradient.tobytes()) for value, gradient in answers}) == 1
    assert np.array_equal(f.gradient([0.3], rows, threads=1), f.gradient([0.3], rows, threads=2))


def test_parameters_are_numbers_values_or_a_model():
    model = MLP(2, [3, 1])
    f = chainrule.trace_rows(lambda model, row: model(row), model, 2)
    numbers = [p.data for p in model.parameters()]
    assert f([*numbers], [1.0, 2.0]) == f(model, [1.0, 2.0]) == model([1.0, 2.0]).data
    assert f(np.array(numbers), [1.0, 2.0]) == f(model.parameters(), [1.0, 2.0])
    model.parameters()[0].data += 1.0
    assert f(model, [1.0, 2.0]) == pytest.approx(model([1.0, 2.0]).data)
    with pytest.raises(ValueError, match="parameters: expected 13 values, found 1"):
        f([1.0], [1.0, 2.0])


def test_a_batch_has_hessians_and_a_text():
    rows = np.random.default_rng(5).normal(size=(100, 2))
    batch = LINE.batch(rows)
    np.testing.assert_array_equal(batch.sum_hessian([2.0, 1.0]), LINE.sum_hessian([2.0, 1.0], rows))
    assert repr(batch) == "<Batch of 100 rows, 2 parameters>"


def test_statistics_of_numpy():
    for statistic in [np.mean, np.var, np.std]:
        f = chainrule.trace(statistic, 3)
        x = np.array([1.0, 2.0, 4.0])
        assert f(x) == pytest.approx(statistic(x), rel=1e-15)
        step = np.array([0.0, 1e-6, 0.0])
        assert f.gradient(x)[1] == pytest.approx((statistic(x + step) - statistic(x - step)) / 2e-6, rel=1e-8)


def test_a_comparison_within_numpy_names_the_line_that_called_it():
    line = inspect.currentframe().f_lineno + 1
    program = chainrule.trace(lambda x: np.max(x), 2)
    with pytest.raises(chainrule.BranchError) as raised:
        program([1.0, 2.0])
    assert (raised.value.file, raised.value.line) == (__file__, line)


def test_levels():
    exact = chainrule.trace(rosenbrock, 5)
    fast = chainrule.trace(rosenbrock, 5, level="fast")
    assert (exact.level, fast.level, fast.at_level("exact").level) == ("exact", "fast", "exact")
    x = np.linspace(-1, 1, 5)
    np.testing.assert_allclose(exact.gradient(x), fast.gradient(x), rtol=1e-12)
    with pytest.raises(ValueError, match='level: must be "exact" or "fast", found "best"'):
        chainrule.trace(rosenbrock, 5, level="best")


def test_arrays_of_every_layout_and_type():
    f = chainrule.trace(lambda x: x[0] - 2 * x[1] * x[2], 3)
    base = np.arange(1.0, 19.0).reshape(6, 3)
    expected = base[:, 0] - 2 * base[:, 1] * base[:, 2]
    layouts = [
        base,
        np.asfortranarray(base),
        np.repeat(base, 2, axis=0)[::2],
        np.repeat(base, 2, axis=1)[:, ::2],
        base.astype(">f8"),
        base.astype(np.float32),
        base.astype(np.int64),
        base.astype(np.uint8),
        base.tolist(),
        tuple(map(tuple, base)),
    ]
    unaligned = np.zeros(base.nbytes + 1, dtype=np.uint8)[1:].view(np.float64).reshape(6, 3)
    unaligned[:] = base
    readonly = base.copy()
    readonly.setflags(write=False)
    for rows in [*layouts, unaligned, readonly]:
        np.testing.assert_array_equal(f.value(rows), expected)
    for reversed_rows in [base[::-1], np.asfortranarray(base)[::-1]]:
        np.testing.assert_array_equal(f.value(reversed_rows), expected[::-1])
    np.testing.assert_array_equal(f.value(base[:, ::-1]), base[:, 2] - 2 * base[:, 1] * base[:, 0])
    np.testing.assert_array_equal(f.gradient(base[0, ::-1]), f.gradient([3, 2, 1]))


@pytest.mark.parametrize(
    "x, exception, words",
    [
        (np.array([1 + 2j, 2]), TypeError, ["x: ", "complex128", "[2]", "float64"]),
        (np.array(["a", "b"]), TypeError, ["<U1"]),
        (np.array([1.0, None]), TypeError, ["object"]),
        (["a", "b"], TypeError, ["<U1"]),
        ([2**70 + 1, 1], OverflowError, ["x: ", str(2**70 + 1)]),
        (np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"), TypeError, ["datetime64"]),
        (None, TypeError, ["object"]),
        (np.ma.array([1.0, 2.0], mask=[False, True]), TypeError, ["masked"]),
        ([[1.0], [1.0, 2.0]], ValueError, ["x: "]),
        ([1.0], ValueError, ["x: expected 2 numbers, found an array of shape [1]"]),
        (1.0, ValueError, ["x: expected 2 numbers, found an array of shape []"]),
        ([], ValueError, ["shape [0]"]),
        ([[1.0, 2.0, 3.0]], ValueError, ["x: ", "rows of 2 numbers", "[1, 3]"]),
        (np.zeros((1, 2, 2)), ValueError, ["[1, 2, 2]"]),
    ],
)
def test_wrong_arrays(x, exception, words):
    f = chainrule.trace(lambda x: x[0] * x[1], 2)
    for method in (f, f.value, f.gradient, f.hessian, f.jacobian):
        with pytest.raises(exception) as raised:
            method(x)
        assert all(word in str(raised.value) for word in words), raised.value


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="long double is double here")
def test_longer_floats_are_refused():
    with pytest.raises(TypeError, match="without loss"):
        chainrule.trace(lambda x: x[0], 2)(np.array([1, 2], dtype=np.longdouble))


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_matrices_and_masks_without_masked_numbers():
    f = chainrule.trace(lambda x: x[0] * x[1], 2)
    assert f(np.matrix([[1.0, 2.0]])).tolist() == [2.0] and f(np.ma.array([1.0, 2.0])) == 2.0


def test_empty_rows():
    f = chainrule.trace(lambda x: x[0] * x[1], 2)
    assert f.value(np.zeros((0, 2))).shape == (0,)
    assert f.gradient(np.zeros((0, 2))).shape == (0, 2)
    assert f.hessian(np.zeros((0, 2))).shape == (0, 2, 2)
    assert LINE.sum_value([1, 2], np.zeros((0, 2))) == 0
    assert LINE.sum_gradient([1, 2], np.zeros((0, 2), order="F")).tolist() == [0, 0]
    constant = chainrule.trace(lambda x: 3.0, 0)
    assert constant([]) == 3.0 and constant.gradient([]).shape == (0,)
    assert constant(np.zeros((5, 0))).tolist() == [3.0] * 5
    with pytest.raises(ValueError, match="outputs"):
        chainrule.trace(lambda x: [], 2).value([1, 2])


def test_numbers_that_are_not_finite_pass_through():
    f = chainrule.trace(lambda x: x[0] * x[1], 2)
    assert math.isnan(f.value([math.nan, 1])) and f.value([math.inf, 1]) == math.inf
    assert f.gradient([math.inf, 2]).tolist() == [2, math.inf]


def test_a_branch_error_names_the_line():
    def f(x):
        if x[0] < 1:
            return x[0]
        return x[0] ** 2

    line = inspect.getsourcelines(f)[1] + 1
    program = chainrule.trace(f, 1)
    for x, row in [([2.0], None), ([[0.0], [2.0]], 1)]:
        with pytest.raises(chainrule.BranchError) as raised:
            program.gradient(x)
        error = raised.value
        assert (error.file, error.line, error.row, error.comparison) == (__file__, line, row, "2.0 < 1.0")
        assert f"{__file__}:{line}" in str(error) and isinstance(error, ValueError)
        again = pickle.loads(pickle.dumps(error))
        assert (again.line, str(again)) == (error.line, str(error))
    assert chainrule.trace(f, 1, at=[3.0]).gradient([2.0]).tolist() == [4.0]


@pytest.mark.parametrize(
    "compare",
    [
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
        lambda a, b: 1.5 > a,
        lambda a, b: a < 1.5,
        lambda a, b: max(a, b) is a,
        lambda a, b: sorted([a, b])[0] is a,
        lambda a, b: a.data < 1.5,
    ],
)
def test_every_way_to_branch_is_checked(compare):
    program = chainrule.trace(lambda x: x[0] * 2 if compare(x[0], x[1]) else x[1], 2, at=[1.0, 2.0])
    assert program([1.0, 2.0]) in (2.0, 2.0)
    with pytest.raises(chainrule.BranchError):
        program([2.0, 1.0])


@pytest.mark.parametrize("test", ["__lt__", "__le__", "__gt__", "__ge__"])
def test_comparisons_of_equal_numbers_are_checked(test):
    for at in [[1.0, 1.0], [1.0, 2.0], [2.0, 1.0]]:
        program = chainrule.trace(lambda x: x[0] if getattr(x[0], test)(x[1]) else x[1], 2, at=at)
        taken = getattr(at[0], test)(at[1])
        for x in [[5.0, 5.0], [5.0, 6.0], [6.0, 5.0]]:
            if getattr(x[0], test)(x[1]) == taken:
                assert program(x) == (x[0] if taken else x[1])
            else:
                with pytest.raises(chainrule.BranchError):
                    program(x)


def test_reading_a_number_is_checked():
    f = chainrule.trace(lambda x: x[0] * x[0].data, 1, at=[2.0])
    assert f([2.0]) == 4.0
    with pytest.raises(chainrule.BranchError, match=r"the number read at .*test_programs.py:\d+ is 3.0 traced as 2.0"):
        f([3.0])
    shown = []
    f = chainrule.trace(lambda x: shown.append((x[0].peek(), repr(x[0]))) or x[0], 1)
    assert f([3.0]) == 3.0 and shown[0][0] == 0.0


def test_gradients_read_in_a_trace_are_checked():
    def f(x):
        (x[0] ** 2).backward()
        return x[0] * x[0].grad

    program = chainrule.trace(f, 1, at=[2.0])
    assert program([2.0]) == 8.0
    with pytest.raises(chainrule.BranchError):
        program([3.0])


@pytest.mark.parametrize(
    "compare", [lambda x: x[0] == 0, lambda x: x[0] != x[1], lambda x: 0 == x[0], lambda x: x[0] in [x[1]], lambda x: bool(x[0]), lambda x: not x[0]]
)
def test_what_would_compare_objects_is_refused_in_a_trace(compare):
    compare([Value(0.0), Value(0.0)])
    with pytest.raises(TypeError, match="in a traced function"):
        chainrule.trace(lambda x: x[0] if compare(x) else x[1], 2)
    assert chainrule.trace(lambda x: x[0] if x[0] == x[0] and x[0] != None and x[0] in {x[0]} else 0, 2)([1, 2]) == 1  # noqa: E711


def test_own_functions_in_traces():
    def declared(x):
        return Value.custom(math.exp(x[0].peek()), [x[0]], [x[0].exp()])

    frozen = chainrule.trace(declared, 1, at=[1.0])
    assert frozen.gradient([1.0]) == pytest.approx([math.e])
    with pytest.raises(chainrule.BranchError):
        frozen([2.0])
    free = chainrule.trace(lambda x: Value.custom(x[0] ** 3, [x[0]], [x[0] * 7]), 1)
    assert free([2.0]) == 8.0 and free.gradient([2.0]).tolist() == [14.0]


def test_retraced():
    calls = []

    def f(x):
        calls.append(1)
        return -x[0] if x[0] < 0 else x[0] ** 2

    g = chainrule.retraced(f, 1)
    assert g.programs == 0 and g.program_at([3.0])([3.0]) == 9.0
    assert g([3.0]) == 9.0 and g([-3.0]) == 3.0
    assert chainrule.retraced(lambda x: [x[0]], 1)([3.0]).tolist() == [3.0]
    assert chainrule.retraced(lambda x: [x[0]], 1).program_at([3.0])([3.0]).tolist() == [3.0]
    g, calls[:] = chainrule.retraced(f, 1), []
    assert (g.value([3.0]), g.value([-2.0]), g.value([4.0])) == (9.0, 2.0, 16.0)
    assert g.programs == 2 and len(calls) == 2
    assert g.gradient([[1.0], [-5.0], [3.0]]).tolist() == [[2.0], [-1.0], [6.0]]
    assert g.hessian([3.0]).tolist() == [[2.0]] and g.jacobian([-3.0]).tolist() == [[-1.0]]
    assert g.value_and_gradient([3.0])[0] == 9.0
    assert g.program_at([2.0]).inputs == 1
    with pytest.raises(ValueError, match="x: expected 1 number"):
        g.value([1.0, 2.0])

    def fails(x):
        raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        chainrule.retraced(fails, 1).value([1.0])


def test_retraced_calls_itself():
    f = chainrule.retraced(lambda x: x[0] * x[0], 1)
    g = chainrule.retraced(lambda x: x[0] * f.value([3.0]), 1)
    assert g.value([2.0]) == 18.0

    depth = []

    def recursive(x):
        depth.append(1)
        return x[0] * (h.value([x[0].data - 1]) if x[0] > 1 else 1)

    h = chainrule.retraced(recursive, 1)
    assert h.value([4.0]) == 24.0


def test_jit():
    calls = []

    @chainrule.jit
    def f(x):
        """Adds."""
        calls.append(len(x))
        return (x * x).sum()

    assert f([1.0, 2.0]) == 5.0 and f([3.0, 2.0]) == 13.0 and f([1.0]) == 1.0
    assert calls == [2, 1] and f.__doc__ == "Adds." and f.__name__ == "f"
    assert repr(f) == "<Jit of test_jit.<locals>.f>"
    assert f.gradient([1.0, 2.0]).tolist() == [2.0, 4.0]
    assert f.value([[1.0, 2.0], [3.0, 4.0]]).tolist() == [5.0, 25.0]
    assert f.hvp([1, 2], [1, 0]).tolist() == [2, 0] and f.hessian([1, 2]).tolist() == [[2, 0], [0, 2]]
    assert f.jacobian([1, 2]).tolist() == [[2, 4]] and f.value_and_gradient([1, 2])[0] == 5

    @chainrule.jit(level="fast")
    def g(x):
        return x[0] if x[0] > 0 else -x[0]

    # Traced at the first point.
    assert g([-2.0]) == 2.0 and g.program([1.0]).level == "fast"
    with pytest.raises(chainrule.BranchError):
        g([1.0])
    with pytest.raises(ValueError, match="one or two axes"):
        f(1.0)


def test_programs_travel():
    for f, x in [
        (chainrule.trace(rosenbrock, 4), ([1.0, 2.0, 3.0, 4.0],)),
        (chainrule.trace(lambda x: [x[0]], 1, level="fast"), ([1.0],)),
        (LINE, ([1.0, 2.0], [[3.0, 4.0]])),
    ]:
        g = pickle.loads(pickle.dumps(f))
        assert np.array_equal(f(*x), g(*x)) and np.shape(f(*x)) == np.shape(g(*x))
        assert np.array_equal(f.gradient(*x), g.gradient(*x)) and g.level == f.level
    branching = pickle.loads(pickle.dumps(chainrule.trace(lambda x: x[0] if x[0] < 1 else -x[0], 1)))
    with pytest.raises(chainrule.BranchError, match="test_programs.py"):
        branching([2.0])


def test_damaged_bytes_are_refused():
    whole = chainrule.trace(rosenbrock, 3).to_bytes()
    chainrule.Program.from_bytes(whole)
    for length in range(len(whole)):
        with pytest.raises(ValueError):
            chainrule.Program.from_bytes(whole[:length])
    rng = np.random.default_rng(3)
    for _ in range(500):
        damaged = bytearray(whole)
        for _ in range(rng.integers(1, 5)):
            damaged[rng.integers(len(damaged))] = rng.integers(256)
        try:
            program = chainrule.Program.from_bytes(bytes(damaged))
            program.gradient([1.0] * program.inputs)
        except ValueError:
            pass


def test_exceptions_pass_through_a_trace():
    class Own(Exception):
        pass

    def f(x):
        raise Own("inside")

    for trace in [lambda: chainrule.trace(f, 1), lambda: chainrule.jit(lambda x: f(x))([1.0])]:
        with pytest.raises(Own, match="inside"):
            trace()
    with pytest.raises(Own):
        chainrule.trace_rows(lambda p, row: f(row), [1.0], 1)
    # Nothing is left of a trace that failed.
    assert chainrule.trace(lambda x: x[0], 1)([1.0]) == 1.0
    x = Value(1.0)
    assert x.data == 1.0


@pytest.mark.parametrize("result", [None, "text", [None], [[1, 2]], {"a": 1}, object()])
def test_a_traced_function_must_return_values(result):
    with pytest.raises(TypeError, match="the traced function must return a value or a list of values"):
        chainrule.trace(lambda x: result, 1)


def test_traces_within_traces():
    # A program of numbers within a traced function is a constant.
    inner = chainrule.trace(lambda x: x[0] ** 2, 1)
    f = chainrule.trace(lambda x: x[0] * inner([3.0]), 1)
    assert f([2.0]) == 18.0

    # A trace that captures a value of the outer trace keeps its number, so the outer program depends on it.
    def captures(x):
        g = chainrule.trace(lambda y: y[0] * x[0], 1)
        return x[0] + g([10.0])

    f = chainrule.trace(captures, 1, at=[2.0])
    assert f([2.0]) == 22.0
    with pytest.raises(chainrule.BranchError):
        f([3.0])


def test_answers_that_do_not_fit():
    f = chainrule.trace(lambda x: x.sum(), 400_000)
    with pytest.raises(MemoryError, match="400000 inputs"):
        f.hessian(np.zeros(400_000))
    assert f.gradient(np.zeros(400_000)).sum() == 400_000


def test_arguments_that_make_no_sense():
    f = chainrule.trace(lambda x: x[0] * 2, 1)
    assert f.value(np.ones((1000, 1)), threads=10**6).sum() == 2000
    with pytest.raises(ValueError, match="threads: must be"):
        f.value(np.ones((1000, 1)), threads=-1)
    with pytest.raises((OverflowError, ValueError, MemoryError)):
        chainrule.trace(lambda x: x[0], 2**62)
    with pytest.raises(ValueError, match="n: must be"):
        chainrule.trace(lambda x: x[0], -1)
    with pytest.raises(TypeError):
        chainrule.trace(3, 1)
    with pytest.raises(ValueError, match="at: expected 2 numbers"):
        chainrule.trace(lambda x: x[0], 2, at=[1.0])
    with pytest.raises(ValueError, match="rows: must be given"):
        LINE.value([1.0, 2.0])
    with pytest.raises(ValueError, match="direction: expected 2 numbers"):
        chainrule.trace(lambda x: x[0], 2).hvp([1, 2], [1])
    with pytest.raises(TypeError):
        chainrule.Program()


def test_threads_share_a_program():
    f = chainrule.trace(rosenbrock, 6)
    rows = np.random.default_rng(4).normal(size=(500, 6))
    expected = f.gradient(rows)
    batch = chainrule.trace_rows(lambda p, row: p[0] * row[0], [1.0], 6).batch(rows)
    total = batch.sum_value([2.0])
    wrong = []

    def work():
        for _ in range(50):
            if not np.array_equal(f.gradient(rows, threads=1), expected) or batch.sum_value([2.0]) != total:
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def large_batch(**options):
    f = chainrule.trace_rows(lambda p, row: sum((p[0] * row[0] * k).sin() for k in range(200)), [1.0], 1)
    return f.batch(np.random.default_rng(5).normal(size=(200_000, 1)), **options)


def test_other_threads_run_meanwhile():
    batch = large_batch(threads=1)
    batch.sum_gradient([1.0])
    counted, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            counted[0] += 1

    def pace(work):
        """How many times the other thread counts in a second of this work."""
        before, begin = counted[0], time.perf_counter()
        work()
        return (counted[0] - before) / (time.perf_counter() - begin)

    thread = threading.Thread(target=count)
    thread.start()
    def runs_meanwhile():
        free = pace(lambda: time.sleep(0.3))
        # If the lock were held, the other thread would count only in the moments between the calls.
        return pace(lambda: [batch.sum_gradient([1.0]) for _ in range(3)]) > 0.1 * free

    # More than once, because a busy machine may give the other thread no time.
    ran = any(runs_meanwhile() for _ in range(5))
    stop.set()
    thread.join()
    assert ran


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
def test_the_number_of_threads_is_used():
    def share_of_others(batch):
        """The part of the CPU time that other threads than this one take."""
        batch.sum_gradient([1.0])
        mine, all_threads = time.thread_time(), time.process_time()
        for _ in range(3):
            batch.sum_gradient([1.0])
        mine, all_threads = time.thread_time() - mine, time.process_time() - all_threads
        return 1 - mine / all_threads

    assert share_of_others(large_batch(threads=1)) < 0.1
    # More than once, because a busy machine may give the other thread no time.
    two = large_batch(threads=2)
    assert any(share_of_others(two) > 0.2 for _ in range(10))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only POSIX forks")
def test_a_forked_process_does_not_wait_for_threads_that_it_does_not_have():
    script = """
import os, numpy as np, chainrule
f = chainrule.trace(lambda x: (x * x).sum(), 5)
rows = np.ones((100_000, 5))
expected = f.gradient(rows)  # starts the threads
child = os.fork()
if child == 0:
    os._exit(0 if (f.gradient(rows, threads=2) == expected).all() else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", script], check=True, timeout=120)


@chainrule.jit
def compiled(x):
    return x[0] * x[1]


def test_a_jit_is_pickled_by_its_name_like_a_function():
    assert compiled([2.0, 3.0]) == 6.0
    assert pickle.loads(pickle.dumps(compiled)) is compiled


def test_a_jit_cannot_be_a_method():
    class Model:
        @chainrule.jit
        def loss(self, x):
            return x[0]

        @staticmethod
        @chainrule.jit
        def square(x):
            return x[0] ** 2

    with pytest.raises(TypeError, match="cannot be a method"):
        Model().loss([1.0])
    assert Model().square([3.0]) == 9.0 and isinstance(Model.loss, chainrule.Jit)


def test_products_with_the_jacobian_of_a_jit():
    f = chainrule.jit(lambda x: [x[0] * x[1], x[0]])
    assert f.jvp([3.0, 4.0], [1.0, 10.0]).tolist() == [34.0, 1.0]
    assert f.vjp([3.0, 4.0], [1.0, 10.0]).tolist() == [14.0, 3.0]


def test_a_branch_in_the_standard_library_has_the_line_of_the_caller():
    import functools

    largest = functools.cmp_to_key(lambda a, b: -1 if a < b else 1)
    f = chainrule.trace(lambda x: sorted(x, key=largest)[0], 2, at=[1.0, 2.0])
    with pytest.raises(chainrule.BranchError) as error:
        f([2.0, 1.0])
    assert error.value.file == __file__

    import queue

    def smallest(x):
        ordered = queue.PriorityQueue()
        for value in x:
            ordered.put(value)
        return ordered.get()

    g = chainrule.trace(smallest, 2, at=[1.0, 2.0])
    with pytest.raises(chainrule.BranchError) as error:
        g([2.0, 1.0])
    assert error.value.file == __file__


def test_counts_in_the_words_of_a_program():
    assert repr(chainrule.trace(lambda x: x[0], 1)) == "<Program of 1 input, 1 output, level exact>"
    program = chainrule.trace_rows(lambda p, x: [p[0], x[0]], [1.0], 2)
    assert repr(program) == "<Program of 1 parameter and rows of 2, 2 outputs, level exact>"
    assert repr(program.batch([[1.0, 2.0]])) == "<Batch of 1 row, 1 parameter>"


def test_a_jit_can_be_called_in_a_traced_function():
    square = chainrule.jit(lambda x: (x**2).sum())
    outer = chainrule.trace(lambda x: square(x) * x[0], 2)
    assert outer([3.0, 1.0]) == 30.0 and outer.gradient([3.0, 1.0]).tolist() == [28.0, 6.0]


def test_a_jit_without_rows_keeps_no_branch():
    f = chainrule.jit(lambda x: x[0] if x[0] > 0 else x[1])
    assert f(np.zeros((0, 2))).shape == (0,)
    assert f([[1.0, 2.0]]).tolist() == [1.0]


def test_products_of_the_hessian_of_sums():
    rng = np.random.default_rng(0)
    rows, p, v = rng.normal(size=(100, 3)), rng.normal(size=3), rng.normal(size=3)
    loss = chainrule.trace_rows(lambda p, x: ((p * x).sum()).sin().exp(), p, 3)
    expected = loss.sum_hessian(p, rows) @ v
    for product in [loss.sum_hvp(p, v, rows), loss.batch(rows).sum_hvp(p, v)]:
        assert np.allclose(product, expected, rtol=1e-12)
    with pytest.raises(ValueError, match="v: expected 3 numbers"):
        loss.sum_hvp(p, [1.0], rows)
    with pytest.raises(ValueError, match="for programs without parameters"):
        loss.hvp(p, v)


def test_means_of_partials_of_hessians():
    loss = chainrule.trace_rows(lambda p, x: p[0] ** 2 * x[0], [1.0], 1)
    rows = [[1.0], [2.0], [4.0]]
    value, gradient = loss.partial([3.0], rows, of="hessian").mean_value_and_gradient(loss, 3)
    expected = loss.mean_value_and_gradient([3.0], rows)
    assert value == expected[0] and gradient.tolist() == expected[1].tolist()
