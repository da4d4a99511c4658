"""The compiler never states another graph than the one the program builds: it gets it right, or refuses."""

from __future__ import annotations

import json
import runpy
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remotemedia.compiler import compile_file
from remotemedia.errors import CompileError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.compiler.conftest import Compile, Refuse

_HEAD = """
import sys, random
from remotemedia import *

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
    "through a method in a loop": "add = p.add\nfor n in range(2):\n    add(AudioMixNode(n))",
    "through a method handed over": "list(map(p.add, [AudioMixNode()]))",
    "through unpacking": "q, *rest = p, 1, 2\nq.add(AudioMixNode())",
    "through a walrus": "if (q := p) and unknown:\n    q.add(AudioMixNode())",
    "through a class body": "class Holder:\n    graph = p\nfor n in range(2):\n    Holder.graph.add(AudioMixNode())",
    "through a class attribute": "class C: ...\nC.graph = p\ndef f():\n    C.graph.add(AudioMixNode())\nf()",
    "through an instance": "class Holder: ...\nh = Holder()\nh.graph = p",
    "through a method of a class": "class Holder:\n    def f(self):\n        p.add(AudioMixNode())\nHolder().f()",
    "through a builder": "class Builder:\n    def f(self):\n        self.p = Pipeline('x')\nBuilder().f()",
    "through a constructor of a node": "class Sly(Node):\n    def __init__(self):\n        p.add(node)\nSly()",
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


@pytest.mark.parametrize("change", _HIDDEN_CHANGES.values(), ids=_HIDDEN_CHANGES)
def test_hidden_change_is_refused(refused: Refuse, change: str) -> None:
    found = refused(f"{_HEAD}{change}\n", helper="def grow(g):\n    g.add(1)\n")
    assert {each.code for each in found} <= {"RM103", "RM106", "RM113"}


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
def test_hidden_value_is_refused(refused: Refuse, change: str) -> None:
    helper = "LIST = [1]\ndef change():\n    LIST.append(2)\n"
    found = refused(f"{_HEAD}{change}\np.add(Keep(VALUE))\n", helper=helper)
    assert {each.code for each in found if each.severity == "error"} == {"RM107"}


_HARMLESS = {
    "printing": "print(p, node, p.nodes, f'{p} {node!r}', p.name, len(p.nodes))",
    "running": "if unknown:\n    print(p.run(sys.argv[1]))\nresult = p.run_sync(1)",
    "running in a function": "def main():\n    for x in p.run(1):\n        print(x, p.name)\nsys.exit(main())",
    "running in the background": "import asyncio\nasync def main():\n    await p.run(1)\nasyncio.run(main())",
    "running by a decorator": "import click\n@click.command()\ndef main():\n    p.run(1)",
    "serialising": "import json\njson.dumps(p.to_manifest())\nopen('x', 'w').write(p.serialize())",
    "own names": "def f(p, node):\n    p.add(node)\n    node.x = 1\nnames = [node.name for node in p.nodes]",
    "node attributes": "gain = node.channels * 2\nprint(gain, node.process(1))",
    "another add": "s = set()\ns.add(1)\nparser = sys.argv\nparser.add(3)",
    "asserting": "assert p.nodes and not node, p\nif p:\n    pass\nif node is p:\n    pass",
    "reading lists": "T = [1, 2]\nfor x in T:\n    print(x, T[0], T.index(1), max(T))\np.add(Keep(T))",
    "classes": "class Other(Node):\n    items = [1]\n    def process(self, v):\n        return p.name, self.items",
}


@pytest.mark.parametrize("code", _HARMLESS.values(), ids=_HARMLESS)
def test_harmless_code_is_passed_over(compiled: Compile, code: str) -> None:
    program = compiled(f"{_HEAD}p.add(node)\n{code}\np.add(AudioSource())\n")
    ids = [each["id"] for each in program.manifest["nodes"]]
    assert (ids[0], ids[-1]) == ("AudioMixNode", "AudioSource")


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


@settings(max_examples=300, deadline=None)
@given(statements=st.lists(_STATEMENTS, min_size=2, max_size=10))
def test_what_compiles_is_what_runs(tmp_path_factory: pytest.TempPathFactory, statements: list[str]) -> None:
    root: Path = tmp_path_factory.mktemp("program")
    program = root / "pipeline.py"
    other = "class Other(AudioMixNode):\n    def __init__(self, k, **kw): super().__init__()\n"
    lines = [
        "import random",
        "from remotemedia import *",
        other,
        "a, b, c = 1, [2], {}",
        "p = Pipeline('p')",
        *statements,
    ]
    program.write_text("\n".join([*lines, "p.add(Other(k=[a, b, c]))", ""]))
    try:
        compiled = json.dumps(compile_file(program).manifest)
    except CompileError:
        return
    try:
        names = runpy.run_path(str(program), run_name="pipeline")
    except Exception:  # noqa: BLE001 - a program that fails, in whatever way, builds nothing
        return
    assert json.dumps(names["p"].to_manifest()) == compiled
