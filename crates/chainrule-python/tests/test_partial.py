"""Sums over some of the rows: any cut and any order gives the bits of one process; what does not fit is refused."""

import concurrent.futures
import copy
import math
import multiprocessing
import pathlib
import pickle
import subprocess
import sys

import numpy as np
import pytest

import chainrule
from chainrule import Partial

LOSS = chainrule.trace_rows(lambda p, row: (p[0] * row[0] + (p[1] * row[1]).exp()).sin(), [0.0, 0.0], 2)
P = [0.7, -0.3]
ROWS = np.random.default_rng(0).normal(size=(3001, 2))


def bits(*answer):
    return [np.asarray(part).tobytes() for part in answer]


def pieces(rng, count, of="gradient"):
    """The rows, cut at random multiples of 64, in random order."""
    cuts = 64 * np.sort(rng.choice(np.arange(1, -(-len(ROWS) // 64)), count - 1, replace=False))
    ends = [0, *map(int, cuts), len(ROWS)]
    made = [LOSS.partial(P, ROWS[first:end], first, of=of) for first, end in zip(ends, ends[1:])]
    rng.shuffle(made)
    return made


@pytest.mark.parametrize("seed", range(20))
def test_any_cut_and_any_order_gives_the_bits_of_one_process(seed):
    rng = np.random.default_rng(seed)
    made = pieces(rng, int(rng.integers(1, 12)))
    whole = bits(*LOSS.sum_value_and_gradient(P, ROWS))
    n = len(ROWS)
    for joined in [sum(made), Partial.merge(*made), made[0].merge(*made[1:])]:
        assert bits(*joined.sum_value_and_gradient(LOSS, n)) == whole
        assert bits(joined.sum_value(LOSS, n), joined.sum_gradient(LOSS, n)) == whole
        assert bits(*joined.mean_value_and_gradient(LOSS, n)) == bits(*LOSS.mean_value_and_gradient(P, ROWS))
        assert joined.rows == [range(n)]


def test_other_sums():
    rng = np.random.default_rng(1)
    n = len(ROWS)
    values, hessians = sum(pieces(rng, 5, of="value")), sum(pieces(rng, 5, of="hessian"))
    assert (values.of, hessians.of) == ("value", "hessian")
    assert values.sum_value(LOSS, n) == LOSS.sum_value(P, ROWS)
    assert bits(hessians.sum_hessian(LOSS, n)) == bits(LOSS.sum_hessian(P, ROWS))
    assert bits(*hessians.sum_value_and_gradient(LOSS, n)) == bits(*LOSS.sum_value_and_gradient(P, ROWS))
    with pytest.raises(ValueError, match="these are sums for of=\"value\"; make the partial with of=\"gradient\""):
        values.sum_gradient(LOSS, n)
    with pytest.raises(ValueError, match="make the partial with of=\"hessian\""):
        sum(pieces(rng, 2)).sum_hessian(LOSS, n)
    with pytest.raises(ValueError, match="sums for of=\"hessian\" cannot join sums for of=\"value\""):
        values + hessians
    with pytest.raises(ValueError, match="of: must be \"value\", \"gradient\" or \"hessian\", found \"jacobian\""):
        LOSS.partial(P, ROWS, of="jacobian")


def test_a_batch_makes_partials_too():
    batch = LOSS.batch(ROWS, threads=1)
    assert batch.partial(P).to_bytes() == LOSS.partial(P, ROWS).to_bytes()
    assert batch.partial(np.array(P), 640).rows == [range(640, 640 + len(ROWS))]
    assert bits(*batch.mean_value_and_gradient(P)) == bits(*LOSS.mean_value_and_gradient(P, ROWS))
    assert len(batch) == len(ROWS) and bits(*batch.sum_value_and_gradient(P)) == bits(*LOSS.sum_value_and_gradient(P, ROWS))


def test_joining_changes_no_operand():
    a, b = LOSS.partial(P, ROWS[:64]), LOSS.partial(P, ROWS[64:128], 64)
    before = a.to_bytes(), b.to_bytes()
    joined = a + b
    assert (a.to_bytes(), b.to_bytes()) == before and joined.rows == [range(128)]
    a += b
    assert a.to_bytes() == joined.to_bytes()


@pytest.mark.parametrize("missing", range(4))
def test_missing_and_doubled_rows_are_named(missing):
    ends = [0, 64, 640, 1024, len(ROWS)]
    made = [LOSS.partial(P, ROWS[first:end], first) for first, end in zip(ends, ends[1:])]
    first, last = ends[missing], ends[missing + 1] - 1
    lost = made.pop(missing)
    with pytest.raises(ValueError, match=f"rows {first} to {last} are in no piece"):
        sum(made).sum_gradient(LOSS, len(ROWS))
    with pytest.raises(ValueError, match=rf"rows {first} to \d+ are in two pieces"):
        sum([*made, lost, lost])
    # Another number of rows than there are.
    whole = sum(made) + lost
    with pytest.raises(ValueError, match="rows 3001 to 3009 are in no piece"):
        whole.sum_gradient(LOSS, 3010)
    with pytest.raises(ValueError):
        whole.sum_gradient(LOSS, 3000)


def test_what_does_not_belong_together_is_refused():
    a = LOSS.partial(P, ROWS[:64])
    other = chainrule.trace_rows(lambda p, row: (p[0] * row[0] + p[1] * row[1]).sin(), [0.0, 0.0], 2)
    with pytest.raises(ValueError, match="input 1 is -0.3 in one piece and -0.2 in another"):
        a + LOSS.partial([0.7, -0.2], ROWS[64:128], 64)
    with pytest.raises(ValueError, match="different programs"):
        a + other.partial(P, ROWS[64:128], 64)
    with pytest.raises(ValueError, match="another program"):
        a.sum_gradient(other, 64)
    with pytest.raises(ValueError, match="no multiple of 64"):
        LOSS.partial(P, ROWS[:10]) + LOSS.partial(P, ROWS[64:128], 64)
    with pytest.raises(ValueError, match="64"):
        LOSS.partial(P, ROWS[10:], 10)
    with pytest.raises(ValueError, match="expected at least 1 for a mean, found 0"):
        LOSS.partial(P, ROWS[:0]).mean_value_and_gradient(LOSS, 0)
    for wrong in [lambda: a + 1, lambda: 1 + a, lambda: a + None, lambda: a.merge(3), lambda: a.merge([a]), lambda: Partial(), lambda: a.sum_value(3, 64)]:
        with pytest.raises(TypeError):
            wrong()
    for first in [-64, 2**64, 2**64 - 64, 2**63]:
        with pytest.raises((ValueError, OverflowError)):
            LOSS.partial(P, ROWS[:64], first).rows
    with pytest.raises(ValueError, match="n_rows: must be"):
        a.sum_value(LOSS, -1)


def test_no_rows_change_nothing():
    a, nothing = LOSS.partial(P, ROWS[:64]), LOSS.partial(P, ROWS[:0])
    assert nothing.rows == [] and "no rows" in repr(nothing)
    assert (a + nothing).to_bytes() == a.to_bytes()
    assert nothing.sum_value(LOSS, 0) == 0.0


def test_a_branch_names_the_row_among_all_rows():
    f = chainrule.trace_rows(lambda p, row: p[0] if row[0] < 1 else -p[0], [2.0], 1)
    with pytest.raises(chainrule.BranchError) as raised:
        f.partial([2.0], [[0.0], [1.5]], 128)
    assert raised.value.row == 129


def test_copies_and_pickles_are_equal():
    a = LOSS.partial([math.inf, -0.0], ROWS[:200], 64) + LOSS.partial([math.inf, -0.0], ROWS[:64])
    for b in [copy.copy(a), copy.deepcopy(a), pickle.loads(pickle.dumps(a)), Partial.from_bytes(a.to_bytes())]:
        assert b.to_bytes() == a.to_bytes() and b.rows == a.rows == [range(264)]
        assert bits(*b.sum_value_and_gradient(LOSS, 264)) == bits(*a.sum_value_and_gradient(LOSS, 264))
        assert repr(b) == '<Partial of "gradient", rows 0 to 263>'


def test_damaged_bytes_are_refused():
    whole = LOSS.partial(P, ROWS[:200]).to_bytes()
    program = LOSS.to_bytes()
    with pytest.raises(ValueError, match="no partial sums of chainrule"):
        Partial.from_bytes(program)
    with pytest.raises(ValueError, match="no program of chainrule"):
        chainrule.Program.from_bytes(whole)
    for kind, valid in [(Partial, whole), (chainrule.Program, program)]:
        kind.from_bytes(valid)
        for length in range(len(valid)):
            with pytest.raises(ValueError, match="bytes: no "):
                kind.from_bytes(valid[:length])
        # Every flipped bit is found, also one within a number.
        for place in range(len(valid)):
            damaged = bytearray(valid)
            damaged[place] ^= 1 << place % 8
            with pytest.raises(ValueError, match="check sum"):
                kind.from_bytes(bytes(damaged))
        for longer in [valid + b"\0", b"\0" + valid, valid + valid]:
            with pytest.raises(ValueError):
                kind.from_bytes(longer)


def test_bytes_with_a_right_check_sum_are_checked_too():
    import binascii

    def sealed(body):
        return body + binascii.crc32(body).to_bytes(4, "little")

    for kind, valid in [(Partial, LOSS.partial(P, ROWS[:200]).to_bytes()), (chainrule.Program, LOSS.to_bytes())]:
        body = valid[:-4]
        assert sealed(body) == valid
        with pytest.raises(ValueError, match="more bytes after it"):
            kind.from_bytes(sealed(body + b"\0"))
        for length in range(len(body)):
            with pytest.raises(ValueError):
                kind.from_bytes(sealed(body[:length]))
        rng = np.random.default_rng(4)
        for _ in range(300):
            damaged = bytearray(body)
            damaged[rng.integers(len(body))] = rng.integers(256)
            try:
                kind.from_bytes(sealed(bytes(damaged)))
            except ValueError:
                pass


def partial_of(program, parameters, rows, first):
    return program.partial(parameters, rows, first)


def test_other_processes():
    ends = [0, 1024, 2048, len(ROWS)]
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        jobs = [pool.submit(partial_of, LOSS, P, ROWS[first:end], first) for first, end in zip(ends, ends[1:])]
        done = [job.result() for job in concurrent.futures.as_completed(jobs)]
    assert bits(*sum(done).sum_value_and_gradient(LOSS, len(ROWS))) == bits(*LOSS.sum_value_and_gradient(P, ROWS))


def test_the_example_of_several_processes():
    script = pathlib.Path(__file__).parents[1] / "examples" / "process_sums.py"
    command = [sys.executable, str(script), "--rows", "1000", "--workers", "3", "--steps", "5"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("3 processes, 1000 rows, 5 steps") and run.stdout.endswith("equal to the last bit\n")
