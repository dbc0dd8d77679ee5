"""Values are freed: without a leak, without recursion, also in cycles."""

import gc
import resource
import sys
import threading
import weakref

import pytest

import chainrule
from chainrule.engine import Value


def resident():
    """The memory that the process holds now, in bytes."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@needs_linux
def test_a_million_steps_take_constant_memory():
    w = Value(0.0)

    def steps(n):
        for _ in range(n):
            loss = (w * 3 - 1) ** 2
            w.grad = 0
            loss.backward()
            w.data -= 0.01 * w.grad

    steps(20_000)
    before = resident()
    steps(1_000_000)
    assert resident() - before < 2 << 20


@needs_linux
def test_programs_leave_nothing():
    import chainrule

    def once():
        f = chainrule.trace(lambda x: (x**2).sum(), 50)
        f.hessian([1.0] * 50)

    for _ in range(20):
        once()
    before = resident()
    for _ in range(200):
        once()
    assert resident() - before < 4 << 20


def chain(n):
    x = Value(1.0)
    for _ in range(n):
        x = x + 0.5
    return x


def test_a_chain_of_a_million_values_is_swept_and_freed():
    def work():
        x = chain(1_000_000)
        x.backward()
        del x

    # A small stack: nothing may recurse.
    size = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)


def test_a_chain_of_subclasses_is_freed():
    class Sub(Value):
        pass

    x = Sub(1.0)
    for _ in range(200_000):
        x = x + Sub(1.0)
    del x


def test_operands_live_as_long_as_their_results():
    x = Value(2.0)
    y = x * 3
    alive = weakref.ref(x)
    del x
    assert alive() is not None
    y.backward()
    assert alive().grad == 3.0
    del y
    assert alive() is None


def test_cycles_are_collected():
    class Sub(Value):
        pass

    x = Sub(1.0)
    x.result = x * 2 + 1
    alive = weakref.ref(x)
    del x
    gc.collect()
    assert alive() is None


def test_a_cycle_through_a_long_chain_is_collected():
    class Sub(Value):
        pass

    first = Sub(1.0)
    x = first
    for _ in range(300_000):
        x = x + 1
    first.result = x
    alive = weakref.ref(first)
    del first, x
    gc.collect()
    assert alive() is None


def test_callbacks_of_weak_references_may_compute():
    kept = []
    x = Value(1.0)
    alive = weakref.ref(x, lambda _: kept.append((Value(1.0) + 1).data))
    y = x + 1
    del x, y
    assert kept == [2.0] and alive() is None


def test_threads_share_values():
    w = Value(1.0)
    results = []

    def work(k):
        for _ in range(200):
            y = w * k + chain(20)
            y.backward()
        results.append(y.data)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [11.0, 12.0, 13.0, 14.0]


def test_a_value_of_another_thread_is_swept_here():
    made = []
    thread = threading.Thread(target=lambda: made.append(Value(2.0) * 3))
    thread.start()
    thread.join()
    (made[0] * 2).backward()
    assert made[0].grad == 2.0


def test_sweeps_on_threads_lose_nothing():
    w = Value(1.0)

    def work():
        for _ in range(500):
            (w * 2).backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert w.grad == 4 * 500 * 2


def test_cycles_through_programs_are_freed():
    class Owner:
        pass

    for make in [lambda function: chainrule.retraced(function, 1), lambda function: chainrule.trace(function, 1), chainrule.jit]:
        owner = Owner()
        owner.weight = Value(2.0)
        owner.program = make(lambda x, owner=owner: x[0] * owner.weight)
        assert owner.program([1.0]) == 2.0
        gone = weakref.ref(owner)
        del owner
        gc.collect()
        assert gone() is None
