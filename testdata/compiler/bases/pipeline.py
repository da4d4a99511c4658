from abc import ABC, abstractmethod
from typing import Generic, Protocol, TypeVar, final

from remotemedia import AudioMixNode, Node, Pipeline

T = TypeVar("T")


class Sized(Protocol):
    size: int


class Mixin:
    def helper(self):
        return 1


class Template(Node, ABC):
    def __init__(self, level, **kw):
        super().__init__(**kw)

    @abstractmethod
    def process(self, value): ...


class Typed(Mixin, Template, Generic[T]):
    def process(self, value):
        return value


@final
class Mono(AudioMixNode):
    pass


class Outer:
    class Inner(Mixin, Node):
        def process(self, value):
            return value


p = Pipeline("bases")
p.add(Typed(3, extra=1)).add(Mono(1)).add(Outer.Inner(name="nested"))
