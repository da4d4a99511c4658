"""The compiler never states another graph than the one the program builds: it gets it right, or refuses."""

from __future__ import annotations

import json
import runpy
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remotemedia.compiler import Diagnostic, compile_file
from remotemedia.errors import CompileError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.compiler.conftest import Compile

_HEAD = """
import sys, random
from remotemedia import AudioMixNode, AudioSource, Node, Pipeline

class Keep(Node):
    def __init__(self, value=None, **kw):
        super().__init__(**kw)
    def process(self, value):
        return value

unknown = random.random()
p = Pipeline("p")
node = AudioMixNode()
"""

_HIDDEN_CHANGES = {
    "through a dict": "graphs = {'a': p}\ngraphs[unknown].add(AudioMixNode())",
    "through a list": "graphs = [p]\ngraphs[int(unknown)].add(AudioMixNode())",
    "through a known item": "graphs = {'a': [p]}\nfor g in graphs['a']:\n    g.add(AudioMixNode())",
    "through an unknown key": "graphs = {}\ngraphs[unknown] = p\ngraphs[1].add(node)",
    "through a conditional": "q = p if unknown else None\nq.add(AudioMixNode())",
    "through or": "q = unknown or p\nq.add(AudioMixNode())",
    "through and": "unknown and p.add(AudioMixNode())",
    "through a method in a loop": "add = p.add\nfor n in range(2):\n    add(AudioMixNode(n + 1))",
    "through a method handed over": "list(map(p.add, [AudioMixNode()]))",
    "through unpacking": "q, *rest = p, 1, 2\nq.add(AudioMixNode())",
    "through a walrus": "if (q := p) and unknown:\n    q.add(AudioMixNode())",
    "through a class body": "class Holder:\n    graph = p\nfor n in range(2):\n    Holder.graph.add(AudioMixNode())",
    "through a class attribute": "class C: ...\nC.graph = p\ndef f():\n    C.graph.add(AudioMixNode())\nf()",
    "through an instance": "class Holder: ...\nh = Holder()\nh.graph = p",
    "through a method of a class": "class Holder:\n    def f(self):\n        p.add(AudioMixNode())\nHolder().f()",
    "through a builder": "class Builder:\n    def f(self):\n        self.p = Pipeline('x')\nBuilder().f()",
    "through a constructor of a node": "class Sly(Keep):\n    def __init__(self):\n        p.add(node)\nSly()",
    "through a base class": "class Base:\n    def __init_subclass__(cls):\n        p.add(node)\nclass Sub(Base): ...",
    "through a function of a function": "def f():\n    g()\ndef g():\n    p.add(node)\nf()",
    "through a callback": "def f():\n    p.add(node)\nimport atexit\natexit.register(f)",
    "through a decorator": "def f(g):\n    p.add(node)\n@f\ndef h(): ...",
    "through a lambda": "f = lambda: p.add(AudioMixNode())\nf()",
    "through a default": "for n in range(2):\n    def f(x=p.add(node)): ...",
    "through a nested function": "def f():\n    def g():\n        p.add(node)\n    g()\nf()",
    "through a global": "def f():\n    global p\n    p = Pipeline('other')\nf()",
    "through a comprehension": "[p.add(Keep(n)) for n in range(3)]",
    "through a generator": "any(p.add(Keep(n)) for n in range(3))",
    "through a match": "match unknown:\n    case 1:\n        p.add(node)",
    "through try": "try:\n    p.add(node)\nfinally:\n    pass",
    "through with": "with open('x') as p:\n    pass",
    "through exec": "exec('p.add(node)')",
    "through exec in a function": "def f():\n    exec('p.add(node)', globals())\nf()",
    "through globals": "globals()['p'].add(node)",
    "through getattr": "getattr(p, 'add')(node)",
    "through operator": "import operator\noperator.methodcaller('add', node)(p)",
    "through a patched class": "AudioMixNode.process = None",
    "through a patched module": "import remotemedia\nremotemedia.AudioMixNode = None",
    "through setattr": "setattr(Pipeline, 'add', None)",
    "through deletion": "if unknown:\n    del p",
    "through an import": "import helper\nhelper.grow(p)",
    "through nodes": "for n in p.nodes:\n    p.add(n)",
    "through a loop variable": "for p in [Pipeline('x')]:\n    pass",
    "through an exception": "try:\n    pass\nexcept ValueError as p:\n    pass",
    "through swapping": "q = Pipeline('q')\np, q = random.sample([p, q], 2)\np.add(node)",
    "through a subclass": "class Special(Pipeline): ...\nq = Special()\nq.add(node)",
    "through type": "type(p)('x').add(node)",
}


