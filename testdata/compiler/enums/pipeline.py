"""Enumerations: members, values, aliases, `auto`, iteration, methods and lookup."""
from enum import Enum, Flag, IntEnum, auto

from remotemedia import AudioMixNode, AudioResampleNode, Pipeline


class Rate(IntEnum):
    LOW = 8000
    HIGH = 16000
    TELEPHONE = 8000


class Mode(Enum):
    MONO = auto()
    STEREO = auto()

    @property
    def label(self):
        return self.name.lower()

    def channels(self):
        return self.value


class Option(Flag):
    A = auto()
    B = auto()
    C = auto()


p = Pipeline("enums")
for mode in Mode:
    p.add(AudioMixNode(mode.channels(), name=mode.label))
p.add(AudioResampleNode(Rate["HIGH"].value, name=Rate.TELEPHONE.name))
if Mode(2) is Mode.STEREO and Mode.MONO != Mode.STEREO:
    p.add(AudioMixNode(Option.C.value))
