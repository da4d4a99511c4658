"""Programs of one node, what they are given, and what every runtime must make of it.

`scripts/docs.py` prints the table in `docs/reference/runtimes.md` from these declarations, and `test_conformance.py`
proves them. A program's source defines the class `N`; values stand as lines of JSON (`schemas/packet.md`).
"""

from __future__ import annotations

import base64
import json
import struct
from typing import Any, Final, NamedTuple

RUNTIMES: Final = ("python-wasm", "rustpython", "python", "p.run()")
"""In the order of the table's columns."""


class Program(NamedTuple):
    """One node, and what is expected of it in every runtime.

    Attributes:
        name: for people.
        source: of a module with the class `N`.
        given: lines; None is no input at all.
        emitted: lines.
        code: of the error that ends the run, after all in `emitted`.
        args: of the constructor, as source.
        other: what is not so in a runtime, with the reason: the program is not run there.
        pts: start and end of each packet in milliseconds, where the input has times.
    """

    name: str
    source: str
    given: tuple[str, ...] | None = ()
    emitted: tuple[str, ...] = ()
    code: str | None = None
    args: str = ""
    other: dict[str, str] = {}  # noqa: RUF012 - a default that nobody changes


def process(*lines: str, head: str = "def process(self, value):", before: str = "") -> str:
    """The source of a node with one method."""
    body = "\n".join(f"        {line}" for line in lines)
    return f"{before}\nclass N(Node):\n    {head}\n{body}\n"


def lines(*values: Any) -> tuple[str, ...]:
    """Values that JSON has, as lines."""
    return tuple(json.dumps(value, separators=(",", ":"), ensure_ascii=False) for value in values)


def sound(*samples: float, rate: int = 16000, channels: int = 1) -> str:
    """Sound of 32-bit floats, channel after channel, as a line."""
    head = {"format": "f32", "rate": rate, "channels": channels, "layout": "planar"}
    return json.dumps({"$audio": head, "data": _packed("f", samples)}, separators=(",", ":"))


def tensor(*numbers: float, shape: tuple[int, ...], dtype: str = "f32") -> str:
    """An array as a line."""
    data = _packed({"f32": "f", "f64": "d", "i32": "i"}[dtype], numbers)
    return json.dumps({"$tensor": {"dtype": dtype, "shape": list(shape)}, "data": data}, separators=(",", ":"))


def extended(text: str, data: bytes = b"") -> str:
    """A value that JSON has not, by its text, as a line."""
    return json.dumps({"$json": text, "data": base64.b64encode(data).decode()}, separators=(",", ":"))


def _packed(kind: str, numbers: tuple[float, ...]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}{kind}", *numbers)).decode()


_STATEFUL = """
class N(Node):
    def __init__(self, start=0, **kwargs):
        super().__init__(**kwargs)
        self.total = start

    def process(self, value):
        self.total += value
        return self.total
"""

_PAIRS = """
class N(Node):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.kept = []

    def process(self, value):
        self.kept.append(value)
        if len(self.kept) == 2:
            kept, self.kept = self.kept, []
            return kept

    def flush(self):
        return self.kept or None
"""

_STREAMING = """
class N(Node):
    is_streaming = True

    async def process(self, stream):
        last = None
        async for value in stream:
            if last is not None:
                yield value - last
            last = value
        yield "end"
"""

_SESSIONS = """
class N(Node):
    async def process(self, value):
        self.set_session_id(value["session_id"])
        state = await self.get_session_state()
        state.set("seen", (state.get("seen") or 0) + 1)
        return [value["session_id"], state.get("seen")]
"""

_CONTEXT = """
import contextlib


class N(Node):
    @contextlib.contextmanager
    def doubled(self, value):
        yield 2 * value

    def process(self, value):
        with self.doubled(value) as twice:
            return twice
"""

