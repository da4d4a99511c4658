"""Members of enumerations that are numbers and texts as well, told to built-in nodes."""
from enum import Enum, IntEnum, StrEnum

from remotemedia import Pipeline
from remotemedia.nodes import MultiplyNode
from remotemedia.nodes.audio import AudioMixNode, AudioResampleNode


class Channels(IntEnum):
    MONO = 1
    STEREO = 2


class Quality(StrEnum):
    LOW = "low"
    HIGH = "high"


class Rate(int, Enum):
    SPEECH = 16000


class Factor(float, Enum):
    HALF = 0.5


p = Pipeline("enum_builtin")
p.add(AudioMixNode(channels=Channels.STEREO))
p.add(AudioResampleNode(Rate.SPEECH, quality=Quality.HIGH))
p.add(MultiplyNode(Factor.HALF), after=[])
