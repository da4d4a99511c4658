"""Inputs to measure a model with: a user's own, or made up from its shapes, the same each time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.lib.npyio import NpzFile
from onnx import ModelProto

_RUNS: Final = 4
_MOST: Final = 64  # runs of a user's own data that are measured
_ENOUGH: Final = 1 << 18  # numbers in the runs of one length
USUAL: Final = (16, 64, 256, 576)
"""Lengths that are given to axes of any length."""
ODD: Final = (1, 32, 128, 224, 320, 512)
"""Lengths that are tried if a model takes none of the usual ones."""

_SEED: Final = 20_260_101
_DTYPES: Final[Mapping[str, type[np.generic]]] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(int16)": np.int16,
    "tensor(int8)": np.int8,
    "tensor(uint64)": np.uint64,
    "tensor(uint32)": np.uint32,
    "tensor(uint16)": np.uint16,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
}

Feed = dict[str, np.ndarray[Any, np.dtype[Any]]]


@dataclass(frozen=True)
class Input:
    """One input of a model.

    Attributes:
        name: as the model has it.
        type: as ONNX Runtime writes it, `tensor(float)`.
        shape: a number for each axis, or something else where any length will do.
        below: what integers are less than: the rows of the table that they are looked up in, or 2.
    """

    name: str
    type: str
    shape: tuple[Any, ...]
    below: int = 2


@dataclass(frozen=True)
class Wiring:
    """How a node feeds its model, as the manifest has it.

    Attributes:
        constants: values of inputs that never change.
        states: the output that gives an input's next value, by input; zeros at first.
    """

    constants: Mapping[str, Any] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)

    def fixed(self, inputs: Sequence[Input]) -> Feed:
        """The inputs that no packet gives, as they are at first.

        Raises:
            ValueError: a constant is no value of its input's type.
        """
        feed: Feed = {}
        for it in inputs:
            if it.name in self.constants:
                feed[it.name] = np.asarray(self.constants[it.name], _dtype(it))
            elif it.name in self.states:
                feed[it.name] = np.zeros([dim if isinstance(dim, int) else 1 for dim in it.shape], _dtype(it))
        return feed


def rows_of_tables(model: ModelProto) -> dict[str, int]:
    """Return what the numbers in an input have to be less than: the rows of the table that they select from."""
    rows = {it.name: it.dims[0] for it in model.graph.initializer if it.dims}
    found: dict[str, int] = {}
    for node in model.graph.node:
        if node.op_type == "Gather" and node.input[0] in rows:
            name = node.input[1]
            found[name] = min(rows[node.input[0]], found.get(name, rows[node.input[0]]))
    return found


def seeded(inputs: Sequence[Input], fixed: Feed, lengths: Sequence[int]) -> Iterator[list[Feed]]:
    """Give lists of runs, one for each length of the axes that may have any; one list if there are no such axes.

    Numbers are of a standard normal distribution; integers are rows of their table; masks cover everything.

    Raises:
        ValueError: an input is of a type for which nothing can be made up.
    """
    open_ = [it for it in inputs if it.name not in fixed]
    has_any = any(not isinstance(dim, int) for it in open_ for dim in it.shape)
    for length in lengths if has_any else lengths[:1]:
        random = np.random.default_rng(_SEED)
        first = {it.name: _values(it, length, random) for it in open_}
        count = _ENOUGH // max(1, *(array.size for array in first.values()), 1)
        further = range(1, min(max(count, 1), _RUNS))
        yield [first, *({it.name: _values(it, length, random) for it in open_} for _ in further)]


def recorded(files: Sequence[Path], inputs: Sequence[Input], fixed: Feed) -> list[Feed]:
    """Return the runs of a user's data that are of this model: those files that have an array for each of its inputs.

    An array with one axis more than its input holds several runs along that.

    Raises:
        ValueError: a file cannot be read, or its arrays hold different numbers of runs.
    """
    by_name = {it.name: it for it in inputs}
    needed = by_name.keys() - fixed.keys()
    runs: list[Feed] = []
    for file in files:
        with file.open("rb") as stream, NpzFile(stream, allow_pickle=False) as arrays:
            if needed <= set(arrays.files) <= by_name.keys():
                feed = {name: np.asarray(arrays[name], _dtype(by_name[name])) for name in arrays.files}
                runs += _split(feed, by_name)
    return runs[:_MOST]


def _split(feed: Feed, inputs: Mapping[str, Input]) -> list[Feed]:
    stacked = [name for name, array in feed.items() if array.ndim == len(inputs[name].shape) + 1]
    if not stacked:
        return [feed]
    counts = {len(feed[name]) for name in stacked}
    if len(counts) > 1:
        raise ValueError(f"its arrays hold {' and '.join(map(str, sorted(counts)))} runs")
    return [
        {name: array[run] if name in stacked else array for name, array in feed.items()} for run in range(counts.pop())
    ]


def _dtype(it: Input) -> type[np.generic]:
    if it.type not in _DTYPES:
        raise ValueError(f"input `{it.name}` is a `{it.type}`")
    return _DTYPES[it.type]


def _values(it: Input, length: int, random: np.random.Generator) -> "np.ndarray[Any, np.dtype[Any]]":
    dtype = _dtype(it)
    shape = [
        dim if isinstance(dim, int) else 1 if axis == 0 and len(it.shape) > 1 else length
        for axis, dim in enumerate(it.shape)
    ]
    if np.issubdtype(dtype, np.floating):
        return random.standard_normal(shape).astype(dtype)
    if dtype is np.bool_ or "mask" in it.name.lower():
        return np.ones(shape, dtype)
    return random.integers(0, max(it.below, 1), shape).astype(dtype)
