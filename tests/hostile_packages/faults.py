"""What a network does to transfers: `FAULTS` is a table of what has to come of it."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.simulators.fault_proxy import Fault, Kind

__all__ = ["FAULTS", "SLACK", "Row"]

SLACK = 512 << 10
"""Bytes that may pass a second time for each fault: what was on its way, and has not been written or taken."""


@dataclass(frozen=True)
class Row:
    """One kind of trouble.

    Attributes:
        name: what happens.
        kinds: the faults, one after another.
        result: what comes of it, for people.
    """

    name: str
    kinds: tuple[Kind, ...]
    result: str = "goes on where it stopped"

    def placed(self, moved: int, chance: random.Random) -> list[Fault]:
        """Give the faults at places of a transfer of so many bytes: early ones, as later nothing is asked for."""
        places = sorted(chance.randrange(1000, moved // 3) for _ in self.kinds)
        return [Fault(kind, at) for kind, at in zip(self.kinds, places, strict=True)]


FAULTS = (
    Row("a connection is reset", ("reset",)),
    Row("connections are reset again and again", ("reset",) * 5),
    Row("a connection ends too soon", ("cut",)),
    Row("a connection falls silent", ("stall",)),
    Row("the server is busy (429)", ("429", "429"), "asks again, no earlier than `Retry-After` says"),
    Row("the server fails (500)", ("500",), "asks again"),
    Row("the server is away (503)", ("503", "503"), "asks again, no earlier than `Retry-After` says"),
    Row("all of these", ("reset", "503", "cut", "429", "stall", "500")),
)
