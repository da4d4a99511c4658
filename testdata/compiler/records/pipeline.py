"""Dataclasses and named tuples as settings."""
from dataclasses import dataclass, field
from typing import NamedTuple

from remotemedia import AudioMixNode, AudioResampleNode, Pipeline


@dataclass
class Settings:
    name: str
    rates: list = field(default_factory=list)
    channels: int = field(default=2, kw_only=True)

    def __post_init__(self):
        self.rates.append(8000)

    @property
    def highest(self):
        return max(self.rates)


class Stage(NamedTuple):
    channels: int
    name: str = "stage"


first, second = Settings("first", [16000]), Settings("second", channels=4)
second.rates.append(44100)
p = Pipeline("records")
for settings in (first, second):
    p.add(AudioResampleNode(settings.highest, name=settings.name))
    p.add(AudioMixNode(settings.channels, name=f"{settings.name}_mix"))
for channels, name in [Stage(1), Stage(2, "last")]:
    p.add(AudioMixNode(channels, name=name))
