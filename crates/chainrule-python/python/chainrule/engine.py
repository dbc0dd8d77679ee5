"""micrograd's engine: the class ``Value``."""

from chainrule._native import Value

__all__ = ["Value"]
