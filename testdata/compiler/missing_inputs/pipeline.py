"""A file that the graph depends on has to be one of the project; any other may be missing."""

import json
from pathlib import Path

from remotemedia import Node, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


settings = json.load(open(Path(__file__).parent / "absent.json"))
outside = open("/etc/hostname").read()
unused = open("nowhere.txt")

p = Pipeline("inputs")
p.add(Keep(settings["rate"])).add(Keep(outside)).add(Keep(next(Path(__file__).parent.glob("*.json"))))
