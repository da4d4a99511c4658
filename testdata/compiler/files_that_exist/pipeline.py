"""What is there and what is not, before anything could have made it."""

import json
import os
from pathlib import Path

from remotemedia import Node, Pipeline

HERE = Path(__file__).parent
SETTINGS = HERE / "settings.json"
OVERRIDE = HERE / "override.json"


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


settings = json.loads(SETTINGS.read_text()) if SETTINGS.exists() else {}
if OVERRIDE.is_file():
    settings |= json.loads(OVERRIDE.read_text())

p = Pipeline("files that exist")
p.add(Keep(settings))
p.add(Keep([os.path.exists(SETTINGS), os.path.isfile(HERE / "nothing"), os.path.isdir(HERE), Path("models").is_dir()]))
