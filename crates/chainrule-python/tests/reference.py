"""A small engine in plain Python with micrograd's arithmetic, which the tests compare with.

It computes what micrograd computes, in the order of the operands. (micrograd keeps operands in a set, so the order in which
it adds derivatives, and their last bits, depend on addresses.)
"""

import random


class Value:
    def __init__(self, data, operands=(), slopes=()):
        self.data = data
        self.grad = 0
        self.operands = operands
        self.slopes = slopes

    def __add__(self, other):
        other = value(other)
        return Value(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        other = value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def relu(self):
        return Value(0 if self.data < 0 else self.data, (self,), (self.data > 0,))

    def backward(self):
        order, seen, waiting = [], set(), [(self, False)]
        while waiting:
            node, is_done = waiting.pop()
            if is_done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                waiting.append((node, True))
                waiting.extend((operand, False) for operand in reversed(node.operands))
        self.grad = 1
        for node in reversed(order):
            for operand, slope in zip(node.operands, node.slopes):
                operand.grad += slope * node.grad

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return other + -self

    def __truediv__(self, other):
        return self * other**-1

    def __rtruediv__(self, other):
        return other * self**-1

    __radd__ = __add__
    __rmul__ = __mul__


def value(x):
    return x if isinstance(x, Value) else Value(x)


class MLP:
    """Layers of rectified neurons, the last one linear; weights are drawn as micrograd draws them."""

    def __init__(self, nin, nouts):
        sizes = [nin, *nouts]
        self.layers = [
            [([Value(random.uniform(-1, 1)) for _ in range(n)], Value(0)) for _ in range(m)]
            for n, m in zip(sizes, sizes[1:])
        ]

    def __call__(self, x):
        for depth, layer in enumerate(self.layers):
            out = [sum((wi * xi for wi, xi in zip(w, x)), b) for w, b in layer]
            x = [y.relu() for y in out] if depth + 1 < len(self.layers) else out
        return x[0] if len(x) == 1 else x

    def parameters(self):
        return [p for layer in self.layers for w, b in layer for p in [*w, b]]
