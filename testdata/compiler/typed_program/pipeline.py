"""Code full of types: they change nothing."""
from __future__ import annotations
from typing import (TYPE_CHECKING, Any, Callable, ClassVar, Final, Generic, Literal, NamedTuple, NewType, Optional, Protocol,
                    TypeAlias, TypedDict, TypeVar, Union, cast, overload)
from collections.abc import Mapping, Sequence
from remotemedia import Node, Pipeline

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

T = TypeVar("T", bound=Node)
Rate = NewType("Rate", int)
Json: TypeAlias = "dict[str, Any]"
QualityT = Literal["low", "medium", "high"]

class Options(TypedDict, total=False):
    rate: int
    quality: QualityT

class Spec(NamedTuple):
    name: str
    options: Options = {}

class HasName(Protocol):
    name: str

@overload
def pick(x: int) -> int: ...
@overload
def pick(x: str) -> str: ...
def pick(x: int | str) -> int | str:
    return x

class Typed(Node, Generic[T]):
    DEFAULT: ClassVar[Final[int]] = 3
    def __init__(self, rate: Rate = Rate(16000), quality: QualityT = "low", inner: Optional[Mapping[str, Sequence[int]]] = None,
                 tensor: Tensor | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
    def process(self, data: np.ndarray) -> np.ndarray | None:
        return data

def chain(p: Pipeline, *nodes: T) -> Pipeline:
    for n in nodes:
        p.add(n)
    return p

specs: Final[Sequence[Spec]] = [Spec("a", {"rate": 8000}), Spec("b", options=Options(quality="high", rate=16000)), Spec(name="c")]
p: Pipeline = Pipeline("typed")
chain(p, *(Typed(Rate(s.options.get("rate", 1)), cast(QualityT, s.options.get("quality", "low")), name=s.name) for s in specs))
p.add(Typed(pick(5), inner={"a": (1, 2), "b": range(3)} if False else {"a": [1]}))
p.add(Typed(Typed.DEFAULT, name=s.name + "!" if (s := specs[-1]) else None))
