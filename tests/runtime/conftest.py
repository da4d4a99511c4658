"""Packages to run, and to tell of."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from remotemedia.runtime.network import Network
from remotemedia.runtime.publish import build_package
from remotemedia.runtime.resolve import ResolvedPackage, Resolver
from tests.runtime.workers import RunInWorker
from tests.runtime.workers import run_in_worker as run

_CHECKS = """\
from remotemedia import Node, Pipeline


class Twice(Node):
    def process(self, value):
        return value * 2


class Check(Node):
    def __init__(self, limit=2, **kwargs):
        super().__init__(**kwargs)
        self.limit = limit

    def process(self, value):
        return value


p = Pipeline("checks")
p.add(Twice()).add(Check())
"""


@pytest.fixture(scope="session")
def checks(tmp_path_factory: pytest.TempPathFactory) -> ResolvedPackage:
    """A package of two nodes, `Twice` and `Check`."""
    place = tmp_path_factory.mktemp("checks")
    file = place / "pipeline.py"
    file.write_text(_CHECKS)
    environ = {"REMOTEMEDIA_HOME": str(place / "home"), "REMOTEMEDIA_ENV": "development"}
    built = build_package(file, place, environ=environ)
    return Resolver(environ, Network()).resolve(str(built.path))


@pytest.fixture
def run_in_worker(tmp_path: Path) -> RunInWorker:
    """Run the class `N` of a source on values in a worker process; see `workers.run_in_worker`."""
    return partial(run, tmp_path)
