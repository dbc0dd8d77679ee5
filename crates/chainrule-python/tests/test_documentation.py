"""The examples of the documentation run, and the stubs name what there is."""

import doctest
import importlib
import inspect
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

import chainrule
from chainrule import _errors, _jit, _native, engine, nn

HERE = pathlib.Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "python.md"


def documented():
    """Everything with an example: modules, classes and functions, also those written in Rust."""
    found = {}

    def add(name, thing):
        text = inspect.getdoc(thing)
        if text and ">>>" in text:
            found[name] = text

    for module in (chainrule, engine, nn, _jit, _errors, _native):
        add(module.__name__, module)
        for name in getattr(module, "__all__", None) or dir(module):
            thing = getattr(module, name)
            if not callable(thing) or not str(getattr(thing, "__module__", "chainrule")).startswith(("chainrule", "builtins")):
                continue
            add(f"{module.__name__}.{name}", thing)
            if inspect.isclass(thing):
                for member in vars(thing):
                    add(f"{module.__name__}.{name}.{member}", getattr(thing, member))
    return found


@pytest.mark.parametrize("name", sorted(documented()))
def test_examples(name):
    names = {"Value": engine.Value, **{each: getattr(nn, each) for each in nn.__all__}}
    test = doctest.DocTestParser().get_doctest(documented()[name], names, name, None, 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    problems = []
    with np.printoptions(legacy=False):
        runner.run(test, out=problems.append)
    assert runner.failures == 0, "".join(problems)


def test_most_things_have_examples():
    assert len(documented()) > 100


@pytest.mark.skipif(not PAGE.exists(), reason="the page is in the repository, not in the wheel")
def test_the_page():
    text = PAGE.read_text(encoding="utf-8")
    blocks = list(re.finditer(r"```python\n(.*?)```", text, re.DOTALL))
    assert len(blocks) >= 5
    names = {}
    for block in blocks:
        # So that an error names the line of the page.
        lines = "\n" * text[: block.start(1)].count("\n")
        exec(compile(lines + block[1], str(PAGE), "exec"), names)


def test_everything_is_documented():
    for thing in (engine.Value, chainrule.Program, chainrule.Batch, chainrule.Partial, chainrule.retraced):
        assert inspect.getdoc(thing)
        for name, member in vars(thing).items():
            if not name.startswith("_"):
                assert inspect.getdoc(member), f"{thing.__name__}.{name}"


def test_the_stubs_have_every_operation():
    script = HERE.parent / "write_stubs.py"
    run = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_the_package_is_typed():
    assert (pathlib.Path(inspect.getfile(chainrule)).parent / "py.typed").exists()
    assert importlib.import_module("chainrule").__version__
