"""`nn.fit`: runs against loops by hand, callbacks, interruptions."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
from test_demo import moons

import chainrule
from chainrule import nn
from chainrule.engine import Value


def hinge(model, row):
    return (1 - row[2] * model(row[:2])).relu()


def data(n=60):
    X, y = moons(n, 0.1, np.random.default_rng(0))
    return np.column_stack([X, y])


def test_a_run_is_the_loop_by_hand():
    rows = data()
    random.seed(1)
    fitted = nn.MLP(2, [8, 8, 1])
    random.seed(1)
    by_hand = nn.MLP(2, [8, 8, 1])
    start = [p.data for p in fitted.parameters()]
    history = nn.fit(fitted, rows, hinge, optimizer=nn.SGD(0.3), epochs=15, batch=len(rows), l2=1e-4)
    for k in range(15):
        loss = Value.mean([hinge(by_hand, row) for row in rows]) + 1e-4 * sum(p * p for p in by_hand.parameters())
        assert history.epochs[k] == nn.Epoch(k, k + 1, pytest.approx(loss.data, rel=1e-9), None)
        by_hand.zero_grad()
        loss.backward()
        for p in by_hand.parameters():
            p.data -= 0.3 * p.grad
    assert history.ended == "epochs" and len(history.epochs) == 15
    for p, q in zip(fitted.parameters(), by_hand.parameters()):
        assert p.data == pytest.approx(q.data, rel=1e-9, abs=1e-12)


def test_moons_are_separated():
    random.seed(3)
    rows = data(100)
    model = nn.MLP(2, [16, 16, 1])
    history = nn.fit(model, rows, hinge, optimizer=nn.Adam(0.01), epochs=100, batch=20, seed=1)
    assert history.epochs[-1].loss < 0.05
    scores = chainrule.trace_rows(lambda model, x: model(x), model, 2)(model, rows[:, :2])
    assert ((scores > 0) == (rows[:, 2] > 0)).mean() > 0.97
    # The model itself computes with the trained parameters.
    assert model(rows[0, :2]).data == scores[0]


@pytest.mark.parametrize(
    "optimizer", [nn.SGD(0.05), nn.SGD(0.02, momentum=0.9), nn.SGD(0.02, 0.9, nesterov=True), nn.Adam(0.05), nn.AdamW(0.05, decay=0.001), nn.RMSProp(0.02)]
)
def test_every_optimizer_fits_a_line(optimizer):
    rows = [[x / 10, 2 * x / 10 + 1] for x in range(-10, 11)]
    line = [Value(0.0), Value(0.0)]
    nn.fit(line, rows, lambda p, row: (p[0] * row[0] + p[1] - row[1]) ** 2, optimizer=optimizer, epochs=400, batch=7)
    assert [p.data for p in line] == pytest.approx([2, 1], abs=0.05)


@pytest.mark.parametrize("kind, numbers", [("linear", (0.1, 0.01, 50)), ("cosine", (0.1, 0.01, 50)), ("exponential", (0.1, 0.99)), ("step_decay", (0.1, 0.5, 20))])
def test_every_schedule(kind, numbers):
    rates = []
    line = [Value(0.0)]
    nn.fit(line, [[1.0]], lambda p, row: (p[0] - row[0]) ** 2, optimizer=nn.SGD(1.0), schedule=nn.Schedule(kind, *numbers), epochs=50, on_step=lambda step: rates.append(step.rate))
    assert rates[0] == 0.1 and rates[-1] < rates[0]


def test_a_seed_gives_the_same_run_with_any_number_of_threads():
    def run(seed, threads):
        random.seed(5)
        model = nn.MLP(2, [4, 1])
        nn.fit(model, data(), hinge, epochs=3, batch=8, seed=seed, threads=threads)
        return [p.data for p in model.parameters()]

    assert run(1, 1) == run(1, 2) and run(1, 1) != run(2, 1)


def test_callbacks():
    steps, epochs, seen = [], [], []
    line = [Value(1.0)]
    history = nn.fit(
        line,
        [[2.0]],
        lambda p, row: p[0] * row[0],
        optimizer=nn.SGD(0.25),
        epochs=3,
        on_step=lambda step: steps.append(step) or seen.append(line[0].data),
        on_epoch=epochs.append,
    )
    assert [tuple(step) for step in steps] == [(0, 3, 0, 3, 2.0, 0.25), (1, 3, 1, 3, 1.0, 0.25), (2, 3, 2, 3, 0.0, 0.25)]
    assert seen == [1.0, 0.5, 0.0] and line[0].data == -0.5
    assert epochs == history.epochs and epochs[1] == nn.Epoch(1, 2, 1.0, None)


def test_a_callback_stops_the_run():
    line = [Value(1.0)]
    history = nn.fit(line, [[2.0]], lambda p, row: p[0] * row[0], epochs=50, on_epoch=lambda epoch: epoch.epoch < 3)
    assert len(history.epochs) == 4 and history.ended == "callback"


def test_validation_and_patience():
    line = [Value(0.0)]
    history = nn.fit(line, [[2.0]], lambda p, row: (p[0] - row[0]) ** 2, optimizer=nn.SGD(0.5), epochs=50, validation=[[3.0], [5.0]], patience=2)
    assert history.epochs[0].validation == 5.0 and history.ended == "patience" and len(history.epochs) == 3


def test_progress(capfd):
    line = [Value(0.0)]
    nn.fit(line, [[2.0]], lambda p, row: (p[0] - row[0]) ** 2, epochs=5, progress=True)
    out, err = capfd.readouterr()
    assert out == "" and "5/5 loss" in err


def test_exceptions_of_the_loss_and_of_callbacks():
    def fails(*_):
        raise KeyError("mine")

    line = [Value(1.0)]
    with pytest.raises(KeyError, match="mine"):
        nn.fit(line, [[1.0]], fails)
    for callback in ("on_step", "on_epoch"):
        with pytest.raises(KeyError, match="mine"):
            nn.fit(line, [[1.0]], lambda p, row: p[0] * row[0], **{callback: fails})


def test_wrong_arguments():
    line = [Value(1.0)]
    loss = lambda p, row: p[0] * row[0]  # noqa: E731
    for arguments, words in [
        ({"rows": []}, "rows"),
        ({"rows": np.zeros((0, 1))}, "must contain at least one row"),
        ({"rows": [[np.nan]]}, "NaN"),
        ({"batch": 0}, "batch"),
        ({"l2": -1.0}, "l2"),
        ({"optimizer": nn.SGD(-1.0)}, "rate"),
        ({"schedule": nn.Schedule("wild", 1, 1, 1)}, "schedule: kind: must be one of"),
        ({"level": "best"}, "level"),
        ({"model": []}, "parameters: there are none to train"),
        ({"validation": [[1.0, 2.0]]}, "validation"),
    ]:
        call = {"model": line, "rows": [[1.0]], "loss": loss, **arguments}
        with pytest.raises(ValueError, match=words):
            nn.fit(**call)
    with pytest.raises(chainrule.BranchError, match="row 1"):
        nn.fit(line, [[1.0], [-1.0]], lambda p, row: p[0] if row[0] > 0 else -p[0], shuffle=False, batch=2)


INTERRUPTED = """
    import signal, sys, threading, os, time
    # A shell starts background jobs with Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from chainrule import nn
    from chainrule.engine import Value
    line = [Value(5.0), Value(1.0)]
    def interrupt():
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=interrupt).start()
    begin = time.monotonic()
    try:
        nn.fit(line, [[x / 7, 1.0] for x in range(40)], lambda p, row: (p[0] * row[0] + p[1] - row[1]) ** 2,
               optimizer=nn.SGD(1e-9), epochs=10**9)
    except KeyboardInterrupt:
        assert time.monotonic() - begin < 5
        assert line[0].data != 5.0, "the parameters are those of the last step"
        print("interrupted")
