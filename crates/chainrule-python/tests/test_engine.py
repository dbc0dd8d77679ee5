"""micrograd's behaviour: known numbers, names, pictures."""

import math

import numpy as np
import pytest

import chainrule
from chainrule.engine import Value
from chainrule.nn import MLP, Layer, Module, Neuron


def sanity(Value, relu):
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = relu(z) + z * x
    h = relu(z * z)
    y = h + q + q * x
    return x, y


def more_operations(Value, relu):
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + relu(b + a)
    d += 3 * d + relu(b - a)
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return a, b, g


def test_micrograds_first_test():
    x, y = sanity(Value, lambda v: v.relu())
    y.backward()
    # z = 3x + 2 = -10, so y = z² + zx + zx² and dy/dx = 6z + 3x + z + 3x² + 2zx.
    z = -10.0
    assert y.data == z * z + z * -4 + z * 16
    assert x.grad == 6 * z + 3 * -4 + z + 3 * 16 + 2 * z * -4


def test_micrograds_second_test():
    a, b, g = more_operations(Value, lambda v: v.relu())
    g.backward()
    # The numbers of micrograd's README.
    assert f"{g.data:.4f} {a.grad:.4f} {b.grad:.4f}" == "24.7041 138.8338 645.5773"


@pytest.mark.parametrize("graph", [sanity, more_operations])
def test_against_pytorch(graph):
    torch = pytest.importorskip("torch")

    def tensor(x):
        x = torch.Tensor([x]).double()
        x.requires_grad = True
        return x

    *theirs, expected = graph(tensor, lambda v: v.relu())
    expected.backward()
    *ours, y = graph(Value, lambda v: v.relu())
    y.backward()
    assert y.data == pytest.approx(expected.data.item(), rel=1e-12)
    for x, t in zip(ours, theirs):
        assert x.grad == pytest.approx(t.grad.item(), rel=1e-12)


def test_names_and_defaults():
    v = Value(2)
    assert (v.data, v.grad, v._prev, v._op, v.label) == (2.0, 0.0, set(), "", "")
    assert Value(2.0, label="x").label == "x"
    assert Value(2.0, (), "", "x").label == "x"
    assert repr(Value(2.0)) == "Value(data=2.0, grad=0.0)"
    a, b = Value(1), Value(2)
    assert (a + b)._op == "+" and (a * b)._op == "*" and (a**2)._op == "**2" and a.relu()._op == "ReLU"
    assert (a + b)._prev == {a, b} and (a**2)._prev == {a}
    assert {x.data for x in (a * 3)._prev} == {1.0, 3.0}


def test_equality_and_hash_are_those_of_the_object():
    a, b = Value(1), Value(1)
    assert a == a and a != b and len({a, b, a}) == 2
    assert hash(a) == hash(a)
    assert {a: "a"}[a] == "a"


def test_comparisons_compare_numbers():
    a, b = Value(1), Value(2)
    assert a < b and a <= b and b > a and b >= a and a < 1.5 and 1.5 > a and not a > b
    assert max([a, b]) is b and sorted([b, a]) == [a, b]
    with pytest.raises(TypeError):
        a < "b"


def test_gradients_accumulate_and_the_root_is_set():
    x = Value(3.0)
    y = x * x
    y.backward()
    y.backward()
    assert (x.grad, y.grad) == (12.0, 1.0)
    x.grad = 0
    y.backward()
    assert x.grad == 6.0
    z = Value(1.0)
    z.backward()
    assert z.grad == 1.0


def test_a_value_used_twice_gets_both_gradients():
    x = Value(3.0)
    y = x + x
    y.backward()
    assert x.grad == 2.0 and y._prev == {x}


def test_in_place_arithmetic_makes_new_values():
    x = Value(1.0)
    y = x
    y += 1
    assert (x.data, y.data) == (1.0, 2.0)


def test_numbers_of_numpy_are_numbers():
    x = Value(2.0)
    for number in [np.float64(3), np.float32(3), np.int64(3), np.uint8(3), True + 2, 3]:
        for y in [number * x, x * number]:
            assert isinstance(y, Value) and y.data == 6.0
    assert (np.float64(3) - x).data == 1.0 and (x - np.float64(3)).data == -1.0
    assert (np.float64(3) / x).data == 1.5 and (np.float64(3) ** x).data == pytest.approx(9.0)
    array = np.array([1.0, 2.0]) * x
    assert array.dtype == object and [y.data for y in array] == [2.0, 4.0]
    array = x * np.array([1.0, 2.0])
    assert array.dtype == object and [y.data for y in array] == [2.0, 4.0]


