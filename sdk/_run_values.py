"""The values of one run in this process: settings of parameters, and secrets.

What `remotemedia run --set … --secret …` does to a package, `Pipeline.run(settings=…, secrets=…)` does to nodes: those
that take such a value are made anew for the run, by the arguments that were captured.
"""

from __future__ import annotations

import difflib
import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NoReturn

from remotemedia._objects import builtin_type
from remotemedia._parameters import replaced
from remotemedia.errors import ManifestError
from remotemedia.node import Node, construct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from remotemedia._parameters import Declarations, Declared

__all__ = ["nodes_of_run"]


def nodes_of_run(
    nodes: Sequence[Node],
    ids: Sequence[str],
    declared: Declarations,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
) -> list[Node]:
    """Return the nodes of a run: the pipeline's own, but new ones where an argument has another value.

    A secret that is not given is the environment's variable of its name.

    Args:
        nodes: the pipeline's.
        ids: theirs, in the same order.
        declared: what the pipeline declares.
        settings: values by parameter, or by `NODE.PARAM` for an argument of one node.
        secrets: values by name.

    Raises:
        ManifestError: RM214, a name is not declared or a secret has no value; RM211, a value is not of its parameter's
            type.
    """
    changed: dict[Declared, Any] = dict(_changed_secrets(declared, secrets))
    arguments: dict[str, dict[str, Any]] = {}
    for name, value in settings.items():
        if name in declared.parameters:
            parameter = declared.parameters[name]
            _check_type(name, parameter.default, value)
            changed[parameter] = value
        else:
            node, argument = _target(name, dict(zip(ids, nodes, strict=True)), declared)
            arguments.setdefault(node, {})[argument] = value
    if not changed and not arguments:
        return list(nodes)
    return [_anew(node, changed, arguments.get(name, {})) for node, name in zip(nodes, ids, strict=True)]


def _anew(node: Node, changed: Mapping[Declared, Any], arguments: Mapping[str, Any]) -> Node:
    """Return the node, or a new one if it, or a node among its arguments, takes what changed."""

    def value_of(part: Any) -> Any:
        if isinstance(part, Node):
            return _anew(part, changed, {})
        return changed.get(part, part) if type(part).__hash__ is not None and part in changed else part

    captured = node._captured  # noqa: SLF001 - captured for this
    new = {name: replaced(value, value_of) for name, value in captured.items()} | dict(arguments)
    same = new.keys() == captured.keys() and all(new[name] is value for name, value in captured.items())
    return node if same else construct(type(node), new)


def _changed_secrets(declared: Declarations, given: Mapping[str, str]) -> Iterable[tuple[Declared, str]]:
    """Give the secrets whose value is another than when the nodes were made."""
    for name in given:
        if name not in declared.secrets:
            _refuse_unknown("secret", name, declared.secrets)
    for name, secret in declared.secrets.items():
        value = given.get(name, os.environ.get(name))
        if value is None:
            raise ManifestError(
                f"expected a value of the secret `{name}`, got none",
                code="RM214",
                hint=f'pass `secrets={{"{name}": …}}`, or set the environment\'s variable of this name',
            )
        if value != secret.value:
            yield secret, value


def _target(name: str, nodes: Mapping[str, Node], declared: Declarations) -> tuple[str, str]:
    """Return node and argument of `NODE.PARAM`; ids may have dots, names of arguments have none."""
    node, dot, argument = name.rpartition(".")
    if not dot or node not in nodes:
        _refuse_unknown("parameter", name, declared.parameters)
    builtin = builtin_type(type(nodes[node]))
    if builtin is not None and builtin.parameter(argument) is None:
        _refuse_unknown("parameter", name, [f"{node}.{each.name}" for each in builtin.parameters])
    return node, argument


def _refuse_unknown(what: str, name: str, known: Iterable[str]) -> NoReturn:
    listed = list(known)
    close = difflib.get_close_matches(name, listed, 1)
    raise ManifestError(
        f"expected a declared {what} ({', '.join(f'`{each}`' for each in listed) or 'none'}), got `{name}`",
        code="RM214",
        hint=f"did you mean `{close[0]}`?" if close else "a node's own argument is named `NODE.PARAM`",
    )


def _check_type(name: str, default: Any, value: Any) -> None:
    """Refuse a value that is not of the default's type, as the manifest's verdict does (RM211)."""
    for kinds, expected in _TYPES:
        if isinstance(default, kinds):
            fits = isinstance(value, kinds) and (isinstance(value, bool) == isinstance(default, bool))
            if isinstance(default, float):
                fits = isinstance(value, (int, float)) and not isinstance(value, bool)
            if fits:
                return
            raise ManifestError(
                f"expected {expected} for parameter `{name}`, got `{value!r:.80}`",
                code="RM211",
                hint=f"as `{default!r:.80}` is",
            )


_TYPES: tuple[tuple[Any, str], ...] = (
    (bool, "`True` or `False`"),
    (int, "an integer"),
    (float, "a number"),
    ((str, PurePath), "a string or path"),
    ((list, tuple), "a list"),
    (dict, "a dict"),
)
