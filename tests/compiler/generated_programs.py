"""Programs that build pipelines, made up by hypothesis: valid Python, deterministic, within what the compiler follows.

`programs()` is a strategy of source texts. Every value they compute is small, so that running them takes no time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from textwrap import indent
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from tests.compiler.generated_expressions import FORMS, SIMPLEST

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["programs"]

_HEAD: Final = """\
import math
from dataclasses import asdict, astuple, dataclass, field, replace
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
import numpy as np
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

@dataclass
class Setup:
    inner: Options = field(default_factory=Options)
    labels: dict = field(default_factory=dict)

    def __post_init__(self):
        self.labels = {**self.labels, "level": self.inner.level}

class Mode(Enum):
    FAST = "fast"
    SLOW = "slow"

class Level(IntEnum):
    LOW = 1
    HIGH = 3

class Tag(StrEnum):
    A = "a"
    B = "b n"

class Chain:
    def __init__(self, items):
        self.items = list(items)

    def __add__(self, other):
        return Chain([*self.items, other])

    def __len__(self):
        return len(self.items)

    def __contains__(self, item):
        return item in self.items

    def __iter__(self):
        return iter(self.items)

def attempted(number, kept=()):
    kept = list(kept)
    for index in range(3):
        try:
            if index == number % 4:
                continue
            if index > number % 5:
                return len(kept)
            kept.append(index)
        finally:
            kept.append(number)
    return sum(kept) % 61

def counting(start):
    total = start

    def count(by=1, *more, scale=2):
        nonlocal total
        total = (total + by * scale + len(more)) % 71
        return total

    return count

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


_MAX_LEVEL: Final = 2
_HOLE: Final = re.compile(r"<(int|str|list|bool|value|node|name|new \w+|\d+-\d+|[^<>| ]+(?:\|[^<>| ]+)+)>")


def _expression(at: _Scope, kind: str, level: int = 0) -> str:
    forms = FORMS[kind]
    if level > _MAX_LEVEL:
        forms = forms[: SIMPLEST[kind]]
    form = at.pick(*(form for form in forms if form != "<name>" or at.names[kind]))

    def filled(hole: re.Match[str]) -> str:
        what = hole[1]
        if what == "name":
            return at.pick(*at.names[kind])
        if what in FORMS:
            return _expression(at, what, level + 1)
        if what.startswith("new "):
            return at.new(what.removeprefix("new "))
        if "|" in what:
            return at.pick(*what.split("|"))
        low, high = map(int, what.split("-"))
        return str(at.number(low, high))

    return _HOLE.sub(filled, form)


def _int(at: _Scope) -> str:
    return _expression(at, "int")


def _str(at: _Scope) -> str:
    return _expression(at, "str")


def _list(at: _Scope) -> str:
    return _expression(at, "list")


def _bool(at: _Scope) -> str:
    return _expression(at, "bool")


def _node(at: _Scope) -> str:
    return _expression(at, "node")


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
    name, inner = at.new("i"), at.inner()
    inner.names["int"].append(name)
    stop = at.pick("", f"if {name} > 60:\n    break\n", f"if {name} == 1:\n    continue\n")
    body = _block(inner)
    at.count = inner.count
    source = at.pick("range(3)", "{}[:3]", "sorted({})[:2]").format(_list(at))
    return f"for {name} in {source}:\n{indent(stop + body, '    ')}"


def _while(at: _Scope) -> str:
    name, inner = at.new("w"), at.inner()
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
    name, inner = at.new("grow"), at.inner()
    inner.names = {"int": ["a"], "str": ["b"], "list": [], "node": []}
    body = _block(inner)
    at.count = inner.count
    given = f"b={_str(at)}" if at.number(0, 1) else ""
    call = f"{name}({_int(at)}, {given})"
    return f"def {name}(a, b='z'):\n{indent(body, '    ')}\n    return a\n{call}"


def _nodes(at: _Scope) -> str:
    name = at.new("made")
    # Inside a loop the names would come up again.
    chosen = "" if at.depth else f", name=f'{name}-{{x}}-{{i}}'"
    return f"{name} = [Keep(x{chosen}) for i, x in enumerate({_list(at)})]\nfor each in {name}:\n    p.add(each)"


def _try(at: _Scope) -> str:
    name, inner = at.new("log"), at.inner()
    body = _block(inner)
    at.count = inner.count
    at.names["list"].append(name)
    return f"{name} = []\ntry:\n{indent(body, '    ')}\nfinally:\n    {name}.append({_int(at)})"


def _closure(at: _Scope) -> str:
    name, made = at.new("outer"), at.new("kept")
    calls = f"{name}({_int(at)}, {at.number(0, 9)})\n{name}(2, y={_int(at)})"
    text = f"def {name}(x, y=len({_list(at)})):\n    def inner():\n        {made}.append(x + y)\n    inner()\n{calls}"
    at.names["list"].append(made)
    return f"{made} = []\n{text}"


def _class(at: _Scope) -> str:
    name, twice = at.new("Stage"), at.pick("True", "False")
    return f"""class {name}:
    made = 0

    def __init__(self, p, base={_int(at)}):
        self.p, self.base = p, base

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.p.add(Keep(self.base))

    @property
    def next(self):
        return self.base + {name}.made

    def grow(self, by, *, twice=False):
        {name}.made += 1
        self.p.add(Keep((by, self.next)))
        return self.grow(by + 1) if twice else self

with {name}(p) as stage:
    stage.grow({_int(at)}, twice={twice})"""


def _sub_pipeline(at: _Scope) -> str:
    if at.depth:  # inside a loop its nodes would come up again
        return _add(at)
    name = at.new("sub")
    at.names["node"].append(name)
    return f"{name} = Pipeline('{name}')\n{name}.add({_node(at)}).add({_node(at)})\np.add({name})"


def _match(at: _Scope) -> str:
    name, one, other = at.new("m"), at.inner(), at.inner()
    one.names["int"].append(name)
    first = _block(one)
    other.count = one.count
    second = _block(other)
    at.count = other.count
    subject = at.pick("[{}]", "Options({})", "dict(k={})", "{}").format(_int(at))
    cases = at.pick(
        f"[int() as {name}, *_]", f"Options({name})", f"{{'k': {name}, **rest}}", f"int({name}) if {name} > 9"
    )
    return f"match {subject}:\n    case {cases}:\n{indent(first, ' ' * 8)}\n    case _:\n{indent(second, ' ' * 8)}"


_EXPRESSIONS: Final = {"int": _int, "str": _str, "list": _list}
_FLAT: Final = (_assign, _unpack, _augment, _add, _add, _chain, _after, _connect, _append)
_DEEP: Final = (_for, _if, _while, _function, _nodes, _try, _closure, _class, _sub_pipeline, _match)
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
