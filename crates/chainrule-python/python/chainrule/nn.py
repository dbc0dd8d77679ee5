"""micrograd's neurons, layers and networks, and training on the compiled engine.

``Module``, ``Neuron``, ``Layer`` and ``MLP`` have micrograd's names and behaviour. ``fit`` compiles the loss of one row and
trains over all rows.
"""

from __future__ import annotations

import numbers
import random
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Callable, ClassVar, Iterable, NamedTuple, Optional, Sequence, Union

import numpy.typing as npt

from chainrule import _native
from chainrule.engine import Value

__all__ = [
    "Adam",
    "AdamW",
    "Epoch",
    "History",
    "Layer",
    "MLP",
    "Module",
    "Neuron",
    "RMSProp",
    "SGD",
    "Schedule",
    "Step",
    "fit",
]


def _whole(name: str, number: Any, least: int) -> int:
    """A whole number of 63 bits that a caller gave, at least this large."""
    if isinstance(number, numbers.Integral) and int(number) >= 2**63:
        raise ValueError(f"{name}: must be below 2**63, found {number!r}")
    if isinstance(number, numbers.Integral) and int(number) >= least:
        return int(number)
    raise ValueError(f"{name}: must be a whole number of at least {least}, found {number!r}")


_KINDS = ("linear", "cosine", "exponential", "step_decay")


def _number(name: str, number: Any) -> float:
    """A number that a caller gave."""
    if isinstance(number, numbers.Real):
        return float(number)
    raise TypeError(f"{name}: must be a number, found {number!r}")


class Module:
    """Something with parameters."""

    def zero_grad(self) -> None:
        """Sets the ``grad`` of every parameter to 0."""
        for p in self.parameters():
            p.grad = 0

    def parameters(self) -> list[Value]:
        """The parameters, in a fixed order."""
        return []


