"""A picture of a graph as SVG: layers from left to right, self-contained, without script or style of others.

The layout is the usual layered one (Sugiyama, Tagawa and Toda, 1981): longest paths give the layers, edges that pass a
layer get a place in it, and a few sweeps by the mean place of neighbours untangle them.
"""

from __future__ import annotations

import html
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remotemedia._picture import DrawnEdge, DrawnNode, Picture

__all__ = ["as_svg"]

_WIDTH: Final = 220
_LINE: Final = 17
_GAP_X: Final = 60
_GAP_Y: Final = 22
_MARGIN: Final = 20
_SWEEPS: Final = 4
_MAX_TEXT: Final = 32
_MAX_PASSES: Final = 20_000  # places of passing edges; beyond, long edges are drawn straight
_COLOURS: Final = {"native": "#dcefe2", "onnx": "#e6e0f5", "python": "#fdf0d5"}
_OTHER: Final = "#e3ecf7"


_TIP: Final = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>'
)


class _Layout(NamedTuple):
    """Layers of keys: a node's position, or (edge, layer) where an edge passes."""

    layers: list[list[object]]
    paths: list[list[object]]


class _Place(NamedTuple):
    x: float
    y: float
    height: float


def as_svg(picture: Picture) -> str:
    """Return the picture as an SVG document."""
    layout = _layout(len(picture.nodes), picture.edges)
    places = _places(layout, picture.nodes)
    right = max((place.x + _WIDTH for place in places.values()), default=0.0) + _MARGIN
    bottom = max((place.y + place.height for place in places.values()), default=0.0) + _MARGIN
    size = f'width="{right:.0f}" height="{bottom:.0f}" viewBox="0 0 {right:.0f} {bottom:.0f}"'
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        f"<title>{html.escape(picture.name)}</title>",
        _TIP,
        f'<rect width="{right:.0f}" height="{bottom:.0f}" fill="#fff"/>',
    ]
    for edge, path in zip(picture.edges, layout.paths, strict=True):
        body += _edge(edge, [places[key] for key in path])
    for position, node in enumerate(picture.nodes):
        body += _box(node, places[position])
    return "\n".join([*body, "</svg>"])


def _layout(nodes: int, edges: list[DrawnEdge]) -> _Layout:
    depth = _depths(nodes, edges)
    layers: list[list[object]] = [[] for _ in range(max(depth, default=-1) + 1)]
    for position, layer in enumerate(depth):
        layers[layer].append(position)
    passes = sum(max(depth[edge.target] - depth[edge.source] - 1, 0) for edge in edges)
    paths: list[list[object]] = []
    for number, edge in enumerate(edges):
        between = range(depth[edge.source] + 1, depth[edge.target]) if passes <= _MAX_PASSES else range(0)
        passing: list[object] = [(number, layer) for layer in between]
        for layer, key in zip(between, passing, strict=True):
            layers[layer].append(key)
        paths.append([edge.source, *passing, edge.target])
    _untangle(layers, paths)
    return _Layout(layers, paths)


def _depths(nodes: int, edges: list[DrawnEdge]) -> list[int]:
    """Return the length of the longest path to each node; nodes of a cycle stay where they are reached first."""
    outgoing: list[list[int]] = [[] for _ in range(nodes)]
    waiting = [0] * nodes
    for edge in edges:
        outgoing[edge.source].append(edge.target)
        waiting[edge.target] += 1
    depth = [0] * nodes
    ready = [node for node in range(nodes) if not waiting[node]]
    for node in ready:
        for target in outgoing[node]:
            depth[target] = max(depth[target], depth[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return depth


def _untangle(layers: list[list[object]], paths: list[list[object]]) -> None:
    before: dict[object, list[object]] = {}
    behind: dict[object, list[object]] = {}
    for path in paths:
        for one, other in pairwise(path):
            behind.setdefault(one, []).append(other)
            before.setdefault(other, []).append(one)
    for sweep in range(_SWEEPS):
        neighbours, order = (before, layers) if sweep % 2 == 0 else (behind, layers[::-1])
        row: dict[object, float] = {}
        for layer in order:
            own = {key: float(place) for place, key in enumerate(layer)}
            layer.sort(key=lambda key: _mean((row[it] for it in neighbours.get(key, ()) if it in row), own[key]))
            row |= {key: float(place) for place, key in enumerate(layer)}


def _mean(values: Iterable[float], default: float) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else default


def _places(layout: _Layout, nodes: list[DrawnNode]) -> dict[object, _Place]:
    """Return where each key stands; each layer is centred."""
    heights = {key: _height(nodes[key]) if isinstance(key, int) else 0.0 for layer in layout.layers for key in layer}
    totals = [sum(heights[key] + _GAP_Y for key in layer) - _GAP_Y for layer in layout.layers]
    tallest = max(totals, default=0.0)
    places: dict[object, _Place] = {}
    for column, (layer, total) in enumerate(zip(layout.layers, totals, strict=True)):
        y = _MARGIN + (tallest - total) / 2
        for key in layer:
            places[key] = _Place(_MARGIN + column * (_WIDTH + _GAP_X), y, heights[key])
            y += heights[key] + _GAP_Y
    return places


def _lines(node: DrawnNode) -> list[str]:
    place = [] if node.place is None else [f"@ {node.place}"]
    return [node.id, f"{node.type} · {node.runtime}", *place]


def _height(node: DrawnNode) -> float:
    return len(_lines(node)) * _LINE + 14


def _box(node: DrawnNode, place: _Place) -> list[str]:
    colour = _COLOURS.get(node.runtime, _OTHER)
    dashes = "" if node.place is None else ' stroke-dasharray="5 3"'
    arguments = "\n".join(f"{name} = {value}" for name, value in node.arguments.items())
    where = f'x="{place.x:.1f}" y="{place.y:.1f}" width="{_WIDTH}" height="{place.height:.1f}"'
    drawn = [
        "<g>",
        f"<title>{html.escape(f'{node.id}{chr(10)}{arguments}')}</title>",
        f'<rect {where} rx="6" fill="{colour}" stroke="#555"{dashes}/>',
    ]
    for number, line in enumerate(_lines(node)):
        weight = ' font-weight="bold"' if number == 0 else ' fill="#444" font-size="11"'
        y = place.y + 7 + _LINE * (number + 0.75)
        drawn.append(f'<text x="{place.x + 10:.1f}" y="{y:.1f}"{weight}>{html.escape(_short(line))}</text>')
    return [*drawn, "</g>"]


def _edge(edge: DrawnEdge, path: list[_Place]) -> list[str]:
    """Draw an edge from the right side of one box to the left side of another, through where it passes between."""
    first, last = path[0], path[-1]
    x, y = first.x + _WIDTH, first.y + first.height / 2
    steps = [f"M{x:.1f} {y:.1f}"]
    for place in path[1:]:
        to_x, to_y = place.x, place.y + place.height / 2
        middle = (x + to_x) / 2
        steps.append(f"C{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}")
        x, y = to_x, to_y
        if place is not last:
            x += _WIDTH
            steps.append(f"L{x:.1f} {y:.1f}")
    drawn = [f'<path d="{"".join(steps)}" fill="none" stroke="#555" marker-end="url(#tip)"/>']
    if edge.ports:
        label_x, label_y = last.x - 6, last.y + last.height / 2 - 5
        drawn.append(
            f'<text x="{label_x:.1f}" y="{label_y:.1f}" text-anchor="end" font-size="9" fill="#555">'
            f"{html.escape(_short(edge.ports))}</text>"
        )
    return drawn


def _short(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"
