"""Properties that are set, and texts that repeat their source."""

from remotemedia import Node, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


class Settings:
    def __init__(self):
        self._rate = 8000
        self.changes = 0

    @property
    def rate(self):
        return self._rate

    @rate.setter
    def rate(self, value):
        self._rate = max(value, 8000)
        self.changes += 1


p = Pipeline("accessors")
settings = Settings()
settings.rate = 100
settings.rate *= 2
p.add(Keep([settings.rate, settings.changes]))
rate = settings.rate
p.add(Keep([f"{rate=}", f"{rate = }", f"{rate // 2 = :>6}", f"{'a' + 'b'=}", f"{rate=!s}"]))