_FOLLOWED = [
    "through a known item", "through a method in a loop", "through a method handed over", "through unpacking",
    "through a class body", "through a class attribute", "through an instance", "through a method of a class",
    "through a function of a function", "through a decorator", "through a lambda",
    "through a nested function", "through a comprehension", "through a generator", "through try", "through getattr",
    "through an import", "through a constructor of a node",
]  # fmt: skip
"""Those that are known without running the program."""


def _ran(program: Path) -> str | None:
    """Run a program, and return the manifest of `p`; None if the program fails, in whatever way: it builds nothing."""
    sys.path.insert(0, str(program.parent))
    try:
        names = runpy.run_path(str(program), run_name="pipeline")
        manifest: str = json.dumps(names["p"].to_manifest())
    except Exception:  # noqa: BLE001 - any failure will do
        return None
    finally:
        sys.path.remove(str(program.parent))
        sys.modules.pop("helper", None)
    return manifest


def _refused_or_true(root: Path, text: str, helper: str = "") -> set[str] | None:
    """Compile a program; return the codes of the errors if it is refused, otherwise check that it runs as stated."""
    program = root / "pipeline.py"
    program.write_text(text)
    (root / "helper.py").write_text(helper)
    try:
        stated = json.dumps(compile_file(program).manifest)
    except CompileError as error:
        return {each.code for each in error.diagnostics if isinstance(each, Diagnostic) and each.severity == "error"}
    ran = _ran(program)
    assert ran is None or ran == stated
    return None


_GROW = "def grow(g):\n    g.add(AudioMixNode())\n"


@pytest.mark.parametrize("change", _HIDDEN_CHANGES.values(), ids=_HIDDEN_CHANGES)
def test_hidden_change_is_followed_or_refused(tmp_path: Path, change: str) -> None:
    _refused_or_true(tmp_path, f"{_HEAD}{change}\n", f"from remotemedia import AudioMixNode\n{_GROW}")


@pytest.mark.parametrize("change", _FOLLOWED)
def test_change_is_followed(tmp_path: Path, change: str) -> None:
    text = f"{_HEAD}{_HIDDEN_CHANGES[change]}\n"
    assert _refused_or_true(tmp_path, text, f"from remotemedia import AudioMixNode\n{_GROW}") is None
    assert _ran(tmp_path / "pipeline.py") is not None


