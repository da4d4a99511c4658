import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Optional, Protocol, TypedDict, Union

from remotemedia import Node, Pipeline


class Mode(enum.Enum):
    FAST = "fast"
    EXACT = "exact"


class Sized(Protocol):
    def __len__(self) -> int: ...


class Options(TypedDict, total=False):
    depth: int


class Typed(Node):
    def __init__(
        self,
        whole: int = 0,
        real: float = 0.0,
        text: str = "",
        flag: bool = False,
        many: list[int] | None = None,
        named: dict[str, float] | None = None,
        pair: tuple[int, str] = (0, ""),
        mode: Mode = Mode.FAST,
        choice: Literal["low", "high"] = "low",
        maybe: Optional[str] = None,
        either: Union[int, "str"] = 0,
        implicit: int = None,
        sequence: Sequence[str] = (),
        mapping: "Mapping[str, int]" = None,
        place: Path = Path("."),
        call: Callable[[Any], Any] = len,
        sized: Sized = (),
        options: Options = None,
        missing: "NotImported" = None,
        **kwargs,
    ):
        super().__init__(**kwargs)

    def process(self, value):
        return value


@dataclass
class Gain(Node):
    factor: float
    label: str = ""

    def process(self, value):
        return value * self.factor


p = Pipeline("annotations")
# As it should be: nothing is found.
p.add(Typed(1, 2, "three", True, [4], {"five": 6}, (7, "eight"), Mode.EXACT, "high", None, "nine", None))
p.add(Typed(either=1, sequence=["a"], mapping={"b": 1}, place=Path("words.txt"), sized=[1], options={"depth": 1}, missing=3))
p.add(Gain(2))
# As it should not.
p.add(Typed("1", "2", 3, 1, ["4"], {"five": "6"}, (7,), "exact", "medium", 10, 1.5, "none"))
p.add(Typed(sequence=3, mapping=[("b", 1)], place="words.txt", call="len"))
p.add(Gain([2], label=None))
