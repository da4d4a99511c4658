"""What the standard library of RustPython has is what the documentation says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from remotemedia.runtime.executor import Executor
from remotemedia.runtime.network import Network
from remotemedia.runtime.publish import build_package
from remotemedia.runtime.resolve import Resolver
from remotemedia.runtime.run import RunOptions, run_package
from tests.conformance.rustpython import ABSENT, IMPORTED, REFUSED

_SOURCE = """\
from remotemedia import Node, Pipeline


class Modules(Node):
    def process(self, name):
        try:
            __import__(name)
        except BaseException as error:
            return [name, type(error).__name__]
        return [name, None]


p = Pipeline("modules")
p.add(Modules())
"""


def test_every_public_module_is_listed_once() -> None:
    listed = [*IMPORTED, *REFUSED, *ABSENT]
    assert len(listed) == len(set(listed))
    if sys.version_info[:2] == (3, 11):
        public = {it for it in sys.stdlib_module_names if not it.startswith("_")} - {"antigravity", "this"}
        assert set(listed) == public


def test_modules_are_there_as_they_are_listed(tmp_path: Path, home: Path) -> None:
    report = Executor.find().doctor()["runtimes"]["rustpython"]
    if not report["ok"]:
        pytest.skip(report["error"]["message"])
    file, given, out = tmp_path / "pipeline.py", tmp_path / "names.jsonl", tmp_path / "out.jsonl"
    file.write_text(_SOURCE)
    given.write_text("\n".join(json.dumps(name) for name in [*IMPORTED, *REFUSED, *ABSENT]))
    environ = {"REMOTEMEDIA_HOME": str(home), "REMOTEMEDIA_ENV": "development"}
    package = Resolver(environ, Network(offline=True)).resolve(str(build_package(file, tmp_path, environ=environ).path))
    run_package(
        package,
        RunOptions(input=str(given), output=out, runtimes=("rustpython",)),
        home=home,
        on_event=lambda _event: None,
    )
    found = dict(json.loads(line) for line in out.read_text().splitlines())
    expected = dict.fromkeys(IMPORTED, None) | REFUSED | dict.fromkeys(ABSENT, "ModuleNotFoundError")
    assert found == expected