_HIDDEN_VALUES = {
    "loop": "VALUE = 1\nfor VALUE in range(3): pass",
    "condition": "VALUE = 1\nif unknown: VALUE = 2",
    "function": "VALUE = 1\ndef f():\n    global VALUE\n    VALUE = 2\nf()",
    "list in a loop": "VALUE = [1]\nfor n in range(3): VALUE.append(n)",
    "list in a function": "VALUE = [1]\ndef f():\n    VALUE.append(2)\nf()",
    "list by another name": "VALUE = [1]\nother = VALUE\nrandom.shuffle(other)",
    "list inside another": "VALUE = [1]\nouter = {'a': [VALUE]}\nouter['a'][0].append(unknown)\nrandom.shuffle(outer)",
    "list lent": "VALUE = [1]\ndef f(x):\n    x.append(2)\nf(VALUE)",
    "list lent in a list": "VALUE = [1]\ndef f(x):\n    x[0].append(2)\nf([VALUE])",
    "list sorted": "VALUE = [2, 1]\nVALUE.sort()",
    "list in a class": "VALUE = [1]\nclass C:\n    def __init__(self):\n        VALUE.append(2)\nC()",
    "dict updated": "VALUE = {}\nVALUE.update(a=1)",
    "dict in with": "VALUE = {}\nwith open('x') as f:\n    VALUE['a'] = f.read()",
    "augmented": "VALUE = [1]\nother = VALUE\nother += [unknown]",
    "augmented in a loop": "VALUE = [1]\nother = VALUE\nfor n in range(2):\n    other += [n]",
    "loop over inner lists": "VALUE = [[1]]\nfor inner in VALUE:\n    inner.append(2)",
    "comprehension": "VALUE = []\n[VALUE.append(n) for n in range(2)]",
    "deleted item": "VALUE = [1, 2]\ndel VALUE[0]",
    "module attribute": "import helper\nhelper.LIST.append(3)\nVALUE = helper.LIST\nhelper.change()",
    "walrus in a comprehension": "VALUE = 1\n[VALUE := n for n in range(3)]",
    "import": "VALUE = 1\nfrom random import *\nfrom nowhere import *\nVALUE = anything",
    "method": "VALUE = 'a'.join(['b'])",
    "class attribute": "class C:\n    x = 1\nfor n in range(2):\n    C.x = n\nVALUE = C.x",
    "setitem by slice": "VALUE = [1, 2]\nVALUE[0:1] = []",
}


@pytest.mark.parametrize("change", _HIDDEN_VALUES.values(), ids=_HIDDEN_VALUES)
def test_hidden_value_is_followed_or_refused(tmp_path: Path, change: str) -> None:
    helper = "LIST = [1]\ndef change():\n    LIST.append(2)\n"
    _refused_or_true(tmp_path, f"{_HEAD}{change}\np.add(Keep(VALUE))\n", helper)


_HARMLESS = {
    "printing": "print(p, node, p.nodes, f'{p} {node!r}', p.name, len(p.nodes))",
    "running": "if unknown:\n    print(p.run(sys.argv[1]))\nresult = p.run_sync(1)",
    "running in a function": "def main():\n    for x in p.run(1):\n        print(x, p.name)\nmain()",
    "running in the background": "import asyncio\nasync def main():\n    await p.run(1)\nasyncio.run(main())",
    "running by a decorator": "import click\n@click.command()\ndef main():\n    p.run(1)",
    "serialising": "import json\njson.dumps(p.to_manifest())\nopen('x', 'w').write(p.serialize())",
    "own names": "def f(p, node):\n    p.add(node)\n    node.x = 1\nnames = [node.name for node in p.nodes]",
    "node attributes": "gain = node.channels * 2\nprint(gain, node.process(1))",
    "another add": "s = set()\ns.add(1)\nparser = sys.argv\nparser.add(3)",
    "asserting": "assert p.nodes and node, p\nif p:\n    pass\nif node is p:\n    pass",
    "reading lists": "T = [1, 2]\nfor x in T:\n    print(x, T[0], T.index(1), max(T))\np.add(Keep(T))",
    "classes": "class Other(Node):\n    items = [1]\n    def process(self, v):\n        return p.name, self.items",
}


@pytest.mark.parametrize("code", _HARMLESS.values(), ids=_HARMLESS)
def test_harmless_code_is_passed_over(compiled: Compile, code: str) -> None:
    program = compiled(f"{_HEAD}p.add(node)\n{code}\np.add(AudioSource())\n")
    ids = [each["id"] for each in program.manifest["nodes"]]
    assert (ids[0], ids[-1]) == ("AudioMixNode", "AudioSource")


