"""Files that the program reads while it builds its graph are inputs of the build."""

import json
import tomllib
from pathlib import Path

import numpy as np

from keep import Keep

from remotemedia import Pipeline

HERE = Path(__file__).parent

with open(HERE / "settings.json") as file:
    settings = json.load(file)
with (HERE / "settings.toml").open("rb") as file:
    tables = tomllib.load(file)
labels = (HERE / "labels.txt").read_text().splitlines()
first = open(str(HERE / "labels.txt"), encoding="utf-8").readline()

p = Pipeline(settings["name"])
for rate in settings["rates"]:
    p.add(Keep(rate))
p.add(Keep({"labels": labels, "first": first.strip(), "gain": tables["audio"]["gain"]}))
p.add(Keep(np.load(HERE / "window.npy")))
p.add(Keep([line.upper() for line in open(HERE / "labels.txt")]))
p.add(Keep(HERE / "labels.txt"))
