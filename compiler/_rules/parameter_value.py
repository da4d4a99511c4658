"""RM117: an argument of a built-in node is outside its type, range or choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from remotemedia.compiler._rules._rule import Finding, Graph, Rule
from remotemedia.schemas.modules import programs_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from remotemedia.schemas.tables import Parameter

__all__ = ["RULE", "allows"]


def _check(graph: Graph) -> Iterator[Finding]:
    declared = graph.manifest.get("parameters", {})
    for stated in graph.stated:
        node, builtin = stated.node, stated.builtin
        for name, value in stated.params.items():
            parameter = builtin.parameter(name) if builtin is not None else None
            if parameter is None or allows(parameter, value, declared):
                continue
            judged = _judged(value, declared)
            yield Finding(
                f"argument `{name}` of `{node.cls.name}` is not what it takes",
                node.places[name],
                f"expected {_expected(parameter)}, got {_described(judged)}",
                notes=() if judged is value else (f"it is the default of the parameter `{value['$param']}`",),
                help=f"`{name}`: {parameter.summary}",
            )


def allows(parameter: Parameter, value: Any, declared: Mapping[str, Any]) -> bool:
    """Return whether the table allows a value of a manifest: the same verdict as that of the engine (RM211).

    Args:
        parameter: of a built-in node.
        value: as the manifest states it.
        declared: the manifest's `parameters`; one that is referred to is judged by its default.
    """
    judged = _judged(value, declared)
    if judged is None and parameter.nullable:
        return True
    allowed = _ALLOWED[parameter.type](judged, declared)
    if parameter.type in {"int", "float"}:
        least, most = parameter.minimum, parameter.maximum
        return allowed and (least is None or judged >= least) and (most is None or judged <= most)
    return allowed and (not parameter.choices or judged in parameter.choices)


def _is_int(value: Any, _: Mapping[str, Any]) -> bool:
    return type(value) is int


def _is_number(value: Any, _: Mapping[str, Any]) -> bool:
    return type(value) in {int, float}


def _is_bool(value: Any, _: Mapping[str, Any]) -> bool:
    return type(value) is bool


def _is_text(value: Any, _: Mapping[str, Any]) -> bool:
    return isinstance(value, str) or _refers(value, "$secret")


def _is_file(value: Any, _: Mapping[str, Any]) -> bool:
    return _refers(value, "$file") or (isinstance(value, str) and value.startswith("/"))


def _is_model(value: Any, _: Mapping[str, Any]) -> bool:
    return _refers(value, "$file")


def _is_programs(value: Any, _: Mapping[str, Any]) -> bool:
    return bool(programs_in(value))


def _is_map(value: Any, _: Mapping[str, Any]) -> bool:
    return isinstance(value, dict) and not any(key.startswith("$") and not key.startswith("$$") for key in value)


def _is_map_of_texts(value: Any, declared: Mapping[str, Any]) -> bool:
    return _is_map(value, declared) and all(_is_text(_judged(item, declared), declared) for item in value.values())


def _is_anything(_value: Any, _declared: Mapping[str, Any]) -> bool:
    return True


_ALLOWED: Final[dict[str, Callable[[Any, Mapping[str, Any]], bool]]] = {
    "int": _is_int,
    "float": _is_number,
    "bool": _is_bool,
    "str": _is_text,
    "file": _is_file,
    "model": _is_model,
    "map[str]": _is_map_of_texts,
    "map[program]": _is_programs,
    "map[json]": _is_map,
    "json": _is_anything,
}

_NAMES: Final = {
    "int": "an integer",
    "float": "a number",
    "bool": "`True` or `False`",
    "str": "a string",
    "file": "a file of the project",
    "model": "a model of the project",
    "map[str]": "a dict of strings",
    "map[program]": "a dict of files of the project by platform, such as `linux/amd64`",
    "map[json]": "a dict",
    "json": "a value",
}


def _judged(value: Any, declared: Mapping[str, Any]) -> Any:
    if _refers(value, "$param") and value["$param"] in declared:
        return declared[value["$param"]]["default"]
    return value


def _refers(value: Any, key: str) -> bool:
    return isinstance(value, dict) and value.keys() == {key}


def _expected(parameter: Parameter) -> str:
    text = _NAMES[parameter.type]
    if parameter.choices:
        text = "one of " + ", ".join(f"`{choice!r}`" for choice in parameter.choices)
    match parameter.minimum, parameter.maximum:
        case None, None:
            pass
        case None, most:
            text += f" of at most {most:g}"
        case least, None:
            text += f" of at least {least:g}"
        case least, most:
            text += f" from {least:.10g} to {most:.10g}"
    return f"{text} or `None`" if parameter.nullable else text


def _described(value: Any) -> str:
    if isinstance(value, dict) and len(value) == 1 and (key := next(iter(value))) in {"$file", "$secret", "$ref"}:
        return {"$file": f"the file `{value[key]}`", "$secret": "a secret", "$ref": "an array"}[key]
    shown = repr(value)
    return f"`{shown}`" if len(shown) <= _SHOWN else f"a {type(value).__name__}"


_SHOWN: Final = 40

RULE: Final = Rule(
    "RM117",
    "error",
    "The table of built-in nodes says for each parameter which type it has, and between which bounds or among which "
    "choices it lies. The engine refuses a manifest that does not keep to it.",
    bad="""\
from remotemedia import AudioResampleNode, Pipeline

p = Pipeline("speech")
p.add(AudioResampleNode(target_sample_rate="8000", quality="best"))
""",
    good="""\
from remotemedia import AudioResampleNode, Pipeline

p = Pipeline("speech")
p.add(AudioResampleNode(target_sample_rate=8000, quality="high"))
""",
    check=_check,
)