PROGRAMS: Final = (
    Program(
        "a value for a value", process("return value * 2"), lines(1, 2.5, "ab", [1]), lines(2, 5.0, "abab", [1, 1])
    ),
    Program("`None` is no packet", process("return value if value % 2 else None"), lines(1, 2, 3), lines(1, 3)),
    Program(
        "`async def`", process("return -value", head="async def process(self, value):"), lines(1, 2), lines(-1, -2)
    ),
    Program(
        "`await` that suspends",
        process(
            "await asyncio.sleep(0)", "return -value", head="async def process(self, value):", before="import asyncio"
        ),
        lines(1, 2),
        lines(-1, -2),
    ),
    Program("a generator", process("yield from range(value)"), lines(2, 0, 3), lines(0, 1, 0, 1, 2)),
    Program(
        "an asynchronous generator",
        process("for n in range(value):", "    yield n * n", head="async def process(self, value):"),
        lines(3, 1),
        lines(0, 1, 4, 0),
    ),
    Program("a node over the whole stream", _STREAMING, lines(3, 5, 4), lines(2, -1, "end")),
    Program("a source", process("yield from ('a', 'b')", head="def process(self):"), None, lines("a", "b")),
    Program("state in `self`", _STATEFUL, lines(1, 2, 3), lines(11, 13, 16), args="start=10"),
    Program("`flush` at the end", _PAIRS, lines(1, 2, 3), lines([1, 2], [3])),
    Program(
        "state of sessions",
        _SESSIONS,
        lines({"session_id": "a"}, {"session_id": "b"}, {"session_id": "a"}),
        lines(["a", 1], ["b", 1], ["a", 2]),
    ),
    Program("`contextlib`", _CONTEXT, lines(4), lines(8)),
    Program(
        "a dataclass",
        process(
            "return Point(value, [value])",
            before="from dataclasses import dataclass\n\n\n@dataclass\nclass Point:\n    x: int\n    path: list\n\n",
        ),
        lines(3),
        lines({"x": 3, "path": [3]}),
    ),
    Program(
        "sound comes and goes",
        process("samples, rate = value", "return (samples, 2 * rate)"),
        (sound(0.5, -0.5),),
        (sound(0.5, -0.5, rate=32000),),
    ),
    Program(
        "sound with what is known of it",
        process(
            "samples, rate = value", "return (samples, rate, {'loud': max(samples.tolist()) > 0.4, 'n': len(samples)})"
        ),
        (sound(0.5, -0.5), sound(0.0, 0.25)),
        tuple(
            json.dumps({**json.loads(line), "meta": meta}, separators=(",", ":"))
            for line, meta in (
                (sound(0.5, -0.5), {"loud": True, "n": 2}),
                (sound(0.0, 0.25), {"loud": False, "n": 2}),
            )
        ),
    ),
    Program(
        "sound of two channels",
        process("samples, rate = value", "return [list(samples.shape), samples.tolist(), rate]"),
        (sound(0.5, 0.25, -0.5, -0.25, channels=2),),
        lines([[2, 2], [[0.5, 0.25], [-0.5, -0.25]], 16000]),
    ),
    Program(
        "an array comes",
        process("return [list(value.shape), value[1].tolist(), float(value[0][1])]"),
        (tensor(1, 2, 3, 4, shape=(2, 2)),),
        lines([[2, 2], [3.0, 4.0], 2.0]),
    ),
    Program(
        "an array is made",
        process("return Array([[value, 0.5]], dtype='f32')", before="from remotemedia.array import Array\n\n"),
        lines(1.5),
        (tensor(1.5, 0.5, shape=(1, 2)),),
    ),
    Program(
        "an array goes on",
        process("return value"),
        (tensor(1, -2, 3, shape=(3,), dtype="i32"), tensor(0.1, shape=(), dtype="f64")),
        (tensor(1, -2, 3, shape=(3,), dtype="i32"), tensor(0.1, shape=(), dtype="f64")),
    ),
    Program(
        "tuples, and keys that are no strings",
        process("return {1: (value, (2, 3)), 'b': [value]}"),
        lines("a"),
        (extended('{"$map":[[1,{"$tuple":["a",{"$tuple":[2,3]}]}],["b",["a"]]]}'),),
    ),
    Program(
        "large integers",
        process("return value ** 40"),
        lines(10, -7),
        (extended(f'{{"$int":"{10**40}"}}'), extended(f'{{"$int":"{7**40}"}}')),
    ),
    Program(
        "floats that JSON lacks",
        process("return [float('nan'), float('inf'), -float('inf'), value]"),
        lines(0.1),
        (extended('[{"$float":"nan"},{"$float":"inf"},{"$float":"-inf"},0.1]'),),
    ),
    Program(
        "bytes",
        process("return bytes(reversed(value))"),
        ('{"$bytes":"AAEC"}',),
        ('{"$bytes":"AgEA"}',),
    ),
    Program(
        "bytes within a value",
        process("return {'raw': value, 'n': len(value)}"),
        ('{"$bytes":"AAECAwQFBgc="}',),
        (extended('{"raw":{"$bytes":0,"length":8},"n":8}', bytes(range(8))),),
    ),
    Program("text of all planes", process("return value[::-1]"), lines("aä€😀"), lines("😀€äa")),
    Program("a key with a `$`", process("return {'$a': value}"), lines(1), ('{"$$a":1}',)),
    Program(
        "`print` and `logging` stay out of the data",
        process("print(value)", "logging.warning('%s', value)", "return value", before="import logging\n"),
        lines(1, 2),
        lines(1, 2),
    ),
    Program(
        "`random` follows the run's seed",
        process("return [random.randrange(value) for _ in range(4)]", before="import random\n"),
        lines(100, 100),
        lines([49, 97, 53, 5], [33, 65, 62, 51]),
        other={"p.run()": "the program's own seed holds there"},
    ),
    Program(
        "the pure standard library",
        process(
            "text = re.sub(r'\\d+', lambda it: str(int(it[0]) + 1), value)",
            "digest = hashlib.sha256(text.encode()).hexdigest()[:8]",
            "return [text, str(Fraction(3, 6)), str(Decimal('0.1') * 3), digest]",
            before="import hashlib\nimport re\nfrom decimal import Decimal\nfrom fractions import Fraction\n\n",
        ),
        lines("a1b9"),
        lines(["a2b10", "1/2", "0.3", "199951a9"]),
    ),
    Program("an exception", process("return 1 / value"), lines(4, 0, 2), lines(0.25), code="RM602"),
    Program(
        "an exception of a generator",
        process("yield value", "raise KeyError(value)"),
        lines(1),
        lines(1),
        code="RM602",
    ),
    Program(
        "a constructor that fails",
        "\nclass N(Node):\n    def __init__(self, n, **kwargs):\n        super().__init__(**kwargs)\n"
        "        self.n = [1, 2][n]\n\n    def process(self, value):\n        return self.n\n",
        lines(1),
        code="RM601",
        args="n=5",
        other={"p.run()": "it is made before there is a run"},
    ),
    Program(
        "a value that is none of an edge",
        process("return object()"),
        lines(1),
        code="RM605",
        other={"p.run()": "within one process it is a result"},
    ),
    Program(
        "a call that does not end",
        process("while value:", "    pass"),
        lines(1),
        code="RM603",
        other={"p.run()": "your own process has no deadline"},
    ),
)


