"""The decorator ``jit``: a function that compiles itself when it is first called."""

from __future__ import annotations

import functools
import threading
from typing import Any, Callable

import numpy as np
import numpy.typing as npt

from chainrule._native import Program, Value, trace

__all__ = ["Jit", "jit"]


class Jit:
    """A function of one array of numbers that is compiled at the first point where it is called.

    There is one program for each number of inputs. If a later point takes another branch, ``BranchError`` is raised; use
    ``retraced`` for functions whose branches change.
    """

    def __init__(self, function: Callable[..., Any], level: str = "exact") -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._level = level
        self._programs: dict[int, Program] = {}
        self._lock = threading.RLock()

    def __get__(self, instance: object, owner: type | None = None) -> Jit:
        if instance is not None:
            raise TypeError(
                f"jit: {self!r} cannot be a method, because it would keep what the object was at its first call; "
                "compile a function of numbers: chainrule.jit(lambda x: model.method(x))"
            )
        return self

    def __reduce__(self) -> str:
        # Like a function: by its name, in its module.
        return str(getattr(self._function, "__qualname__", ""))

    def __repr__(self) -> str:
        return f"<Jit of {getattr(self._function, '__qualname__', self._function)}>"

    def program(self, x: npt.ArrayLike) -> Program:
        """The program for points like ``x``, or for rows like those of ``x``; traced at the first point of this length."""
        array = np.asarray(x)
        if array.ndim not in (1, 2):
            raise ValueError(f"x: expected one or two axes, found an array of shape {list(array.shape)}")
        n = array.shape[-1]
        with self._lock:
            known = self._programs.get(n)
            if known is None:
                if array.ndim == 2 and len(array) == 0:
                    # Without a row, no branch is known to be the right one, so this program is not kept.
                    return trace(self._function, n, level=self._level)
                first = array if array.ndim == 1 else array[0]
                known = self._programs[n] = trace(self._function, n, at=first, level=self._level)
        return known

    def __call__(self, x: npt.ArrayLike, *, threads: int = 0) -> Any:
        """What the function returns. Of values, it is computed as values: a jit can be called in a traced function."""
        array = np.asarray(x)
        if array.dtype == object and any(isinstance(each, Value) for each in array.flat):
            return self._function(x)
        return self.program(x)(x, threads=threads)

    def value(self, x: npt.ArrayLike, *, threads: int = 0) -> Any:
        """The first output at a point, or of each row."""
        return self.program(x).value(x, threads=threads)

    def gradient(self, x: npt.ArrayLike, *, threads: int = 0) -> npt.NDArray[np.float64]:
        """The derivatives of the first output."""
        return self.program(x).gradient(x, threads=threads)

    def value_and_gradient(self, x: npt.ArrayLike, *, threads: int = 0) -> tuple[Any, npt.NDArray[np.float64]]:
        """The first output and its derivatives."""
        return self.program(x).value_and_gradient(x, threads=threads)

    def jacobian(self, x: npt.ArrayLike, *, threads: int = 0) -> npt.NDArray[np.float64]:
        """The derivatives of every output."""
        return self.program(x).jacobian(x, threads=threads)

    def hessian(self, x: npt.ArrayLike, *, threads: int = 0) -> npt.NDArray[np.float64]:
        """The second derivatives of the first output."""
        return self.program(x).hessian(x, threads=threads)

    def hvp(self, x: npt.ArrayLike, v: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """The Hessian of the first output times a direction."""
        return self.program(x).hvp(x, v)

    def jvp(self, x: npt.ArrayLike, v: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """The derivative of every output in a direction: the Jacobian times ``v``."""
        return self.program(x).jvp(x, v)

    def vjp(self, x: npt.ArrayLike, u: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """The derivatives of the sum of the outputs weighted with ``u``: ``u`` times the Jacobian."""
        return self.program(x).vjp(x, u)


def jit(function: Callable[..., Any] | None = None, *, level: str = "exact") -> Any:
    """Compiles a function of one array of numbers when it is first called.

    >>> import chainrule
    >>> @chainrule.jit
    ... def f(x):
    ...     return (x[1:] - x[:-1] ** 2).sum()
    >>> f([1.0, 2.0, 3.0])
    0.0
    >>> f.gradient([1.0, 2.0, 3.0])
    array([-2., -3.,  1.])
    """
    if function is None:
        return functools.partial(jit, level=level)
    return Jit(function, level)
