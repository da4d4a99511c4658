"""Paths, as far as names alone say what they are."""

import os
from os.path import join
from pathlib import Path, PurePosixPath

from remotemedia import Node, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


ROOT = Path(__file__).resolve().parent
MODELS = ROOT / "models"

p = Pipeline("paths")
p.add(Keep(MODELS / "a.txt")).add(Keep(MODELS.joinpath("a").with_suffix(".txt")))
p.add(Keep(Path(join(os.path.dirname(__file__), "models", "a" + ".txt"))))
p.add(Keep(Path("models") / ".." / "models" / "a.txt"))
p.add(Keep([MODELS.name, (MODELS / "a.txt").stem, (MODELS / "a.tar.gz").suffixes, PurePosixPath("x/y").parts]))
p.add(Keep([os.path.splitext("a.b")[0], os.path.basename("/x/y"), str(MODELS.relative_to(ROOT)), os.sep]))
p.add(Keep([Path("a") < Path("b"), Path("models").as_posix() + "/a.txt", MODELS.parents[0] == ROOT]))
