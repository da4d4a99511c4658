"""What is there may be what the program itself has made."""

import os
from pathlib import Path

from remotemedia import AudioMixNode, Pipeline

os.makedirs("out", exist_ok=True)

p = Pipeline("files made")
if Path("out").exists():
    p.add(AudioMixNode())