_NODES_CHANGED = {
    "in a loop": "if unknown:\n    for n in p.nodes:\n        n.x = 1",
    "in a function": "def f():\n    for n in p.nodes:\n        n.x = 1\nlater(f)",
    "behind a loop": "if unknown:\n    for n in p.nodes:\n        pass\nn.x = 1",
    "in a numbered loop": "if unknown:\n    for i, n in enumerate(p.nodes):\n        n.x = i",
    "by setattr": "if unknown:\n    for n in p.nodes:\n        setattr(n, 'x', 1)",
    "in a comprehension": "if unknown:\n    [setattr(n, 'x', 1) for n in p.nodes]",
    "in a comprehension that depends": "[setattr(n, 'x', 1) for n in p.nodes if unknown > 0.5]",
    "in a loop that depends": "for n in p.nodes:\n    if unknown > 0.5:\n        break\n    n.x = 1",
    "by an index": "if unknown:\n    p.nodes[0].x = 1",
    "by a name": "if unknown:\n    p.get_node('AudioMixNode').x = 1",
    "by a name at the top": "p.get_node('AudioMixNode').x = 1",
    "by a name of an author's class": "p.add(Keep(name='keep'))\np.get_node('keep').x = 1",
    "by a name that is not known": "p.get_node(str(unknown)).x = 1",
    "by a variable": "if unknown:\n    n = p.get_node('AudioMixNode')\n    n.x = 1",
    "by a variable later": "if unknown:\n    n = p.get_node('AudioMixNode')\nn.x = 1",
    "by a list": "if unknown:\n    ns = list(p.nodes)\n    ns[0].x = 1",
    "by unpacking": "if unknown:\n    n, = p.nodes\n    n.x = 1",
    "by a function of the loop": "def f(n):\n    n.x = 1\nif unknown:\n    for n in p.nodes:\n        f(n)",
    "by map": "if unknown:\n    list(map(lambda n: setattr(n, 'x', 1), p.nodes))",
    "by a sort": "if unknown:\n    sorted(p.nodes, key=lambda n: setattr(n, 'x', 1) or 0)",
    "in a method": "class C:\n    g = p\n    def f(self):\n        for n in self.g.nodes:\n            n.x = 1\n"
    "if unknown:\n    C().f()",
    "by an attribute of a class": "class C:\n    g = p\n    def f(self):\n        self.g.add(node)\n"
    "if unknown:\n    C().f()",
    "while it runs": "async def main():\n    async with p.managed_execution() as q:\n        q.add(AudioMixNode())\n"
    "later(main)",
    "while it runs, by another name": "async def main():\n    async with p.managed_execution() as q:\n"
    "        for n in q.nodes:\n            n.x = 1\nlater(main)",
    "by a default": "def f(nodes=p.nodes):\n    for n in nodes:\n        n.x = 1\nlater(f)",
    "by a pipeline as a default": "def f(g=p):\n    g.add(AudioMixNode())\nlater(f)",
    "by a context manager": "if unknown:\n    for n in p.nodes:\n        with open('a') as n.x:\n            pass",
    "by its dict": "if unknown:\n    p.nodes[0].__dict__.update(x=1)",
    "by its dict at the top": "for n in p.nodes:\n    n.__dict__['x'] = 1",
    "by a special method": "p.nodes[0].__setattr__('x', 1)",
    "by taking one out": "if unknown:\n    p.remove_node('AudioMixNode')",
    "by taking one out at the top": "p.remove_node('AudioMixNode')",
}


@pytest.mark.parametrize("change", _NODES_CHANGED.values(), ids=_NODES_CHANGED)
def test_changed_nodes_are_never_silent(tmp_path: Path, change: str) -> None:
    codes = _refused_or_true(tmp_path, f"from functools import singledispatch as later\n{_HEAD}p.add(node)\n{change}\n")
    assert codes is not None
    assert codes & {"RM106", "RM113"}


_NODES_READ = {
    "in a loop": "if unknown:\n    for n in p.nodes:\n        print(n.name, n)",
    "in a function": "def f():\n    for i, n in enumerate(p.nodes):\n        print(n.name)\nlater(f)",
    "in a comprehension": "def f():\n    [n.name for n in p.nodes if isinstance(n, AudioMixNode)]\nlater(f)",
    "by a name": "def f():\n    n = p.get_node('mix')\n    if n is None:\n        print(n.name)\nlater(f)",
    "by an index": "if unknown:\n    print(p.nodes[0].name, p.get_node('x').config)",
    "while it runs": "async def main():\n    async with p.managed_execution() as q:\n"
    "        async for x in q.process(1):\n            print(x, q.name)\nlater(main)",
    "by a default": "def f(g=p):\n    g.run(1)\n    print(g.name, [n.name for n in g.nodes])\nlater(f)",
    "by a name at the top": "print(p.get_node('AudioMixNode').name)",
    "in a loop that depends": "names = [n.name for n in p.nodes if n.channels > unknown]",
}


