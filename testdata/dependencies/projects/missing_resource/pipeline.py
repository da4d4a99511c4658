"""Data that is not there, or not known to be there, is said at its place."""

from importlib.resources import files

from remotemedia import Node, Pipeline


class Words(Node):
    def __init__(self, package="app", **kwargs):
        super().__init__(**kwargs)
        self.words = files("app").joinpath("words.txt").read_text()
        self.outside = files("app").joinpath("../../secret.txt").read_text()
        self.other = files(package).joinpath("words.txt").read_text()

    def process(self, value):
        return self.words


p = Pipeline("data")
p.add(Words())
