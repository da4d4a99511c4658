"""Where names are bound and looked up, by the rules of Python's reference, section 4.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._values import Unknown, Value

__all__ = ["Scope"]

_NOTHING: frozenset[str] = frozenset()


class Scope:
    """Names of a module, class body, call of a function or comprehension, and of what encloses it.

    Attributes:
        names: what is bound here.
        outer: where names are looked up that are not found here; never a class's body, which no inner code sees.
        kind: what it is the scope of.
        local: the names that are bound here and nowhere else; None for modules and classes, which bind all.
        global_names: those that are declared `global`.
        nonlocal_names: those that are declared `nonlocal`.
        others: why any other name may be defined: a `from … import *` of a module that is not known.
    """

    def __init__(
        self,
        outer: Scope | None = None,
        *,
        kind: Literal["module", "class", "function", "comprehension"] = "module",
        local: frozenset[str] | None = None,
        global_names: frozenset[str] = _NOTHING,
        nonlocal_names: frozenset[str] = _NOTHING,
    ) -> None:
        self.names: dict[str, Value] = {}
        self.outer = outer
        self.kind = kind
        self.local = local
        self.global_names = global_names
        self.nonlocal_names = nonlocal_names
        self.others: Unknown | None = None

    @property
    def module(self) -> Scope:
        """The scope of the module that this one is in."""
        scope = self
        while scope.outer is not None:
            scope = scope.outer
        return scope

    @property
    def visible(self) -> Scope:
        """The innermost scope here that functions see: a class's body is passed over."""
        return self.outer if self.kind == "class" and self.outer is not None else self

    def find(self, name: str) -> Value | None:
        """Return what a name stands for, or None."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            if scope.others is not None:
                return scope.others
            if scope.local is not None and name in scope.local:
                return None
            scope = scope.module if name in scope.global_names and scope.outer is not None else scope.outer
        return None

    def is_unset(self, name: str) -> bool:
        """Return whether a name belongs to a function that has not bound it yet, so that it is no built-in one."""
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            if scope.local is not None and name in scope.local:
                return True
            scope = scope.module if name in scope.global_names and scope.outer is not None else scope.outer
        return False

    def target(self, name: str) -> Scope:
        """Return the scope in which code here binds a name."""
        if name in self.global_names:
            return self.module
        if name in self.nonlocal_names and self.outer is not None:
            return self.outer.holder(name)
        if self.kind == "comprehension" and self.outer is not None and self.local is not None:
            return self if name in self.local else self.outer.target(name)
        return self

    def holder(self, name: str) -> Scope:
        """Return the innermost scope here that has a name, or may have it; the module's where none does."""
        scope = self
        while scope.outer is not None and name not in scope.names and name not in (scope.local or ()):
            scope = scope.outer
        return scope

    def bind(self, name: str, value: Value) -> None:
        """Bind a name as an assignment here does."""
        self.target(name).names[name] = value

    def chain(self) -> Iterator[Scope]:
        """Give this scope and those around it, outwards."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer
