"""A picture of a graph as text: for people, for Mermaid and for Graphviz."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from remotemedia._graph_svg import as_svg

if TYPE_CHECKING:
    from remotemedia._picture import DrawnNode, Picture

__all__ = ["Form", "render"]


class Form(StrEnum):
    """What a picture is written as."""

    TEXT = "text"
    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"


def render(picture: Picture, form: Form = Form.TEXT) -> str:
    """Return the picture in one of the forms, without a newline at its end."""
    writers = {Form.TEXT: _as_text, Form.MERMAID: _as_mermaid, Form.DOT: _as_dot, Form.SVG: as_svg}
    return writers[form](picture)


def _as_text(picture: Picture) -> str:
    """Return one line a node and one an edge: id, runtime, class with arguments, place; then `a -> b`."""
    width = max((len(node.id) for node in picture.nodes), default=0)
    kinds = max((len(node.runtime) for node in picture.nodes), default=0)
    lines = [f"pipeline {picture.name}", ""]
    for node in picture.nodes:
        arguments = ", ".join(f"{name}={value}" for name, value in node.arguments.items())
        place = "" if node.place is None else f"  @ {node.place}"
        lines.append(f"  {node.id:<{width}}  {node.runtime:<{kinds}}  {node.type}({arguments}){place}")
    if picture.edges:
        lines.append("")
    for edge in picture.edges:
        source = picture.nodes[edge.source].id + ("" if edge.from_port is None else f".{edge.from_port}")
        target = picture.nodes[edge.target].id + ("" if edge.to_port is None else f".{edge.to_port}")
        lines.append(f"  {source} -> {target}")
    if picture.parameters or picture.secrets:
        lines.append("")
    lines += [f"  parameter {name} = {default}" for name, default in picture.parameters.items()]
    lines += [f"  secret {name}" for name in picture.secrets]
    return "\n".join(lines)


def _labels(node: DrawnNode) -> list[str]:
    """Return what stands in a node's box, line by line."""
    place = [] if node.place is None else [node.place]
    return [node.id, f"{node.type} · {node.runtime}", *place]


def _as_mermaid(picture: Picture) -> str:
    lines = ["flowchart LR"]
    for position, node in enumerate(picture.nodes):
        lines.append(f'  n{position}["{"<br>".join(_mermaid(label) for label in _labels(node))}"]')
    for edge in picture.edges:
        label = f'|"{_mermaid(edge.ports)}"|' if edge.ports else ""
        lines.append(f"  n{edge.source} -->{label} n{edge.target}")
    return "\n".join(lines)


def _mermaid(text: str) -> str:
    """Escape by Mermaid's entities: `#` begins one, and backticks would mean Markdown."""
    escaped = text.replace("#", "#35;").replace("&", "#amp;").replace("`", "#96;")
    return escaped.replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")


def _as_dot(picture: Picture) -> str:
    lines = [f"digraph {_dot(picture.name)} {{", "  rankdir=LR;", "  node [shape=box, style=rounded];"]
    for position, node in enumerate(picture.nodes):
        lines.append(f"  n{position} [label={_dot(chr(10).join(_labels(node)))}];")
    for edge in picture.edges:
        label = f" [label={_dot(edge.ports)}]" if edge.ports else ""
        lines.append(f"  n{edge.source} -> n{edge.target}{label};")
    return "\n".join([*lines, "}"])


def _dot(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