@pytest.mark.parametrize("code", _NODES_READ.values(), ids=_NODES_READ)
def test_nodes_may_be_looked_at(tmp_path: Path, code: str) -> None:
    assert (
        _refused_or_true(tmp_path, f"from functools import singledispatch as later\n{_HEAD}p.add(node)\n{code}\n")
        is None
    )


_NAMES = st.sampled_from(["a", "b", "c"])
_CONSTANTS = st.sampled_from(
    ["1", "2", "[1]", "[]", "{'k': 1}", "'s'", "a", "b", "c", "[a, b]", "a + b", "len(c)", "-a"]
)
_STATEMENTS = st.one_of(
    st.builds("{} = {}".format, _NAMES, _CONSTANTS),
    st.builds("{} += {}".format, _NAMES, _CONSTANTS),
    st.builds("{}.append({})".format, _NAMES, _CONSTANTS),
    st.builds("{}.pop()".format, _NAMES),
    st.builds("{}[0] = {}".format, _NAMES, _CONSTANTS),
    st.builds("{}['k'] = {}".format, _NAMES, _CONSTANTS),
    st.builds("p.add(Other(k={}, extra={}))".format, _CONSTANTS, _CONSTANTS),
    st.builds("if {}: {} = {}".format, _CONSTANTS, _NAMES, _CONSTANTS),
    st.builds("if {}: p.add(Other(k={}))".format, _CONSTANTS, _CONSTANTS),
    st.builds("if random.random() < 2: {} = {}".format, _NAMES, _CONSTANTS),
    st.builds("for {} in [1, 2]: {} = {}".format, _NAMES, _NAMES, _CONSTANTS),
    st.builds("for n in [1, 2]: {}.append(n)".format, _NAMES),
    st.builds("def f(): {}.append(3)".format, _NAMES),
    st.builds("def f(x): x[0] = 9".format),
    st.builds("f({})".format, _NAMES),
    st.just("f()"),
    st.builds("{}, {} = {}, {}".format, _NAMES, _NAMES, _CONSTANTS, _CONSTANTS),
    st.builds("{} = [{} for a in [1, 2]]".format, _NAMES, _CONSTANTS),
    st.builds("try: {} = {}\nexcept TypeError: pass".format, _NAMES, _CONSTANTS),
    st.builds("del {}".format, _NAMES),
)


_CONDITIONS = st.sampled_from(
    ["a", "b", "c == 1", "a is b", "random.random() < 2", "random.random() > 2", "len(p.nodes) < 3"]
)
_SIMPLE = st.one_of(
    _STATEMENTS,
    st.builds("p.add(Other(k={}))".format, _CONSTANTS),
    st.builds("p.add(Other(k={}))".format, _CONSTANTS),
    st.builds("{} = f({})".format, _NAMES, _CONSTANTS),
    st.builds("{} = g({})".format, _NAMES, _CONSTANTS),
    st.builds("h.items.append({})".format, _CONSTANTS),
    st.builds("h.value = {}".format, _CONSTANTS),
    st.builds("{} = h.value".format, _NAMES),
    st.builds("{} = h.push({})".format, _NAMES, _CONSTANTS),
    st.builds("{} = h.items".format, _NAMES),
    st.builds("random.shuffle(h.items)".format),
    st.builds("{} = next(numbers)".format, _NAMES),
    st.builds("{} = [x for x in numbers if x < 3]".format, _NAMES),
    st.builds("{} = int('x')".format, _NAMES),
    st.builds("{} = 1 / 0".format, _NAMES),
    st.just("raise ValueError"),
    st.just("print(p)"),
    st.builds("{} = p.run".format, _NAMES),
    st.builds("del {}".format, _NAMES),
)


