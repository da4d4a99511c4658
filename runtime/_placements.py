"""What `meta/runtime.json` says of where nodes run: `check_placements(document, config, stated)`.

The engine does not read that document, but people decide by it: it is compared here with what the engine does read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeGuard

from remotemedia.errors import PackageError
from remotemedia.trust import strict_json

__all__ = ["KINDS", "PLACEMENTS", "check_placements"]

PLACEMENTS: Final = "meta/runtime.json"
"""The document: what runs a package does without it, who decides about one does not."""
KINDS: Final = ("native", "onnx", "wasm", "python-wasm", "rustpython", "program", "python", "pipeline")
"""Every runtime."""

_SAME: Final = ("id", "node_type", "runtime")
_GRANTED: Final = frozenset({"program", "python"})  # the runtimes that take a grant of their own name
_LISTS: Final = ("others", "needs", "lacks", "grants")


def check_placements(document: Mapping[str, Any], config: Mapping[str, Any], stated: Mapping[str, Any]) -> None:
    """Check that its rows are those of the nodes, in a form that can be shown, and hide nothing that a node wants.

    Args:
        document: `meta/runtime.json`.
        config: the package's configuration, which the engine has checked.
        stated: the pipeline's manifest, likewise.

    Raises:
        PackageError: RM303.
    """
    rows = document.get("nodes")
    if not _are_objects(rows) or not all(_is_placement(row) for row in rows):
        raise _refused("expected `meta/runtime.json` to say where each node runs, it does not")
    nodes = config["nodes"]
    if len(rows) != len(nodes):
        raise _refused(f"expected the {len(nodes)} nodes of the configuration in `meta/runtime.json`, got {len(rows)}")
    for row, node, asked in zip(rows, nodes, stated["nodes"], strict=True):
        for name in _SAME:
            if row[name] != node[name]:
                expected, got = strict_json.shown(node[name]), strict_json.shown(row[name])
                raise _refused(f"expected the {name} {expected} of the configuration in `meta/runtime.json`, got {got}")
        wanted = {*asked.get("grants", ()), *({node["runtime"]} & _GRANTED)}
        for grant in sorted(wanted.difference(row["grants"])):
            raise _refused(f"expected the grant `{grant}` of node `{row['id']}` in `meta/runtime.json`, got none")


def _are_objects(value: object) -> TypeGuard[list[dict[str, Any]]]:
    return isinstance(value, list) and all(isinstance(it, dict) for it in value)


def _is_placement(row: Mapping[str, Any]) -> bool:
    """Whether it has what people are shown, in characters that do a terminal no harm."""
    lists, modules = [row.get(name) for name in _LISTS], row.get("modules", [])
    if not all(isinstance(it, list) for it in lists) or not _are_objects(modules):
        return False
    texts = [*(row.get(name) for name in (*_SAME, "why")), *(it for values in lists for it in values or ())]
    texts += [text for it in modules for text in (it.get("kind"), it.get("file"), it.get("platform", ""))]
    return all(isinstance(it, str) and it.isprintable() for it in texts) and set(row["others"]) <= set(KINDS)


def _refused(message: str) -> PackageError:
    return PackageError(message, code="RM303")
