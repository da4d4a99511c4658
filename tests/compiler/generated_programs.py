"""Programs that build pipelines, made up by hypothesis: valid Python, deterministic, within what the compiler follows.

`programs()` is a strategy of source texts. Every value they compute is small, so that running them takes no time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import indent
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["programs"]

_HEAD: Final = """\
import math
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from remotemedia import AudioMixNode, AudioResampleNode, Node, Pipeline

class Keep(Node):
    def __init__(self, value=None, *rest, flag=False, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value

class Child(Keep):
    RATE = 8000

    def __init__(self, first, second=2, **kw):
        super().__init__(first, **kw)

@dataclass
class Options:
    level: int = 1
    tags: list = field(default_factory=list)

    def louder(self):
        return self.level * 2 + len(self.tags)

class Mode(Enum):
    FAST = "fast"
    SLOW = "slow"

def scaled(number, by=2, *more, offset=0):
    if number > 50:
        return number % 50 + offset
    return number * by + offset + len(more)

def labels(count, prefix="n"):
    for index in range(count):
        if index == 2:
            continue
        yield f"{prefix}{index}"

def node_of(kind, value, **kw):
    if kind == "keep":
        return Keep(value, **kw)
    elif kind == "child":
        return Child(value, second=value, **kw)
    return AudioMixNode()

"""


@dataclass
class _Scope:
    """What a program has at one point; names by the type of their values."""

    draw: Callable[[st.SearchStrategy[object]], object]
    names: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in ("int", "str", "list", "node")})
    count: int = 0
    depth: int = 0

    def pick(self, *options: str) -> str:
        return str(self.draw(st.sampled_from(options)))

    def number(self, low: int, high: int) -> int:
        return int(str(self.draw(st.integers(low, high))))

    def new(self, stem: str) -> str:
        self.count += 1
        return f"{stem}_{self.count}"

    def inner(self) -> _Scope:
        """Return the scope of a block: its new names are not known outside, where it may not have run."""
        names = {kind: list(known) for kind, known in self.names.items()} | {"node": []}
        return _Scope(self.draw, names, self.count, self.depth + 1)


def _int(at: _Scope, level: int = 0) -> str:  # noqa: PLR0911 - one a kind of expression
    kinds = ["literal", "name"] if level > 2 else ["literal", "name", "sum", "call", "len", "choice", "item", "method"]
    match at.pick(*kinds):
        case "name" if at.names["int"]:
            return at.pick(*at.names["int"])
        case "sum":
            return f"({_int(at, level + 1)} {at.pick('+', '-', '*', '%')} {at.number(1, 9)}) % 97"
        case "call":
            return at.pick(
                f"scaled({_int(at, level + 1)}, offset={at.number(0, 5)})",
                f"scaled({_int(at, level + 1)}, *{_list(at, level + 1)})",
                f"scaled(**{{'number': {_int(at, level + 1)}, 'by': 3}})",
                f"Options({at.number(0, 9)}, tags={_list(at, level + 1)}).louder()",
                f"(lambda a, b=2: a + b)({_int(at, level + 1)})",
                f"math.floor({at.number(0, 9)} / 2)",
                f"sum({_list(at, level + 1)})",
                f"max({_int(at, level + 1)}, {at.number(0, 9)})",
            )
        case "len":
            return f"len({at.pick(_list(at, level + 1), _str(at, level + 1))})"
        case "choice":
            return f"({_int(at, level + 1)} if {_bool(at, level + 1)} else {at.number(0, 9)})"
        case "item":
            return f"{{'a': {_int(at, level + 1)}, 'b': 2}}[{at.pick(repr('a'), repr('b'))}]"
        case "method":
            return f"{_str(at, level + 1)}.count('n')"
    return str(at.number(0, 99))


def _str(at: _Scope, level: int = 0) -> str:  # noqa: PLR0911 - one a kind of expression
    kinds = ["literal", "name"] if level > 2 else ["literal", "name", "formatted", "method", "slice", "join", "enum"]
    match at.pick(*kinds):
        case "name" if at.names["str"]:
            return at.pick(*at.names["str"])
        case "formatted":
            return f'f"{{{_int(at, 3)}:03d}}-{{{at.number(0, 9)}!r}}"'
        case "method":
            call = at.pick("upper()", "title()", "replace('a', 'b')", "strip()", "zfill(4)")
            return f"{_str(at, level + 1)}.{call}"
        case "slice":
            return f"{_str(at, level + 1)}[{at.number(0, 2)}:]"
        case "join":
            return f"'-'.join(str(x) for x in {_list(at, level + 1)})"
        case "enum":
            return at.pick(
                "Mode.FAST.value", "Mode.SLOW.name", "Path('a', 'b.txt').stem", "('%s' % 3)", "'{}'.format(4)"
            )
    return repr(at.pick("a", "an b", "n", "", "é"))


def _list(at: _Scope, level: int = 0) -> str:  # noqa: PLR0911 - one a kind of expression
    kinds = ["literal", "name"] if level > 2 else ["literal", "name", "comprehension", "range", "sum", "sorted", "star"]
    match at.pick(*kinds):
        case "name" if at.names["list"]:
            return at.pick(*at.names["list"])
        case "comprehension":
            return at.pick(
                f"[x * 2 for x in {_list(at, level + 1)} if x % 2]",
                f"[x + y for x, y in zip({_list(at, level + 1)}, range(3))]",
                f"[i for i, _ in enumerate({_list(at, level + 1)})]",
                f"[y for x in range(2) for y in ({_int(at, level + 1)}, x)]",
                f"[len(name) for name in labels({at.number(0, 4)})]",
                f"list({{x: x for x in {_list(at, level + 1)}}})",
            )
        case "range":
            return f"list(range({at.number(0, 3)}, {at.number(2, 5)}))"
        case "sum":
            return f"({_list(at, level + 1)} + [{_int(at, level + 1)}])"
        case "sorted":
            return f"sorted({_list(at, level + 1)}, reverse={at.pick('True', 'False')})[:3]"
        case "star":
            return f"[*{_list(at, level + 1)}, {at.number(0, 9)}]"
    return "[" + ", ".join(str(at.number(0, 9)) for _ in range(at.number(0, 3))) + "]"


def _bool(at: _Scope, level: int = 0) -> str:
    return at.pick(
        f"{_int(at, level + 1)} > {at.number(0, 50)}",
        f"{_str(at, level + 1)} == 'n'",
        f"{at.number(0, 5)} in {_list(at, level + 1)}",
        f"not {_list(at, level + 1)}",
        f"0 <= {_int(at, level + 1)} < 40",
        f"isinstance({_int(at, level + 1)}, int) and {_int(at, level + 1)} != 3",
    )


def _value(at: _Scope) -> str:
    return at.pick(
        _int(at), _str(at), _list(at), "None", "1.5", f"{{'k': {_int(at)}, 'l': {_list(at)}}}", "Mode.FAST", "math.pi",
        f"Options(tags={_list(at)})", "scaled", "(1, 2)", _bool(at),
    )  # fmt: skip


def _node(at: _Scope) -> str:
    return at.pick(
        f"Keep({_value(at)})",
        f"Keep(value={_value(at)}, flag={_bool(at)})",
        f"Keep(1, *{_list(at)})",
        f"Child({_value(at)})",
        f"Child(**{{'first': {_value(at)}, 'second': {_int(at)}}})",
        f"node_of('keep', {_value(at)})",
        f"node_of('child', {_int(at)}, flag=True)",
        "node_of('mix', None)",
        f"AudioMixNode({_int(at)} % 8 + 1)",
        f"AudioResampleNode(target_sample_rate={at.pick('8000', 'Child.RATE')}, quality='low')",
        f"{{'a': Keep, 'b': Child}}['{at.pick('a', 'b')}']({_int(at)})",
    )


def _assign(at: _Scope) -> str:
    kind = at.pick(*_EXPRESSIONS)
    text, name = _EXPRESSIONS[kind](at), at.new("v")
    at.names[kind].append(name)
    return f"{name} = {text}"


def _unpack(at: _Scope) -> str:
    first, second = at.new("u"), at.new("u")
    text = f"{first}, *{second} = [{_int(at)}, {_int(at)}, {_int(at)}]"
    at.names["int"].append(first)
    at.names["list"].append(second)
    return text


def _augment(at: _Scope) -> str:
    if not at.names["int"]:
        return _add(at)
    name = at.pick(*at.names["int"])
    return f"{name} += {_int(at)}\n{name} %= 89"


def _append(at: _Scope) -> str:
    return f"{at.pick(*at.names['list'])}.append({_int(at)})" if at.names["list"] else _add(at)


def _add(at: _Scope) -> str:
    text, name = _node(at), at.new("node")
    at.names["node"].append(name)
    return at.pick(f"{name} = {text}\np.add({name})", f"p.add({name} := {text})")


def _chain(at: _Scope) -> str:
    return f"p.add({_node(at)}).add({_node(at)})"


def _after(at: _Scope) -> str:
    if not at.names["node"]:
        return _add(at)
    text, name = _node(at), at.new("node")
    after = at.pick(at.pick(*at.names["node"]), f"[{at.pick(*at.names['node'])}]", "[]")
    at.names["node"].append(name)
    return f"{name} = {text}\np.add({name}, after={after})"


def _connect(at: _Scope) -> str:
    if len(at.names["node"]) < 2:
        return _add(at)
    first, second = at.names["node"][0], at.names["node"][-1]
    return f"p.connect({first}, {second}, to_port={at.pick('None', repr('in'))})"


def _for(at: _Scope) -> str:
    inner, name = at.inner(), at.new("i")
    inner.names["int"].append(name)
    stop = at.pick("", f"if {name} > 60:\n    break\n", f"if {name} == 1:\n    continue\n")
    body = _block(inner)
    at.count = inner.count
    source = at.pick(f"range({at.number(0, 3)})", f"{_list(at)}[:3]", f"sorted({_list(at)})[:2]")
    return f"for {name} in {source}:\n{indent(stop + body, '    ')}"


def _while(at: _Scope) -> str:
    inner, name = at.inner(), at.new("w")
    body = _block(inner)
    at.count = inner.count
    return f"{name} = 0\nwhile {name} < {at.number(0, 3)}:\n    {name} += 1\n{indent(body, '    ')}"


def _if(at: _Scope) -> str:
    one, other = at.inner(), at.inner()
    test = _bool(at)
    first = _block(one)
    other.count = one.count
    second = _block(other)
    at.count = other.count
    return f"if {test}:\n{indent(first, '    ')}\nelse:\n{indent(second, '    ')}"


def _function(at: _Scope) -> str:
    inner, name = at.inner(), at.new("grow")
    inner.names = {"int": ["a"], "str": ["b"], "list": [], "node": []}
    body = _block(inner)
    at.count = inner.count
    call = f"{name}({_int(at)}, {at.pick('b=' + _str(at), '')})"
    return f"def {name}(a, b='z'):\n{indent(body, '    ')}\n    return a\n{call}"


def _nodes(at: _Scope) -> str:
    name = at.new("made")
    # Inside a loop the names would come up again.
    chosen = "" if at.depth else f", name=f'{name}-{{x}}-{{i}}'"
    return f"{name} = [Keep(x{chosen}) for i, x in enumerate({_list(at)})]\nfor each in {name}:\n    p.add(each)"


_EXPRESSIONS: Final = {"int": _int, "str": _str, "list": _list}
_FLAT: Final = (_assign, _unpack, _augment, _add, _add, _chain, _after, _connect, _append)
_DEEP: Final = (_for, _if, _while, _function, _nodes)
_MAX_DEPTH: Final = 2


def _statement(at: _Scope) -> str:
    choices = _FLAT + _DEEP if at.depth < _MAX_DEPTH else _FLAT
    return choices[at.number(0, len(choices) - 1)](at)


def _block(at: _Scope) -> str:
    return "\n".join(_statement(at) for _ in range(at.number(1, 3)))


_FORMS: Final = {
    "module": "p = Pipeline('generated')\n{body}\n",
    "function": "def build():\n    p = Pipeline('generated')\n{indented}\n    return p\n\nmade = build()\n",
    "guard": "if __name__ == '__main__':\n    p = Pipeline(name='generated')\n{indented}\n",
    "async": "import asyncio\n\nasync def main():\n    p = Pipeline('generated')\n{indented}\n"
    "    kept.append(p)\n\nkept = []\nasyncio.run(main())\n",
    "helper": "def fill(p):\n{indented}\n    return p\n\nresult = fill(Pipeline('generated'))\n",
    "builder": "class Builder:\n    def __init__(self):\n        self.p = Pipeline('generated')\n\n"
    "    def fill(self):\n"
    "        p = self.p\n{twice}\n        return self\n\nbuilder = Builder().fill()\n",
}


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Give the text of a program that builds one pipeline, called `generated`."""
    at = _Scope(draw)
    body = "\n".join(_statement(at) for _ in range(at.number(1, 6)))
    form = _FORMS[at.pick(*_FORMS)]
    return _HEAD + form.format(body=body, indented=indent(body, "    "), twice=indent(body, "        "))
