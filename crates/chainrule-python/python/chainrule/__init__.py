"""Automatic differentiation of scalar code: values, compiled programs, training.

- ``chainrule.engine.Value`` is micrograd's ``Value``, with more operations and pictures.
- ``trace``, ``trace_rows``, ``jit`` and ``retraced`` compile a function to a ``Program``, which computes values, gradients,
  Jacobians and Hessians over NumPy arrays.
- ``Partial`` is a sum over some of the rows, which other processes and machines join.
- ``chainrule.nn`` has micrograd's ``Neuron``, ``Layer`` and ``MLP``, and ``fit``, which trains them.

>>> import chainrule
>>> f = chainrule.trace(lambda x: (x[1] - x[0] ** 2) ** 2 * 100 + (1 - x[0]) ** 2, 2)
>>> f.value([1.0, 2.0])
100.0
>>> f.gradient([1.0, 2.0])
array([-400.,  200.])
"""

from importlib.metadata import version

from chainrule._errors import BranchError
from chainrule._jit import Jit, jit
from chainrule._native import Batch, Explanation, Partial, Program, Value, retraced, trace, trace_rows

__version__ = version("chainrule")

__all__ = [
    "Batch",
    "BranchError",
    "Explanation",
    "Jit",
    "Partial",
    "Program",
    "Value",
    "jit",
    "retraced",
    "trace",
    "trace_rows",
]