def _indented(lines: list[str]) -> str:
    return "\n".join("    " + line for text in lines for line in text.splitlines())


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, min_size=1, max_size=3).map(_indented)
    loop_body = st.lists(inner | st.sampled_from(["break", "continue"]), min_size=1, max_size=3).map(_indented)
    function_body = st.lists(
        inner | st.builds("return {}".format, _NAMES) | st.just("global a\na = 7"), min_size=1, max_size=4
    ).map(_indented)
    generator_body = st.lists(inner | st.builds("yield {}".format, _NAMES), min_size=1, max_size=3).map(_indented)
    return st.one_of(
        st.builds("if {}:\n{}\nelse:\n{}".format, _CONDITIONS, body, body),
        st.builds(
            "for {} in {}:\n{}\nelse:\n{}".format, _NAMES, st.sampled_from(["[1, 2]", "b", "numbers"]), loop_body, body
        ),
        st.builds("for _ in range(3):\n    if {}:\n        break\n{}".format, _CONDITIONS, loop_body),
        st.builds("while {}:\n{}\n    break".format, _CONDITIONS, loop_body),
        st.builds(
            "try:\n{}\nexcept {}:\n{}\nelse:\n{}\nfinally:\n{}".format,
            body,
            st.sampled_from(["Exception", "ValueError", "KeyboardInterrupt"]),
            body,
            body,
            body,
        ),
        st.builds("with suppress(Exception):\n{}".format, body),
        st.builds(
            "def f(x=1):\n    a, b, c = 1, [x], {{}}\n    n = 0\n{}\n    return b\n{} = f({})".format,
            function_body,
            _NAMES,
            _CONSTANTS,
        ),
        st.builds("def g(x):\n    global a, b, c\n{}\ng({})".format, body, _CONSTANTS),
        st.builds("def s():\n    global a, b, c\n    yield 1\n{}\nfor n in s():\n{}".format, generator_body, loop_body),
        st.builds(
            "match {}:\n    case 1:\n{}\n    case [x, *_]:\n{}\n    case _:\n{}".format,
            _NAMES,
            body.map(lambda t: _indented([t])),
            body.map(lambda t: _indented([t])),
            body.map(lambda t: _indented([t])),
        ),
    )


_DEEP = _blocks(_SIMPLE | _blocks(_SIMPLE))


@settings(max_examples=200, deadline=None)
@given(statements=st.lists(_DEEP | _SIMPLE, min_size=1, max_size=5))
def test_what_compiles_is_what_runs_whatever_the_control_flow(
    tmp_path_factory: pytest.TempPathFactory, statements: list[str]
) -> None:
    lines = [
        "import random",
        "from contextlib import suppress",
        "from remotemedia import AudioMixNode, Pipeline",
        "class Other(AudioMixNode):\n    def __init__(self, k, **kw): super().__init__()",
        "class Holder:\n    def __init__(self):\n        self.items = []\n        self.value = 1",
        "    def push(self, x):\n        self.items.append(x)\n        if self.value:\n            p.add(Other(k=x))",
        "        return self.items",
        "def f(x): return [x]",
        "def g(x): return x",
        "numbers = iter([1, 2, 3, 4])",
        "a, b, c = 1, [2], {}",
        "p = Pipeline('p')",
        "h = Holder()",
        *statements,
        "p.add(Other(k=[a, b, c, h.items, h.value]))",
        "",
    ]
    _refused_or_true(tmp_path_factory.mktemp("program"), "\n".join(lines))


@settings(max_examples=300, deadline=None)
@given(statements=st.lists(_STATEMENTS, min_size=2, max_size=10))
def test_what_compiles_is_what_runs(tmp_path_factory: pytest.TempPathFactory, statements: list[str]) -> None:
    root: Path = tmp_path_factory.mktemp("program")
    other = "class Other(AudioMixNode):\n    def __init__(self, k, **kw): super().__init__()\n"
    lines = [
        "import random",
        "from remotemedia import AudioMixNode, Pipeline",
        other,
        "a, b, c = 1, [2], {}",
        "p = Pipeline('p')",
        *statements,
    ]
    _refused_or_true(root, "\n".join([*lines, "p.add(Other(k=[a, b, c]))", ""]))
