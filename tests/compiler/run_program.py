"""Runs a program as Python would, and prints the manifest of the pipeline it has built on the last line.

python run_program.py ROOT PROGRAM
"""

from __future__ import annotations

import gc
import json
import runpy
import sys
from pathlib import Path

from remotemedia import Pipeline


def main(root: Path, program: Path) -> None:
    sys.argv = [str(program)]
    sys.path.insert(0, str(root))
    module = ".".join(program.relative_to(root).with_suffix("").parts)
    # The names keep the pipeline alive.
    names = (
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        if "." in module
        else runpy.run_path(str(program), run_name="__main__")
    )
    sys.modules["__main__"].__file__ = str(program)  # where the program's classes were defined
    (pipeline,) = [found for found in gc.get_objects() if isinstance(found, Pipeline)]
    assert names
    sys.stdout.write(json.dumps(pipeline.to_manifest()) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
