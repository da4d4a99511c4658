"""Data of the project's packages that is read through `importlib.resources` or `pkgutil` travels with the code."""

import pkgutil
from importlib import resources

from app import tables
from remotemedia import Node, Pipeline


class Words(Node):
    def __init__(self, rule="rules", **kwargs):
        super().__init__(**kwargs)
        self.words = resources.files(tables).joinpath("words.txt").read_text().split()
        self.curve = pkgutil.get_data("app", "curve.bin")
        self.rules = (resources.files("app") / "grammar" / f"{rule}.json").read_text()

    def process(self, value):
        return [len(self.words), len(self.curve), self.rules]


p = Pipeline("data")
p.add(Words())