"""


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_control_c_stops_a_run():
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(INTERRUPTED)], capture_output=True, text=True, timeout=60)
    assert run.stdout == "interrupted\n", run.stderr


def test_other_threads_run_during_a_run():
    counted, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            counted[0] += 1

    thread = threading.Thread(target=count)
    thread.start()
    nn.fit([Value(0.0)], data(100), lambda p, row: (p[0] - row[0]) ** 2, epochs=3000, batch=10)
    stop.set()
    thread.join()
    assert counted[0] > 10_000


ROWS = [[0.0, 1.0], [1.0, 3.0], [2.0, 5.0]]


def line_loss(line, row):
    return (line[0] * row[0] + line[1] - row[1]) ** 2


def test_parameters_that_cannot_change_are_refused():
    for numbers in ([0.0, 1.0], (0.0, 1.0), np.zeros(2), [Value(0.0), 1.0]):
        with pytest.raises(TypeError, match="which cannot be changed; make it a Value"):
            nn.fit(numbers, ROWS, line_loss)
    computed = [Value(0.0) * 2, Value(1.0)]
    with pytest.raises(ValueError, match="the value at index 0 was computed, so it is no parameter"):
        nn.fit(computed, ROWS, line_loss)
    with pytest.raises(ValueError, match="was computed"):
        chainrule.trace_rows(line_loss, computed, 2)


def test_parameters_of_an_iterator_are_trained():
    line = [Value(0.0), Value(0.0)]
    nn.fit((p for p in line), ROWS, line_loss, optimizer=nn.SGD(0.1), epochs=1000)
    assert [round(p.data, 6) for p in line] == [2.0, 1.0]

    class Model:
        def __init__(self):
            self.line = [Value(0.0), Value(0.0)]

        def parameters(self):
            yield from self.line

    model = Model()
    nn.fit(model, ROWS, lambda model, row: line_loss(model.line, row), optimizer=nn.SGD(0.1), epochs=1000)
    assert [round(p.data, 6) for p in model.line] == [2.0, 1.0]


def test_a_loss_of_several_values_is_refused():
    line = [Value(0.0), Value(0.0)]
    with pytest.raises(ValueError, match="loss: must be one value, found 2"):
        nn.fit(line, ROWS, lambda line, row: [line[0] * row[0], line[1]])
    assert [p.data for p in line] == [0.0, 0.0]


def test_numpys_false_stops_a_run_too():
    for answer, epochs in ((np.False_, 1), (False, 1), (None, 5), (np.True_, 5), (0, 5)):
        line = [Value(0.0), Value(0.0)]
        history = nn.fit(line, ROWS, line_loss, epochs=5, on_epoch=lambda epoch: answer)
        assert len(history.epochs) == epochs, answer


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"epochs": -1}, "epochs: must be a whole number of at least 1, found -1"),
        ({"epochs": 2.0}, "epochs: must be a whole number of at least 1, found 2.0"),
        ({"batch": 2.5}, "batch: must be a whole number of at least 1, found 2.5"),
        ({"seed": -1}, "seed: must be a whole number of at least 0, found -1"),
        ({"threads": -1}, "threads: must be a whole number of at least 0, found -1"),
        ({"l2": "x"}, "l2: must be a number, found 'x'"),
        ({"optimizer": nn.Adam("x")}, "optimizer: rate: must be a number, found 'x'"),
    ],
)
def test_options_of_the_wrong_kind_are_named(options, problem):
    with pytest.raises((TypeError, ValueError)) as error:
        nn.fit([Value(0.0), Value(0.0)], ROWS, line_loss, **options)
    assert str(error.value) == problem


def test_sizes_of_networks_are_checked():
    with pytest.raises(TypeError, match="nouts: must list the neurons of each layer"):
        nn.MLP(2, 3)
    with pytest.raises(ValueError, match="nin: must be a whole number of at least 1, found -1"):
        nn.MLP(-1, [1])
    assert len(nn.MLP(np.int64(2), (n for n in [3, 1])).layers) == 2


def test_a_history_is_short():
    history = nn.fit([Value(0.0), Value(0.0)], ROWS, line_loss, epochs=300)
    assert repr(history).startswith("History(300 epochs, loss ") and repr(history).endswith(", ended='epochs')")


@pytest.mark.parametrize(
    "options, exception, message",
    [
        ({"on_step": 3}, TypeError, "on_step: must be a function, found 3"),
        ({"on_epoch": "x"}, TypeError, "on_epoch: must be a function, found 'x'"),
        ({"schedule": nn.Schedule("linear", "a", 1, 1)}, TypeError, "schedule: first: must be a number, found 'a'"),
        ({"schedule": nn.Schedule("linear", 1, 0.1, -1)}, ValueError, "schedule: steps: must be a whole number of at least 0, found -1"),
        ({"schedule": nn.Schedule("cosin", 1, 0.1, 1)}, ValueError, 'schedule: kind: must be one of linear, cosine, exponential, step_decay, found .cosin.'),
        ({"validation": [1.0]}, ValueError, r"validation: expected rows of numbers \(two axes\), found an array of shape \[1\]"),
    ],
)
def test_options_that_make_no_sense(options, exception, message):
    p = Value(1.0)
    with pytest.raises(exception, match=message):
        nn.fit([p], [[1.0]], lambda p, x: p[0] * x[0], **options)
    assert p.data == 1.0


def test_a_loss_that_is_no_function():
    with pytest.raises(TypeError, match="loss: must be a function, found 3"):
        nn.fit([Value(1.0)], [[1.0]], 3)
