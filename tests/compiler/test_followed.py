"""What of Python is followed, and what of it is refused since it could mean another graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.compiler.conftest import Compile, Refuse

_HEAD = """\
import asyncio, collections, os, random, sys
from collections import deque, namedtuple
from pathlib import Path
from remotemedia import Node, Pipeline

class Keep(Node):
    def __init__(self, value=None, **kw):
        super().__init__(**kw)
    def process(self, value):
        return value

p = Pipeline("p")
"""


def _kept(compiled: Compile, text: str, **files: str) -> list[Any]:
    nodes = compiled(_HEAD + text, **files).manifest["nodes"]
    return [node["params"].get("value") for node in nodes]


def _codes(refused: Refuse, text: str) -> set[str]:
    return {found.code for found in refused(_HEAD + text)}


def test_import_in_a_function_binds_a_global_name(compiled: Compile) -> None:
    text = "def load():\n    global VALUE, os\n    from helper import VALUE\n    import helper as os\nload()\n"
    assert _kept(compiled, f"{text}p.add(Keep([VALUE, os.VALUE]))", helper="VALUE = 3\n") == [[3, 3]]


def test_iterator_is_lost_once_it_has_given_something_unknown(refused: Refuse) -> None:
    text = "it = (n for n in [1, 2, 3] if n > random.random())\nfirst = next(it)\np.add(Keep(list(it)))"
    assert _codes(refused, text) == {"RM107"}


def test_iterator_of_an_object_is_lost_with_it(refused: Refuse) -> None:
    text = """
class Numbers:
    def __init__(self):
        self.it = (n for n in [1, 2, 3] if n > random.random())
    def __iter__(self):
        return self.it
numbers = Numbers()
for n in numbers:
    break
p.add(Keep(list(numbers)))
"""
    assert _codes(refused, text) == {"RM107"}


@pytest.mark.parametrize(
    "text",
    [
        "text = open('missing').read()",
        "try:\n    text = open('missing').read()\nexcept OSError:\n    text = ''",
        "if not Path('missing').exists():\n    print('there is none')",
    ],
)
def test_missing_file_is_no_error_where_nothing_depends_on_it(compiled: Compile, text: str) -> None:
    assert _kept(compiled, f"{text}\np.add(Keep(1))") == [1]


def test_missing_file_is_an_error_where_a_node_depends_on_it(refused: Refuse) -> None:
    assert _codes(refused, "p.add(Keep(open('missing').read()))") == {"RM109"}


_MADE = {
    "mkdir": "Path('out').mkdir()",
    "makedirs": "os.makedirs('out')",
    "written": "open('out', 'w').write('')",
    "another program": "import subprocess\nsubprocess.run(['mkdir', 'out'])",
    "where it is not followed": "if random.random() < 2:\n    os.makedirs('out')",
    "by what is not followed": "def f():\n    Path('out').mkdir()\nimport atexit\natexit.register(f)",
    "a handler of logging": "import logging\nlogging.FileHandler('out')",
}


@pytest.mark.parametrize("made", _MADE.values(), ids=_MADE)
def test_what_is_missing_may_be_made_by_the_program(refused: Refuse, made: str) -> None:
    assert _codes(refused, f"{made}\np.add(Keep(os.path.exists('out')))") == {"RM107"}


def test_what_is_there_stays_there(compiled: Compile, tmp_path: Path) -> None:
    (tmp_path / "there.txt").write_text("", encoding="utf-8")
    text = "os.makedirs('out', exist_ok=True)\np.add(Keep([os.path.isfile('there.txt'), Path('there.txt').exists()]))"
    assert _kept(compiled, text) == [[True, True]]


_CHANGED = {
    "written": "open('there.txt', 'w')",
    "written where it is not followed": "if random.random() < 2:\n    open('there.txt', mode='a').write('')",
    "written by a path": "if random.random() < 2:\n    Path('there.txt').open('w')",
    "written in a mode that is not known": "if random.random() < 2:\n    open('there.txt', random.choice('rw'))",
    "removed": "os.remove('there.txt')",
    "removed where it is not followed": "if random.random() < 2:\n    os.unlink('there.txt')",
    "replaced": "import shutil\nshutil.copyfile('other.txt', 'there.txt')",
}


@pytest.mark.parametrize("change", _CHANGED.values(), ids=_CHANGED)
@pytest.mark.parametrize("look", ["exists()", "read_text()"])
def test_what_the_program_changes_is_not_known(refused: Refuse, tmp_path: Path, change: str, look: str) -> None:
    (tmp_path / "there.txt").write_text("", encoding="utf-8")
    assert _codes(refused, f"{change}\np.add(Keep(Path('there.txt').{look}))") == {"RM107"}


def test_what_the_program_only_reads_is_known(compiled: Compile, tmp_path: Path) -> None:
    (tmp_path / "there.txt").write_text("text", encoding="utf-8")
    text = "if random.random() < 2:\n    open('there.txt', 'rb')\n    Path('other').open(encoding='utf-8')\n"
    assert _kept(compiled, f"{text}p.add(Keep(Path('there.txt').read_text()))") == ["text"]


_WAITING = {
    "sleeping": "await asyncio.sleep(0)",
    "for another": "await other()",
    "in a loop": "async for x in other():\n        pass",
}


@pytest.mark.parametrize("waiting", _WAITING.values(), ids=_WAITING)
def test_coroutines_that_wait_are_not_gathered(refused: Refuse, waiting: str) -> None:
    text = f"""
async def other(): ...
async def one(n):
    {waiting}
    p.add(Keep(n))
async def main():
    await asyncio.gather(one(1), one(2))
