"""Writes the operations of `Value` into the stubs, from the class itself: run it after the table of operations has changed.

    python write_stubs.py [--check]
"""

import inspect
import pathlib
import sys

from chainrule.engine import Value

STUBS = pathlib.Path(__file__).parent / "python" / "chainrule" / "_native.pyi"
BEGIN, END = "    # Operations, written by write_stubs.py.\n", "    # The end of the operations.\n"

# Methods that are declared by hand, because they are no operations.
BY_HAND = {"backward", "custom", "dot", "dot_product", "explain", "gather", "item", "peek", "svg"}
TYPES = {"xs": "Iterable[Value | float]", "n": "int"}


def declaration(name):
    """The method's declaration in a stub."""
    method = inspect.getattr_static(Value, name)
    parameters = [p for p in inspect.signature(getattr(Value, name)).parameters if p != "self"]
    is_static = isinstance(method, staticmethod)
    lone_number = len(parameters) == 1 and parameters[0] in ("c", "alpha")
    typed = [f"{p}: {TYPES.get(p, 'float' if lone_number else 'Value | float')}" for p in parameters]
    lines = ["    @staticmethod"] if is_static else []
    arguments = ", ".join(typed if is_static else ["self", *typed])
    return "\n".join([*lines, f"    def {name}({arguments}) -> Value: ..."]) + "\n"


def operations():
    """The declarations of all operations."""
    names = [name for name in vars(Value) if not name.startswith("_") and callable(getattr(Value, name))]
    return "".join(declaration(name) for name in sorted(set(names) - BY_HAND))


def written(stubs):
    """The stubs with the operations that there are."""
    before, rest = stubs.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + operations() + END + after


if __name__ == "__main__":
    text = STUBS.read_text(encoding="utf-8")
    if written(text) != text:
        if "--check" in sys.argv:
            sys.exit(f"{STUBS} lacks operations: run {sys.argv[0]}")
        STUBS.write_text(written(text), encoding="utf-8")