class Neuron(Module):
    """A weighted sum of inputs and a bias, then a rectifier unless ``nonlin`` is false.

    Weights are drawn by ``random.uniform(-1, 1)``, the bias is 0.
    """

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(_whole("nin", nin, 1))]
        self.b = Value(0)
        self.nonlin = nonlin

    def __call__(self, x: Iterable[Any]) -> Value:
        x = list(x)
        if len(x) != len(self.w):
            raise ValueError(f"x: expected {len(self.w)} inputs, found {len(x)}")
        act = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)
        return act.relu() if self.nonlin else act

    def parameters(self) -> list[Value]:
        return self.w + [self.b]

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """Neurons with the same inputs. With one neuron, calling the layer returns a value instead of a list."""

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        self.neurons = [Neuron(nin, **kwargs) for _ in range(_whole("nout", nout, 1))]

    def __call__(self, x: Iterable[Any]) -> Any:
        inputs = list(x)
        out = [n(inputs) for n in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        return [p for n in self.neurons for p in n.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    """Layers one after another; the last one is linear.

    >>> MLP(2, [3, 1])
    MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(3)]]
    >>> len(MLP(2, [16, 16, 1]).parameters())
    337
    """

    def __init__(self, nin: int, nouts: Sequence[int]) -> None:
        if not isinstance(nouts, Iterable):
            raise TypeError(f"nouts: must list the neurons of each layer, such as [16, 1], found {nouts!r}")
        sz = [nin, *nouts]
        nouts = sz[1:]
        self.layers = [Layer(sz[i], sz[i + 1], nonlin=i != len(nouts) - 1) for i in range(len(nouts))]

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"


@dataclass(frozen=True)
class SGD:
    """Gradient descent: moves each parameter by ``rate`` times its derivative, with momentum if it is not 0."""

    rate: float
    momentum: float = 0.0
    nesterov: bool = False
    name: ClassVar[str] = "sgd"


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba, 2015)."""

    rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    name: ClassVar[str] = "adam"


@dataclass(frozen=True)
class AdamW:
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""

    rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    decay: float = 0.01
    name: ClassVar[str] = "adamw"


@dataclass(frozen=True)
class RMSProp:
    """RMSProp (Tieleman and Hinton, 2012)."""

    rate: float = 0.01
    smoothing: float = 0.99
    epsilon: float = 1e-8
    name: ClassVar[str] = "rmsprop"


Optimizer = Union[SGD, Adam, AdamW, RMSProp]


@dataclass(frozen=True)
class Schedule:
    """How the learning rate changes from step to step.

    - ``Schedule("linear", first, last, steps)`` goes from ``first`` to ``last`` in ``steps`` steps, and so does ``"cosine"``;
    - ``Schedule("exponential", first, factor)`` multiplies by ``factor`` at every step;
    - ``Schedule("step_decay", first, factor, every)`` multiplies by ``factor`` after every ``every`` steps.
    """

    kind: str
    first: float
    last: float
    steps: int = 0

    def _numbers(self) -> tuple[str, float, float, int]:
        if self.kind not in _KINDS:
            raise ValueError(f"schedule: kind: must be one of {', '.join(_KINDS)}, found {self.kind!r}")
        first, last = _number("schedule: first", self.first), _number("schedule: last", self.last)
        return self.kind, first, last, _whole("schedule: steps", self.steps, 0)


class Step(NamedTuple):
    """A step that is about to be taken; ``loss`` is that of its batch, ``steps`` the number of all steps."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    rate: float


class Epoch(NamedTuple):
    """An epoch that has ended: its number, the steps since the run began, and the mean loss of its rows."""

    epoch: int
    steps: int
    loss: float
    validation: Optional[float]


@dataclass(frozen=True, repr=False)
class History:
    """What a training run reports.

    ``ended`` is ``"epochs"``, ``"patience"`` or ``"callback"``.
    """

    epochs: list[Epoch] = field(default_factory=list)
    ended: str = "epochs"

    def __repr__(self) -> str:
        losses = f", loss {self.epochs[0].loss:.6g} to {self.epochs[-1].loss:.6g}" if self.epochs else ""
        return f"History({len(self.epochs)} epochs{losses}, ended={self.ended!r})"


class _Progress:
    """A line in the terminal that shows how far a run is."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._shown = 0.0
        self._is_open = False

    def show(self, step: Step) -> None:
        now = time.monotonic()
        is_last = step.step + 1 == step.steps
        if now - self._shown < 0.1 and not is_last:
            return
        self._shown = now
        done, seconds = step.step + 1, now - self._begin
        bar = "#" * (30 * done // step.steps)
        left = seconds * (step.steps - done) / done
        line = f"\r[{bar:<30}] {done}/{step.steps} loss {step.loss:.6g}, {seconds:.1f} s, {left:.1f} s left"
        sys.stderr.write(line)
        sys.stderr.flush()
        self._is_open = True

    def end(self) -> None:
        if self._is_open:
            sys.stderr.write("\n")


def fit(
    model: Any,
    rows: npt.ArrayLike,
    loss: Callable[[Any, Any], Any],
    *,
    optimizer: Optimizer = Adam(0.01),
    epochs: int = 10,
    batch: int = 32,
    seed: int = 0,
    shuffle: bool = True,
    l2: float = 0.0,
    schedule: Optional[Schedule] = None,
    validation: Optional[npt.ArrayLike] = None,
    patience: Optional[int] = None,
    min_delta: float = 0.0,
    threads: int = 0,
    level: str = "exact",
    progress: bool = False,
    on_step: Optional[Callable[[Step], Any]] = None,
    on_epoch: Optional[Callable[[Epoch], Any]] = None,
) -> History:
    """Trains a model: moves its parameters down the gradient of the mean loss of ``rows``, batch by batch.

    ``model`` has a method ``parameters()``, or is a list of values. ``loss(model, row)`` computes the loss of one row, an
    array of values. It is called once, compiled, and replayed over batches. ``l2`` adds ``l2 * sum(p**2)`` to the loss.

    Before every step ``on_step`` is called with a ``Step``, and after every epoch ``on_epoch`` with an ``Epoch``; the model
    then has the parameters of that moment. A callback that returns ``False`` stops the run. ``progress`` shows a line in the
    terminal. Ctrl-C stops a run. However a run ends, the model has the parameters of the last step.

    The same ``seed`` gives the same run, whatever the number of ``threads``.

    Raises ``BranchError`` if a row takes a different branch than the first, and ``ValueError`` if the loss of a row is not
    finite or an argument is not allowed.

    >>> line = [Value(0.0), Value(0.0)]
    >>> points = [[0.0, 1.0], [1.0, 3.0], [2.0, 5.0]]
    >>> def loss(line, row):
    ...     return (line[0] * row[0] + line[1] - row[1]) ** 2
    >>> history = fit(line, points, loss, optimizer=SGD(0.1), epochs=1000)
    >>> [round(p.data, 6) for p in line]
    [2.0, 1.0]
    """
    if not isinstance(optimizer, (SGD, Adam, AdamW, RMSProp)):
        raise TypeError(f"optimizer: must be an SGD, Adam, AdamW or RMSProp of chainrule.nn, found {optimizer!r}")
    if not (schedule is None or isinstance(schedule, Schedule)):
        raise TypeError(f"schedule: must be a Schedule of chainrule.nn, found {schedule!r}")
    for name, function in [("loss", loss), ("on_step", on_step), ("on_epoch", on_epoch)]:
        if not (callable(function) or function is None and name != "loss"):
            raise TypeError(f"{name}: must be a function, found {function!r}")
    if isinstance(optimizer, SGD) and optimizer.nesterov and optimizer.momentum == 0:
        raise ValueError("optimizer: nesterov: needs a momentum, found 0")
    fields = [name for name in type(optimizer).__dataclass_fields__ if name != "name"]
    rate, *others = [_number(f"optimizer: {name}", getattr(optimizer, name)) for name in fields]
    bar = _Progress() if progress else None

    def step_taken(*of: Any) -> Any:
        step = Step(*of)
        if bar is not None:
            bar.show(step)
        return on_step(step) if on_step is not None else None

    def epoch_ended(*of: Any) -> Any:
        assert on_epoch is not None
        return on_epoch(Epoch(*of))

    reports = bar is not None or on_step is not None
    options = {
        "epochs": _whole("epochs", epochs, 1),
        "batch": _whole("batch", batch, 1),
        "seed": _whole("seed", seed, 0),
        "shuffle": bool(shuffle),
        "l2": _number("l2", l2),
        "patience": None if patience is None else _whole("patience", patience, 1),
        "min_delta": _number("min_delta", min_delta),
        "threads": _whole("threads", threads, 0),
        "level": level,
        "optimizer": (optimizer.name, rate, others),
        "schedule": schedule and schedule._numbers(),
        "validation": validation,
        "on_step": step_taken if reports else None,
        "on_epoch": epoch_ended if on_epoch is not None else None,
    }
    try:
        history, ended = _native.fit(model, rows, loss, options)
    finally:
        if bar is not None:
            bar.end()
    return History([Epoch(*epoch) for epoch in history], ended)
