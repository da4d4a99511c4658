"""`match` on known values; where it is not known whether a pattern fits, all cases are passed over."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia.compiler._evaluate.instances import tuple_of
from remotemedia.compiler._evaluate.kinds import is_of
from remotemedia.compiler._evaluate.lifting import identity
from remotemedia.compiler._evaluate.names import attribute_of
from remotemedia.compiler._evaluate.operators import truth
from remotemedia.compiler._evaluate.passing import lend, pass_over
from remotemedia.compiler._evaluate.signatures import option_of, signature_of
from remotemedia.compiler._values import (
    Builtin,
    FilePath,
    Instance,
    Items,
    Known,
    Member,
    NotPlainError,
    ProjectClass,
    Table,
    Unknown,
    Value,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["match"]

_SELF_MATCHING: Final = frozenset({
    "bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple",
})  # fmt: skip
"""Built-in classes whose one pattern by position is for the whole object."""


def match(ev: Evaluator, node: cst.Match) -> Iterator[Value]:
    """Execute `match`."""
    subject = ev.evaluate(node.subject)
    try:
        for case in node.cases:
            names: dict[str, Value] = {}
            if not _fits(ev, case.pattern, subject, names):
                continue
            for name, value in names.items():
                ev.scope.bind(name, value)
            if case.guard is None or _guard(ev, case.guard):
                yield from ev.flow([case.body])
                return
    except NotPlainError as error:
        why = ev.opaque(node.subject, error.value)
    else:
        return
    lend(ev, subject, node.subject, to="a `match` statement")
    what = f"a `match` statement that depends on {why.because}"
    pass_over(ev, node, what=what, evaluated=node.subject, why=why)


def _guard(ev: Evaluator, test: cst.BaseExpression) -> bool:
    value = ev.evaluate(test)
    known = truth(value)
    if known is None:
        raise NotPlainError(ev.opaque(test, value))
    return known


def _fits(  # noqa: PLR0911 - one a kind of pattern
    ev: Evaluator, pattern: cst.MatchPattern, subject: Value, names: dict[str, Value]
) -> bool:
    """Return whether a pattern fits; the names that it binds are put among `names`.

    Raises:
        NotPlainError: that is not known.
    """
    ev.step(ev.source, pattern)
    match pattern:
        case cst.MatchAs():
            if pattern.pattern is not None and not _fits(ev, pattern.pattern, subject, names):
                return False
            if pattern.name is not None:
                names[pattern.name.value] = subject
            return True
        case cst.MatchOr():
            return any(_fits(ev, part.pattern, subject, names) for part in pattern.patterns)
        case cst.MatchValue():
            return _equal(subject, ev.evaluate(pattern.value))
        case cst.MatchSingleton():
            return isinstance(_decided(ev, pattern, subject), Known) and plain(subject) is plain(
                ev.evaluate(pattern.value)
            )
        case cst.MatchList() | cst.MatchTuple():
            return _fits_sequence(ev, pattern, subject, names)
        case cst.MatchMapping():
            return _fits_mapping(ev, pattern, subject, names)
        case cst.MatchClass():
            return _fits_class(ev, pattern, subject, names)
    raise NotPlainError(ev.opaque(pattern))


def _fits_sequence(
    ev: Evaluator, pattern: cst.MatchList | cst.MatchTuple, subject: Value, names: dict[str, Value]
) -> bool:
    subject = tuple_of(subject)
    if isinstance(subject, (Known, FilePath, Instance, Table, Member)):
        return False
    if not isinstance(subject, Items) or subject.lost is not None:
        raise NotPlainError(ev.opaque(pattern, subject))
    if subject.kind not in {"list", "tuple", "deque"}:
        return False
    parts = list(pattern.patterns)
    stars = [at for at, part in enumerate(parts) if isinstance(part, cst.MatchStar)]
    if len(subject.items) < len(parts) - len(stars) or (not stars and len(subject.items) != len(parts)):
        return False
    head = stars[0] if stars else len(parts)
    tail = len(parts) - head - 1 if stars else 0
    end = len(subject.items) - tail
    for part, item in zip(parts[:head] + parts[head + 1 :], subject.items[:head] + subject.items[end:], strict=True):
        if not isinstance(part, cst.MatchSequenceElement) or not _fits(ev, part.value, item, names):
            return False
    star = parts[head] if stars else None
    if isinstance(star, cst.MatchStar) and star.name is not None:
        names[star.name.value] = Items("list", subject.items[head:end])
    return True


def _fits_mapping(ev: Evaluator, pattern: cst.MatchMapping, subject: Value, names: dict[str, Value]) -> bool:
    if isinstance(subject, (Known, FilePath, Instance, Items, Member)):
        return False
    if not isinstance(subject, Table) or subject.lost is not None:
        raise NotPlainError(ev.opaque(pattern, subject))
    seen: list[Any] = []
    for element in pattern.elements:
        key = identity(ev.evaluate(element.key))
        if key not in subject.entries or not _fits(ev, element.pattern, subject.entries[key], names):
            return False
        seen.append(key)
    if pattern.rest is not None:
        names[pattern.rest.value] = Table({key: item for key, item in subject.entries.items() if key not in seen})
    return True


def _fits_class(ev: Evaluator, pattern: cst.MatchClass, subject: Value, names: dict[str, Value]) -> bool:
    cls = ev.evaluate(pattern.cls)
    if isinstance(subject, Unknown) or getattr(subject, "lost", None) is not None:
        raise NotPlainError(ev.opaque(pattern, subject))
    is_one = is_of(subject, cls)
    if is_one is None:
        raise NotPlainError(ev.opaque(pattern, cls, subject))
    if not is_one:
        return False
    positions = [part.value for part in pattern.patterns]
    if isinstance(cls, Builtin) and cls.name in _SELF_MATCHING and len(positions) <= 1 and not pattern.kwds:
        return all(_fits(ev, part, subject, names) for part in positions)
    listed = _match_args(cls) if positions else []
    if not isinstance(subject, Instance) or listed is None or len(positions) > len(listed):
        raise NotPlainError(ev.opaque(pattern, subject))
    parts = [*zip(listed, positions, strict=False), *((part.key.value, part.pattern) for part in pattern.kwds)]
    return all(_fits(ev, part, attribute_of(ev, subject, name, pattern), names) for name, part in parts)


def _match_args(cls: Value) -> list[str] | None:
    """Return the attributes that patterns by position stand for, as `__match_args__` or a dataclass has them."""
    if not isinstance(cls, ProjectClass):
        return None
    own = cls.find("__match_args__")
    if isinstance(own, Items):
        found = plain(own)
        return [name for name in found if isinstance(name, str)]
    signature = signature_of(cls) if cls.is_dataclass or cls.is_tuple else None
    if own is not None or not isinstance(signature, inspect.Signature) or option_of(cls, "match_args") is False:
        return None
    by_position = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return [name for name, parameter in signature.parameters.items() if parameter.kind == by_position]


def _equal(subject: Value, value: Value) -> bool:
    if isinstance(subject, Member) and isinstance(value, Member):
        return subject is value
    return bool(plain(subject) == plain(value))


def _decided(ev: Evaluator, pattern: cst.CSTNode, subject: Value) -> Value:
    """Return a value of which it is known whether it is None, True or False."""
    if isinstance(subject, (Known, Items, Table, FilePath, Instance, Member)):
        return subject
    raise NotPlainError(ev.opaque(pattern, subject))
