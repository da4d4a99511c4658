"""Whether a package says one thing: its files, its configuration, and the pipeline's manifest that this follows from.

check_layers(manifest)                       # before any layer moves
check_configuration(config, stated)          # of `manifest.json`

The engine checks the same before it runs one (`rust_exec/package`: `oci.rs`, `config.rs`), by the same codes. What is
shown and asked about before that is read from the configuration, which therefore must not lie.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn

from remotemedia.errors import PackageError
from remotemedia.packager import wanted_grants
from remotemedia.registry import media_types
from remotemedia.trust import strict_json

if TYPE_CHECKING:
    from remotemedia.registry import Manifest

__all__ = ["check_configuration", "check_layers"]

_LONGEST_TITLE: Final = 1024
_MANIFEST: Final = "manifest.json"
_DATA: Final = re.compile(r"data/([0-9a-f]{64})\.npy", re.ASCII)
_PLACES: Final = {
    "modules": media_types.PACKAGE_MODULE,
    "data": media_types.PACKAGE_DATA,
    "models": media_types.PACKAGE_MODEL,
    "wheels": media_types.PACKAGE_WHEEL,
    "meta": media_types.PACKAGE_META,
}
# `schemas.manifest.RuntimeKind`, which takes long to import.
_RUNTIMES: Final = frozenset({"native", "onnx", "wasm", "python-wasm", "rustpython", "program", "python", "pipeline"})
_TEXTS: Final = ("name", "version")
_LISTS: Final = ("runtimes", "grants", "requires")
_FIELDS: Final = frozenset({"schemaVersion", *_TEXTS, *_LISTS, "nodes"})
_NODE_FIELDS: Final = frozenset({"id", "node_type", "runtime"})


def check_layers(manifest: Manifest) -> None:
    """Check what the artifact's manifest says of the package's files.

    Raises:
        PackageError: RM301, the configuration or a file is none of a package; RM304, a path is unsafe or stands twice;
            RM303, an array is not named by its digest.
    """
    _expect("media type of the configuration", media_types.PACKAGE_CONFIG, manifest.config.media_type)
    seen = set()
    for layer in manifest.layers:
        title = layer.title
        if title is None:
            raise _foreign(f"expected a path in `{media_types.TITLE}` of every layer, got none")
        if not _is_path(title):
            raise PackageError(f"expected relative paths of layers, got {strict_json.shown(title)}", code="RM304")
        _expect(f"media type of `{title}`", _media_type(title), layer.media_type)
        array = _DATA.fullmatch(title)
        if array is not None and layer.digest != f"sha256:{array[1]}":
            raise _contradiction(f"expected the array `{title}` to be named by its digest, got another")
        if title in seen:
            raise PackageError(f"expected every path once, got `{title}` twice", code="RM304")
        seen.add(title)


def check_configuration(config: Mapping[str, Any], stated: Mapping[str, Any]) -> None:
    """Check that a package's configuration says what follows from its pipeline's manifest.

    Raises:
        PackageError: RM301, it is no configuration of a package; RM303, it says something else.
    """
    _check_form(config)
    nodes = _nodes_of(stated)
    _same("name", config["name"], _field(stated.get("metadata"), "name"))
    _same("requires", config["requires"], stated.get("requires", []))
    _same("number of nodes", len(config["nodes"]), len(nodes))
    for own, node in zip(config["nodes"], nodes, strict=True):
        _same("id", own["id"], node.get("id"))
        _same(f"node type of `{own['id']}`", own["node_type"], node.get("node_type"))
        if (asked := node.get("runtime")) is not None:
            _same(f"runtime of `{own['id']}`", own["runtime"], asked)
    runtimes = {own["id"]: own["runtime"] for own in config["nodes"]}
    _same("runtimes", sorted(set(config["runtimes"])), sorted(set(runtimes.values())))
    # It may show more than is wanted; what is wanted must not be hidden.
    for grant in wanted_grants(stated, runtimes):
        if grant not in config["grants"]:
            raise _contradiction(f"expected the grant {strict_json.shown(grant)} in the configuration, got none")


def _is_path(title: str) -> bool:
    """Return whether it is a relative path that leads nowhere else, on any system."""
    if len(title.encode(errors="surrogatepass")) > _LONGEST_TITLE or "\\" in title:
        return False
    return not any(unicodedata.category(it) == "Cc" for it in title) and not {"", ".", ".."} & set(title.split("/"))


def _media_type(title: str) -> str:
    if title == _MANIFEST:
        return media_types.PACKAGE_MANIFEST
    place, _, name = title.partition("/")
    is_flat = place != "wheels" or "/" not in name
    is_array = place != "data" or _DATA.fullmatch(title) is not None
    if not name or place not in _PLACES or not is_flat or not is_array:
        expected = "`manifest.json`, `data/<sha256>.npy` or a path below `modules`, `models`, `wheels` or `meta`"
        raise _foreign(f"expected {expected}, got `{title}`")
    return _PLACES[place]


def _check_form(config: Mapping[str, Any]) -> None:
    version = config.get("schemaVersion")
    if type(version) is not int or version != 1:
        raise _foreign(f"expected a package configuration of version 1, got {strict_json.shown(version)}")
    is_known = config.keys() == _FIELDS
    if not is_known or not all(isinstance(config[it], str) for it in _TEXTS):
        raise _foreign("expected a package configuration, got a document with other fields")
    if not all(_is_texts(config[it]) for it in _LISTS) or not set(config["runtimes"]) <= _RUNTIMES:
        raise _foreign("expected lists of texts, and runtimes that exist, in the package configuration")
    if not isinstance(config["nodes"], list) or not all(_is_node(it) for it in config["nodes"]):
        raise _foreign("expected nodes with `id`, `node_type` and a runtime that exists in the package configuration")


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(it, str) for it in value)


def _is_node(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != _NODE_FIELDS:
        return False
    return all(isinstance(it, str) for it in value.values()) and value["runtime"] in _RUNTIMES


def _nodes_of(stated: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the nodes of a manifest whose fields that matter here have the types that they should."""
    nodes = stated.get("nodes")
    if not isinstance(nodes, list) or not all(isinstance(it, dict) for it in nodes):
        _refuse(stated)
    if not all(_is_texts(it.get("grants", [])) for it in nodes):
        _refuse(stated)
    return nodes


def _refuse(stated: Mapping[str, Any]) -> NoReturn:
    """Refuse a manifest that is none, as the engine words it."""
    from remotemedia.runtime._verdict import check_manifest  # noqa: PLC0415 - the engine is seldom asked

    check_manifest(stated)
    raise _contradiction("expected nodes of a pipeline in `manifest.json`, got something else")


def _field(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _same(what: str, config: object, manifest: object) -> None:
    if config != manifest:
        wanted, got = strict_json.shown(manifest), strict_json.shown(config)
        raise _contradiction(f"expected {what} {wanted} of the manifest in the configuration, got {got}")


def _expect(what: str, expected: str, got: str) -> None:
    if got != expected:
        raise _foreign(f"expected {what} `{expected}`, got {strict_json.shown(got)}")


def _foreign(message: str) -> PackageError:
    return PackageError(message, code="RM301")


def _contradiction(message: str) -> PackageError:
    return PackageError(message, code="RM303", hint="it was built to mislead, or by a program that is at fault")
