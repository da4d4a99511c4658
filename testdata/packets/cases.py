"""The values of the golden vectors, by file."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

NAN, INF = float("nan"), float("inf")


@dataclasses.dataclass
class Segment:
    start: float
    end: float
    label: str


@dataclasses.dataclass
class Case:
    """One vector: the value, what it arrives as where that differs, and where and when its packet stands."""

    value: Any
    arrives: Any = dataclasses.field(default=...)
    packet: dict[str, Any] = dataclasses.field(default_factory=dict)


def ramp(dtype: str, *shape: int) -> Any:
    """Distinct elements, so that a wrong order shows."""
    return (np.arange(int(np.prod(shape))) % 120 - (0 if dtype[0] in "?u" else 3)).astype(dtype).reshape(shape)


def nested(levels: int) -> list[Any]:
    """Lists in lists."""
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


TEXT = {
    "empty": Case(""),
    "ascii": Case("speech"),
    "unicode": Case("Grüße, 你好, 🎧"),
    "control": Case('quote " backslash \\ newline \n tab \t nul \0 escape \x1b delete \x7f separator \u2028'),
    "looks-like-json": Case('{"$float":"nan"}'),
    "long": Case("word " * 2000),
}

BYTES = {
    "empty": Case(b""),
    "every-byte": Case(bytes(range(256))),
    "bytearray": Case(bytearray(b"\x00\x01"), b"\x00\x01"),
    "memoryview": Case(memoryview(b"abc"), b"abc"),
}

AUDIO = {
    "float32-mono": Case((np.array([0.0, 0.5, -0.5, 1.0, -1.0], "f4"), 16000)),
    "float32-one-row": Case((ramp("f4", 1, 4) / np.float32(128), 16000), (ramp("f4", 4) / np.float32(128), 16000)),
    "float32-stereo": Case((ramp("f4", 2, 3) / np.float32(128), 48000)),
    "float64-rounded": Case((np.array([0.1, 1 / 3, 1e300]), 8000), (np.array([0.1, 1 / 3, INF], "f4"), 8000)),
    "int16-mono": Case((np.array([-32768, -1, 0, 1, 32767], "i2"), 44100)),
    "int16-six-channels": Case((ramp("i2", 6, 2), 48000)),
    "int32-stereo": Case((np.array([[-(2**31), 2**31 - 1], [0, 1]], "i4"), 96000)),
    "no-frames": Case((np.zeros(0, "f4"), 16000)),
    "no-frames-stereo": Case((np.zeros((2, 0), "i2"), 16000)),
    "not-a-number": Case((np.array([NAN, INF, -INF, -0.0], "f4"), 16000)),
    "lowest-rate": Case((ramp("i2", 2), 1000)),
    "highest-rate": Case((ramp("i2", 2), 768000)),
    "rate-is-numpy-scalar": Case((ramp("f4", 2), np.int64(22050)), (ramp("f4", 2), 22050)),
    "strided-stereo": Case((np.repeat(ramp("f4", 2, 3), 2, axis=1)[:, ::2], 16000), (ramp("f4", 2, 3), 16000)),
    "big-endian": Case((ramp(">i2", 3), 16000), (ramp("<i2", 3), 16000)),
    "meta": Case((ramp("f4", 2), 16000, {"is_speech": True, "speech_frames": 3, "total_frames": 4})),
    "meta-empty": Case((ramp("f4", 2), 16000, {})),
    "meta-of-every-form": Case(
        (ramp("f4", 2), 16000, {"nan": NAN, "big": 2**53, "pair": (1, 2), "map": {1: "a"}, "$key": "ü"}),
    ),
    "meta-of-numbers-as-keys": Case((ramp("f4", 2), 16000, {0: "left", 1: "right"})),
}

TENSOR = {
    **{f"{name}-2x3": Case(ramp(code, 2, 3)) for name, code in {
        "i8": "i1", "i16": "i2", "i32": "i4", "i64": "i8", "u8": "u1", "u16": "u2", "u32": "u4", "u64": "u8",
        "f16": "f2", "f32": "f4", "f64": "f8",
    }.items()},
    "bool-2x3": Case(np.array([[True, False, True], [False, False, True]])),
    "extremes-i64": Case(np.array([-(2**63), 2**63 - 1], "i8")),
    "extremes-u64": Case(np.array([0, 2**64 - 1], "u8")),
    "f16-special": Case(np.array([NAN, INF, -INF, -0.0, 65504.0, 6e-08], "f2")),
    "f32-special": Case(np.array([NAN, INF, -INF, -0.0, 3.4028235e38, 1e-45], "f4")),
    "f64-special": Case(np.array([NAN, INF, -INF, -0.0, 1.7976931348623157e308, 5e-324])),
    "scalar-shape": Case(np.array(2.5, "f4")),
    "empty": Case(np.zeros(0, "f4")),
    "empty-of-three-axes": Case(np.zeros((2, 0, 3), "i2")),
    "one-dimension": Case(ramp("f4", 5)),
    "four-dimensions": Case(ramp("f4", 1, 2, 3, 2)),
    "big-endian": Case(ramp(">f8", 2, 2), ramp("<f8", 2, 2)),
    "strided": Case(np.repeat(ramp("i4", 2, 2), 2, axis=-1)[..., ::2], ramp("i4", 2, 2)),
}  # fmt: skip

JSON = {
    "true": Case(value=True),
    "false": Case(value=False),
    "integer": Case(-42),
    "largest-plain-integer": Case(2**53 - 1),
    "smallest-plain-integer": Case(-(2**53) + 1),
    "big-integer": Case(2**53),
    "big-negative-integer": Case(-(2**53) - 1),
    "integer-of-4300-digits": Case(10**4300 - 1),
    "float": Case(0.1),
    "float-whole": Case(1.0),
    "float-negative-zero": Case(-0.0),
    "float-large": Case(1e16),
    "float-largest": Case(1.7976931348623157e308),
    "float-smallest": Case(5e-324),
    "float-nan": Case(NAN),
    "float-inf": Case(INF),
    "float-minus-inf": Case(-INF),
    "numpy-float32": Case(np.float32(0.1), float(np.float32(0.1))),
    "numpy-float64": Case(np.float64(0.1), 0.1),
    "numpy-int64": Case(np.int64(7), 7),
    "numpy-uint64": Case(np.uint64(2**64 - 1), 2**64 - 1),
    "numpy-bool": Case(np.True_, arrives=True),
    "empty-list": Case([]),
    "empty-dict": Case({}),
    "empty-tuple": Case(()),
    "list": Case([None, True, 1, 1.5, "a", [2], {"b": 3}]),
    "dict": Case({"start": 0.512, "end": 1.0, "probability": 0.93, "text": "ja: 好", "none": None}),
    "tuple": Case((1, "two", 3.0)),
    "tuple-nested": Case({"pairs": [(1, 2), ((), (3,))]}),
    "keys-with-dollar": Case({"$": 1, "$float": "nan", "$$buf": 0, "a$": 2, "": 3}),
    "keys-not-strings": Case({1: "int", 2.5: "float", None: "none", (1, "a"): "tuple", b"k": "bytes", "s": "str"}),
    "keys-true-and-false": Case({True: 1, False: 0}),
    "keys-numpy": Case({np.int64(3): 1}, {3: 1}),
    "keys-not-strings-with-dollar": Case({1: 2, "$x": 3}),
    "control-characters": Case(['\0\x01\b\f\n\r\t\x1b"\\/\x7f\u2028']),
    "deepest": Case(nested(64)),
    "dataclass": Case(Segment(0.5, 1.5, "speech"), {"start": 0.5, "end": 1.5, "label": "speech"}),
    "dataclass-nested": Case([Segment(0.0, NAN, "$x")], [{"start": 0.0, "end": NAN, "label": "$x"}]),
}

BUFFERS = {
    "array-in-dict": Case({"embedding": ramp("f4", 4), "model": "x"}),
    "arrays-are-aligned": Case([ramp("u1", 3), ramp("f8", 2), ramp("i2", 1), ramp("u1", 1)]),
    "array-beside-number": Case((ramp("f4", 2), 0.5)),
    "array-and-rate-too-low": Case((ramp("f4", 2), 999)),
    "array-and-rate-too-high": Case((ramp("f4", 2), 768001)),
    "array-and-rate-of-no-sample-type": Case((ramp("u1", 2), 16000)),
    "array-of-three-axes-and-rate": Case((ramp("f4", 1, 1, 2), 16000)),
    "array-without-channels-and-rate": Case((np.zeros((0, 2), "f4"), 16000)),
    "array-and-true": Case((ramp("f4", 2), True)),
    "array-alone-in-tuple": Case((ramp("f4", 2),)),
    "four-members": Case((ramp("f4", 2), 16000, {}, 1)),
    "empty-array": Case({"a": ramp("u1", 1), "none": np.zeros((0, 2), "f4")}),
    "scalar-shape": Case([np.array(7, "i8")]),
    "bytes-in-list": Case([b"abc", b"", b"\x00\xff"]),
    "bytes-and-arrays": Case({"png": b"\x89PNG", "mask": np.array([[True, False]]), "gain": ramp("f2", 2)}),
    "bytearray-and-memoryview": Case([bytearray(b"a"), memoryview(b"b")], [b"a", b"b"]),
    "array-in-depth": Case([{"level": [ramp("f4", 1)]}, {"level": [{"a": (ramp("i1", 2),)}]}]),
    "sound-in-list": Case([(ramp("f4", 2), 16000)]),
}

TIMES = {
    "absent": Case("x"),
    "zero": Case("x", packet={"pts": 0, "duration": 0}),
    "negative": Case("x", packet={"pts": -20_000_000, "duration": 10_000_000}),
    "window": Case((ramp("f4", 4), 16000), packet={"seq": 3, "pts": 96_000_000, "duration": 250_000}),
    "extremes": Case("x", packet={"pts": 2**63 - 1, "duration": -(2**63) + 1}),
    "only-duration": Case("x", packet={"duration": 5}),
    "largest-sequence": Case("x", packet={"seq": 2**64 - 1, "stream": 2**32 - 1, "port": 2**32 - 1}),
    "session": Case({"a": 1}, packet={"session": "caller-ü", "stream": 2, "seq": 17, "port": 1}),
    "meta-with-times": Case((ramp("i2", 2), 8000, {"vad": 0.5}), packet={"pts": 1, "duration": 250_000, "seq": 1}),
}

FILES = {
    "text": TEXT,
    "bytes": BYTES,
    "audio": AUDIO,
    "tensor": TENSOR,
    "json": JSON,
    "buffers": BUFFERS,
    "times": TIMES,
}