def test_numpy_computes_with_arrays_of_values():
    xs = np.array([Value(1.0), Value(2.0)])
    for function in ["exp", "log", "log1p", "expm1", "sqrt", "sin", "cos", "tan", "tanh", "arctan", "arcsinh", "exp2", "log2"]:
        ys = getattr(np, function)(xs)
        assert [y.data for y in ys] == pytest.approx(getattr(np, function)(np.array([1.0, 2.0])), rel=1e-14)
    y = xs @ xs
    y.backward()
    assert y.data == 5.0 and [x.grad for x in xs] == [2.0, 4.0]


def test_arithmetic_follows_ieee_754():
    assert (Value(1.0) / 0).data == math.inf
    assert math.isnan((Value(0.0) / 0).data) and math.isnan(Value(-1.0).sqrt().data)
    assert (Value(2.0) ** 0.5).data == math.sqrt(2) and (Value(-2.0) ** 3).data == -8.0
    assert math.isnan((Value(-2.0) ** 0.5).data)


def test_networks_are_micrograds():
    model = MLP(2, [16, 16, 1])
    assert isinstance(model, Module) and isinstance(model.layers[0], Layer)
    assert isinstance(model.layers[0].neurons[0], Neuron)
    assert len(model.parameters()) == 337
    assert repr(MLP(3, [2, 1])) == "MLP of [Layer of [ReLUNeuron(3), ReLUNeuron(3)], Layer of [LinearNeuron(2)]]"
    assert all(-1 <= p.data <= 1 for p in model.parameters())
    y = model([1.0, 2.0])
    y.backward()
    assert any(p.grad != 0 for p in model.parameters())
    model.zero_grad()
    assert all(p.grad == 0 for p in model.parameters())
    assert len(MLP(2, [3])([1, 2])) == 3


def trace_graph(root):
    """Collects nodes and edges as micrograd's notebook does."""
    nodes, edges = set(), set()

    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def test_a_graph_can_be_walked_and_drawn():
    x, y = Value(2.0, label="first"), Value(3.0, label="second")
    z = (x * y + x).tanh()
    nodes, edges = trace_graph(z)
    assert len(nodes) == 5 and len(edges) == 5
    assert sorted(n._op for n in nodes) == ["", "", "*", "+", "tanh"]
    svg = z.svg()
    assert svg.startswith("<svg") and "first" in svg and "second" in svg and z._repr_svg_() == svg
    assert z.svg(gradients=False) != svg
    assert z.dot().startswith("digraph") and "first" in z.dot()
    explanation = (x * y).explain()
    assert "first gets 1 × 3 = 3" in str(explanation)
    assert explanation.html.startswith("<!DOCTYPE html>")
    assert explanation._repr_html_().startswith("<iframe srcdoc=")
    assert isinstance(explanation, chainrule.Explanation)
    assert "constant" in str(Value(1.0).explain()) or Value(1.0).explain()


def test_changed_numbers_are_noticed():
    x = Value(2.0)
    y = x * x
    x.data = 3.0
    with pytest.raises(RuntimeError, match="`data` was changed"):
        y.backward()
    assert x.grad == 0
    with pytest.raises(RuntimeError, match="`data` was changed"):
        y.svg()
    x.data = 2.0
    y.backward()
    assert x.grad == 4.0


def test_own_functions():
    x, y = Value(2.0), Value(3.0)
    z = Value.custom(math.hypot(2.0, 3.0), [x, y], [2 / math.hypot(2, 3), 3 / math.hypot(2, 3)])
    (z * 10).backward()
    assert x.grad == pytest.approx(20 / math.hypot(2, 3)) and y.grad == pytest.approx(30 / math.hypot(2, 3))
    with pytest.raises(ValueError, match="slopes: expected 2 values, found 1"):
        Value.custom(1.0, [x, y], [1.0])
    with pytest.raises(TypeError, match="custom"):
        Value(1.0, (x,), "op")
