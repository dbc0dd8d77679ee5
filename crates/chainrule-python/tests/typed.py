"""Code of a user, which mypy checks with the stubs; nothing runs it."""

from typing import Any

import numpy as np
import numpy.typing as npt

import chainrule
from chainrule import nn
from chainrule.engine import Value


def f(x: Any) -> Any:
    return (x**2).sum()


program: chainrule.Program = chainrule.trace(f, 3, at=[1.0, 2.0, 3.0], level="fast")
gradient: npt.NDArray[np.float64] = program.gradient(np.zeros(3), threads=2)
total: float = program.batch(np.zeros((2, 3))).sum_value()
loss: chainrule.Program = chainrule.trace_rows(lambda p, row: p[0] * row[0], [0.0], 1)
partial: chainrule.Partial = loss.partial([1.0], np.ones((64, 1))) + loss.batch(np.ones((2, 1))).partial([1.0], 64, of="gradient")
mean: float = chainrule.Partial.merge(partial).mean_value_and_gradient(loss, 66)[0]
indices: list[range] = partial.rows
value: Value = Value(2.0) * 3 + 1 - Value(1).tanh() ** 2
value = Value.log_sum_exp([value, 1.0]).clamp(0.0, 1.0).powi(2)
is_less: bool = value < 2
svg: str = value.svg(gradients=False)
page: str = value.explain().html
model = nn.MLP(2, [3, 1])
history: nn.History = nn.fit(model, np.zeros((4, 3)), lambda model, row: model(row[:2]) - row[2], optimizer=nn.Adam(0.1))
last: float = history.epochs[-1].loss
