"""A builder: its attributes, properties, class methods and bases."""
from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Pipeline


class Base:
    rate = 16000
    made = []

    def __init__(self, name):
        self.p = Pipeline(name)
        self.made.append(name)
        self.begin()

    def begin(self):
        self.p.add(AudioSource())


class App(Base):
    rate = Base.rate // 2

    def __init__(self, name, *, stages):
        self.stages = stages
        super().__init__(name)
        self.p.add(AudioResampleNode(self.half))

    @property
    def half(self):
        return self.rate // 2

    @classmethod
    def named(cls, name):
        return cls(name, stages=cls.count(2))

    @staticmethod
    def count(number):
        return number + 1

    def begin(self):
        super().begin()
        for stage in range(self.stages):
            self.p.add(AudioMixNode(stage + 1))


app = App.named("classes")
app.extra = AudioMixNode(len(app.made), name="extra")
app.p.add(app.extra, after=app.p.nodes[0])
