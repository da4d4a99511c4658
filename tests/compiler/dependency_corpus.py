"""The programs of `testdata/dependencies`, and the distributions that they are compiled with."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

__all__ = ["CORPUS", "GENERATOR"]

CORPUS = Path(__file__).parents[2] / "testdata" / "dependencies" / "projects"


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("regenerate_dependency_corpus", CORPUS.parent / "regenerate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()
