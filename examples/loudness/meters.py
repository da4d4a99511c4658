"""The node of this pipeline, in a module beside it."""

import math
from dataclasses import dataclass

from remotemedia import Node


@dataclass
class Scale:
    """How loudness is told."""

    floor_db: float = -60.0
    digits: int = 1

    def of(self, power):
        """Return the level of a mean power in decibels of full scale."""
        level = 10 * math.log10(power) if power > 0 else self.floor_db
        return round(max(level, self.floor_db), self.digits)


class LoudnessMeter(Node):
    """Gives the level of each window that is louder than a threshold, with its time."""

    def __init__(self, scale, threshold_db=-40.0, **kwargs):
        """Tell levels on `scale`, from `threshold_db` upwards."""
        super().__init__(**kwargs)
        self.scale = scale
        self.threshold_db = threshold_db
        self.seconds = 0.0

    def process(self, sound):
        """Take one window."""
        samples, rate = sound
        started, self.seconds = self.seconds, self.seconds + len(samples) / rate
        level = self.scale.of(sum(float(x) ** 2 for x in samples) / len(samples))
        return {"seconds": round(started, 3), "db": level} if level >= self.threshold_db else None
