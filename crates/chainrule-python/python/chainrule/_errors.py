"""Exceptions of chainrule."""

from __future__ import annotations


class BranchError(ValueError):
    """A program was evaluated at a point where the traced function takes a different branch.

    ``file`` and ``line`` are the comparison's place, ``comparison`` is the comparison with the numbers at this point, and
    ``row`` is the row of the data, counted from 0, or ``None`` at a single point.

    >>> import chainrule
    >>> f = chainrule.trace(lambda x: -x[0] if x[0] < 0 else x[0], 1)
    >>> try:
    ...     f.value([-2.0])
    ... except chainrule.BranchError as error:
    ...     error.comparison
    '-2.0 < 0.0'
    """

    __module__ = "chainrule"

    def __init__(self, message: str, file: str, line: int, comparison: str, row: int | None = None) -> None:
        super().__init__(message)
        self.file = file
        self.line = line
        self.comparison = comparison
        self.row = row

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.args[0], self.file, self.line, self.comparison, self.row)