asyncio.run(main())
"""
    assert "RM106" in _codes(refused, text)


@pytest.mark.parametrize(
    "call",
    ["asyncio.gather(one(1), one(2))", "t = asyncio.gather(one(1))\n    await t", "await asyncio.gather(*unknown)"],
)
def test_other_gatherings_are_refused(refused: Refuse, call: str) -> None:
    text = f"""
async def one(n):
    p.add(Keep(n))
async def main():
    unknown = [one(1)] if random.random() < 2 else []
    {call}
asyncio.run(main())
"""
    assert "RM106" in _codes(refused, text)


def test_gathered_coroutine_that_fails_leaves_the_others_running(refused: Refuse) -> None:
    text = """
async def fail():
    raise ValueError
async def one():
    p.add(Keep(1))
async def main():
    try:
        await asyncio.gather(fail(), one())
    except ValueError:
        print("failed")
asyncio.run(main())
p.add(Keep(2))
"""
    assert _codes(refused, text) == {"RM106"}


_UNKNOWN = {
    "a deque that changes": "d = deque([1, 2])\ntry:\n    for x in d:\n        d.append(3)\nexcept RuntimeError:\n"
    "    x = 9\np.add(Keep([x, list(d)]))",
    "a deque of limited length": "d = deque([1, 2], maxlen=1)\np.add(Keep(list(d)))",
    "a slice of a deque": "d = deque([1, 2])\ntry:\n    x = d[:1]\nexcept TypeError:\n    x = 9\np.add(Keep(x))",
    "names that are none": "try:\n    P = namedtuple('P', 'x class')\nexcept ValueError:\n    P = tuple\n"
    "p.add(Keep(P))",
    "names that are changed": "P = namedtuple('P', 'x x', rename=True)\np.add(Keep(P(1, 2)._1))",
    "a property that is deleted": """class C:
    @property
    def x(self):
        return 1
    @x.deleter
    def x(self):
        p.add(Keep(2))
c = C()
del c.x
p.add(Keep(c.x))""",
}


@pytest.mark.parametrize("text", _UNKNOWN.values(), ids=_UNKNOWN)
def test_what_is_not_followed_is_refused(refused: Refuse, text: str) -> None:
    assert _codes(refused, text) <= {"RM106", "RM107", "RM108"}


def test_deque_matches_as_a_sequence(compiled: Compile) -> None:
    text = "match deque([1, 2, 3]):\n    case [first, *rest]:\n        p.add(Keep([first, rest]))\n    case _: ..."
    assert _kept(compiled, text) == [[1, [2, 3]]]


def test_setter_changes_the_graph(compiled: Compile) -> None:
    text = """
class Chain:
    @property
    def last(self):
        return None
    @last.setter
    def last(self, value):
        p.add(Keep(value))
chain = Chain()
chain.last = 1
chain.last = 2
"""
    assert _kept(compiled, text) == [1, 2]


def test_named_tuple_that_has_no_name_cannot_stand_in_a_manifest(refused: Refuse) -> None:
    text = "def make():\n    return namedtuple('P', 'x')(1)\np.add(Keep(make()))"
    assert _codes(refused, text) == {"RM108"}


_DECLARE = "declare it: `p.param("


@pytest.mark.parametrize(
    "text",
    [
        "p.add(Keep(int(sys.argv[1]) if len(sys.argv) > 1 else 16000))",
        "import argparse\nparser = argparse.ArgumentParser()\nargs = parser.parse_args()\np.add(Keep(args.rate))",
        "if len(sys.argv) > 2:\n    p.add(Keep(1))",
        "def build(q):\n    if len(sys.argv) > 2:\n        return\n    q.add(Keep(1))\nbuild(p)",
        "for name in sys.argv[1:]:\n    p.add(Keep(name))",
        "sys.argv[1:] and p.add(Keep(1))",
    ],
)
def test_arguments_of_the_program_are_to_be_declared(refused: Refuse, text: str) -> None:
    (found,) = refused(_HEAD + text)
    assert found.help is not None
    assert _DECLARE in found.help
    assert "sys.argv" in f"{found.label} {found.notes}" or "argparse" in f"{found.label} {found.notes}"


def test_refused_change_has_the_way_of_its_cause(refused: Refuse) -> None:
    text = "import helper\nrate = helper.RATE\nhigh = rate > 8000\nif high:\n    p.add(Keep(1))"
    (found,) = refused(_HEAD + text, helper="import sys\nRATE = int(sys.argv[1])\n")
    assert found.code == "RM106"
    assert [note.partition(": ")[0] for note in found.notes] == [
        "it sets `high` in line 15 of `pipeline.py`",
        "it sets `rate` in line 14 of `pipeline.py`",
        "it comes from `sys.argv` in line 2 of `helper.py`",
    ]


_CAUGHT = {
    "handed on": "raise",
    "handed on as another": "raise RuntimeError('no') from None",
    "logged and ended": "print('failed')\n    sys.exit(1)",
}


@pytest.mark.parametrize("handler", _CAUGHT.values(), ids=_CAUGHT)
def test_failure_that_ends_the_program_does_not_matter(compiled: Compile, handler: str) -> None:
    text = f"try:\n    print(int(os.environ['X']))\n    p.add(Keep(1))\nexcept Exception:\n    {handler}\n"
    assert _kept(compiled, text) == [1]


def test_failure_that_matters_is_named(refused: Refuse) -> None:
    text = "try:\n    rate = int(os.environ['RATE'])\n    p.add(Keep(1))\nexcept KeyError:\n    print('none')\n"
    (found,) = refused(_HEAD + text)
    assert "behind `os.environ['RATE']`, which may fail" in found.label
    assert found.help is not None
    assert "p.secret" in found.help