class BuiltIn(NamedTuple):
    """A built-in node, and what it is given: each of its kinds makes the same of it.

    Attributes:
        made: the call that makes it; its id is `N`.
        module: where its class is imported from.
        given: lines.
    """

    made: str
    module: str
    given: tuple[str, ...]

    @property
    def needs_numpy(self) -> bool:
        """Whether its class does; as a native node it does not."""
        return self.module == _AUDIO


_TONE: Final = tuple(round(0.3 * (-1) ** (n // 8) * (n % 8) / 8, 6) for n in range(1600))
_SOUND: Final = (sound(*_TONE), sound(*[0.0] * 1600), sound(*_TONE, rate=16000, channels=2))
_AUDIO, _BASE = "remotemedia.nodes.audio", "remotemedia.nodes.base"

BUILT_IN: Final = (
    BuiltIn("AudioBuffer(buffer_size_samples=1000)", _AUDIO, _SOUND[:2]),
    BuiltIn("VADNode(frame_duration_ms=20)", _AUDIO, _SOUND),
    BuiltIn("VoiceActivityDetector(frame_duration_ms=20)", _AUDIO, _SOUND[:2]),
    BuiltIn("VoiceActivityDetector(filter_mode=True)", _AUDIO, _SOUND[:2]),
    BuiltIn("FormatConverterNode(target_format='i16')", _AUDIO, _SOUND),
    BuiltIn("ExtractAudioDataNode()", _AUDIO, _SOUND),
    BuiltIn("PassThroughNode()", _BASE, (*lines(1, "a", [1.5]), _SOUND[0])),
    BuiltIn("BufferNode(buffer_size=2)", _BASE, lines(1, 2, 3)),
    BuiltIn("MultiplyNode(factor=3)", "remotemedia.nodes.simple_math", lines(1, 2.5)),
    BuiltIn("AddNode(addend=3)", "remotemedia.nodes.simple_math", lines(1, 2.5)),
    BuiltIn(
        "CalculatorNode()",
        "remotemedia.nodes.calculator",
        lines({"operation": "add", "args": [1, 2]}, {"operation": "divide", "args": [1, 4]}),
    ),
    BuiltIn("DataSink()", "remotemedia.nodes.io", lines(1, "b")),
)

HEAD: Final = "from remotemedia import Node, Pipeline\n"


def module(program: Program) -> str:
    """The source of a program that makes a pipeline of it."""
    return f'{HEAD}{program.source}\n\np = Pipeline("program")\np.add(N({program.args}))\n'


def built_in_module(node: BuiltIn) -> str:
    """The source of a pipeline of a built-in node."""
    name = node.made.partition("(")[0]
    made = node.made[:-1] + (", " if node.made[-2] != "(" else "") + "name='N')"
    head = f"from {node.module} import {name}\nfrom remotemedia import Pipeline\n"
    return f'{head}\np = Pipeline("program")\np.add({made})\n'


def table() -> list[str]:
    """The rows of the documentation."""
    rows = [f"| a node that is or does | {' | '.join(f'`{it}`' for it in RUNTIMES)} |", "|---|---|---|---|---|"]
    for program in PROGRAMS:
        expected = f"`{program.code}`" if program.code else "✓"
        cells = (f"no: {program.other[it]}" if it in program.other else expected for it in RUNTIMES)
        rows.append(f"| {program.name} | {' | '.join(cells)} |")
    return rows
