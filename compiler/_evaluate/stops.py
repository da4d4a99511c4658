"""What ends the evaluation of a module before its end."""

__all__ = ["ModuleEndsError"]


class ModuleEndsError(Exception):
    """A statement ends the module's run, such as `raise` outside any condition."""
