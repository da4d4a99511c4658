"""Nodes of a package on the host's Python, in a worker process: every form of node, and what it may do."""

from __future__ import annotations

import base64
from pathlib import Path
from struct import pack

import pytest

from tests.runtime.workers import RunInWorker, left_behind

FORMS = {
    "sync": "def process(self, v): return v + 1",
    "async": "async def process(self, v):\n        await __import__('asyncio').sleep(0)\n        return v + 1",
    "generator": "def process(self, v): yield v + 1",
    "async generator": "async def process(self, v): yield v + 1",
    "awaited late": "def process(self, v): return self.later(v)\n    async def later(self, v): return v + 1",
    "streaming": "is_streaming = True\n    async def process(self, s):\n        async for v in s: yield v + 1",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_node_runs(form: str, run_in_worker: RunInWorker) -> None:
    ran = run_in_worker(f"class N(Node):\n    {FORMS[form]}\n    def flush(self): return 'end'", range(100))
    assert ran.values == [*range(1, 101), "end"], ran.told


def test_a_long_generator_gives_all_it_has(run_in_worker: RunInWorker) -> None:
    ran = run_in_worker("class N(Node):\n    def process(self, v):\n        yield from range(v)", [1000, 3])
    assert ran.values == [*range(1000), 0, 1, 2], ran.told


def test_a_source_gives_without_being_given(run_in_worker: RunInWorker) -> None:
    ran = run_in_worker("class N(Node):\n    def process(self):\n        yield 1\n        yield 2", [])
    assert ran.values == [1, 2], ran.told


def test_numpy_goes_in_and_out_and_may_be_written_to(run_in_worker: RunInWorker) -> None:
    source = """
import numpy as np

class N(Node):
    def process(self, v):
        array = np.asarray(v, "f4")
        array *= 2
        return array
"""
    ran = run_in_worker(source, [[1, 2]])
    assert ran.values == [
        {"$tensor": {"dtype": "f32", "shape": [2]}, "data": base64.b64encode(pack("<2f", 2, 4)).decode()}
    ]


def test_logging_and_print_arrive_with_file_and_line(run_in_worker: RunInWorker) -> None:
    source = """
import logging

class N(Node):
    def process(self, v):
        print("seen", v)
        logging.getLogger("mine").warning("careful")
"""
    told = run_in_worker(source).told
    assert "[N] info: pipeline.py:8: seen 1" in told
    assert "[N] warning: pipeline.py:9: mine: careful" in told


def test_what_c_code_writes_to_standard_output_does_no_harm(run_in_worker: RunInWorker) -> None:
    source = "import os\n\nclass N(Node):\n    def process(self, v):\n        os.write(1, b'x' * 100)\n        return v"
    assert run_in_worker(source, [1, 2]).values == [1, 2]


def test_a_traceback_has_the_authors_lines(run_in_worker: RunInWorker) -> None:
    ran = run_in_worker("class N(Node):\n    async def process(self, v):\n        return 1 / 0")
    assert ran.code == "RM602"
    assert "the node raised ZeroDivisionError: division by zero" in ran.told
    assert 'File "pipeline.py", line 5, in N.process' in ran.told


def test_an_error_of_ours_keeps_its_code_and_hint(run_in_worker: RunInWorker) -> None:
    source = """
from remotemedia.errors import RemoteMediaError

class N(Node):
    def process(self, v):
        raise RemoteMediaError("expected more", code="RM606", hint="give more")
"""
    ran = run_in_worker(source)
    assert ran.code == "RM606"
    assert "help: give more" in ran.told


def test_a_node_that_cannot_be_made_says_why(run_in_worker: RunInWorker) -> None:
    ran = run_in_worker(
        "class N(Node):\n    def initialize(self):\n        raise OSError('no device')\n    process = print"
    )
    assert ran.code == "RM601"
    assert "the node cannot be made: OSError: no device" in ran.told


def test_random_numbers_follow_the_seed(run_in_worker: RunInWorker) -> None:
    source = "import random\n\nclass N(Node):\n    def process(self, v):\n        return random.random()"
    first, second = run_in_worker(source, [1, 2]).values, run_in_worker(source, [1, 2]).values
    assert first == second
    assert first[0] != first[1]


def test_grants_open_directories(run_in_worker: RunInWorker, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("granted")
    (tmp_path / "out").mkdir()
    source = f"""
class N(Node):
    def process(self, v):
        text = open({str(tmp_path / "in" / "a.txt")!r}).read()
        open({str(tmp_path / "out" / "b.txt")!r}, "w").write(text)
        return text
"""
    refused = run_in_worker(source)
    assert (refused.code, "PermissionError" in refused.told) == ("RM602", True)
    grants = [f"read={tmp_path / 'in'}", f"write={tmp_path / 'out'}"]
    assert run_in_worker(source, grants=grants).values == ["granted"]
    assert (tmp_path / "out" / "b.txt").read_text() == "granted"


def test_a_quota_bounds_each_file(run_in_worker: RunInWorker, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    source = f"""
class N(Node):
    def process(self, v):
        with open({str(tmp_path / "a" / "file")!r}, "wb", 0) as file:
            return [file.write(bytes(1000)), file.write(bytes(1000))]
"""
    small, large = f"write={tmp_path / 'a'}:1500", f"write={tmp_path / 'b'}:1M"
    assert run_in_worker(source, grants=[small]).values == [[1000, 500]]
    assert (tmp_path / "a" / "file").stat().st_size == 1500
    assert run_in_worker(source, grants=[large, small]).values == [[1000, 1000]]
    more = run_in_worker(source.replace("bytes(1000)", "bytes(1501)"), grants=[small])
    assert (more.code, "File too large" in more.told) == ("RM602", True)


@pytest.mark.parametrize("grants", [(), ("host",)])
def test_files_of_the_project_can_be_opened(
    grants: tuple[str, ...], run_in_worker: RunInWorker, tmp_path: Path
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.bin").write_bytes(b"a model")
    (tmp_path / "words.txt").write_text("words")
    source = """
from pathlib import Path

class N(Node):
    def __init__(self, model, others, **kw):
        super().__init__(**kw)
        self.texts = [Path(it).read_bytes().decode() for it in (model, *others, others[0])]

    def process(self, v):
        return self.texts
"""
    ran = run_in_worker(source, arguments="Path('models/a.bin'), others=[Path('words.txt')]", grants=grants)
    assert ran.values == [["a model", "words", "words"]], ran.told
    assert left_behind(tmp_path) == []


def test_host_lifts_the_confinement(run_in_worker: RunInWorker) -> None:
    source = "class N(Node):\n    def process(self, v):\n        return open('/etc/passwd').read()[:4]"
    assert run_in_worker(source).code == "RM602"
    assert run_in_worker(source, grants=["host"]).values == ["root"]


def test_its_temporary_directory_is_its_own_and_goes_with_it(run_in_worker: RunInWorker, tmp_path: Path) -> None:
    source = """
import tempfile
from pathlib import Path

class N(Node):
    def process(self, v):
        directory = Path(tempfile.mkdtemp())
        (directory / "a").write_text("b")
        return [(directory / "a").read_text(), str(directory), str(Path.home())]
"""
    ran = run_in_worker(source)
    assert ran.values, ran.told
    text, directory, home = ran.values[0]
    assert text == "b"
    assert Path(directory).parent == Path(home)
    assert left_behind(tmp_path) == []


def test_a_workers_environment_holds_no_variable_of_the_callers(run_in_worker: RunInWorker) -> None:
    source = "import os\n\nclass N(Node):\n    def process(self, v):\n        return sorted(os.environ)"
    names = run_in_worker(source, environ={"SECRET": "s3cr3t", "LD_PRELOAD": ""}).values[0]
    assert set(names) <= {"HOME", "TMPDIR", "LANG", "LC_CTYPE", "RES_OPTIONS"}, names


def test_numpy_arrays_off_the_wire_may_be_written_to(run_in_worker: RunInWorker) -> None:
    tensor = {"$tensor": {"dtype": "f32", "shape": [2]}, "data": base64.b64encode(pack("<2f", 1, 2)).decode()}
    source = "import numpy\n\nclass N(Node):\n    def process(self, v):\n        v *= 2\n        return v.tolist()"
    assert run_in_worker(source, [tensor]).values == [[2.0, 4.0]]


STATELESS = """
import os, time

class N(Node):
    def __init__(self, enable_state=False, **kw):
        super().__init__(enable_state=enable_state, **kw)

    def process(self, v):
        time.sleep(0.002)
        return [v, os.getpid()]
"""


def test_several_workers_share_the_packets_and_keep_their_order(run_in_worker: RunInWorker) -> None:
    ran = run_in_worker(STATELESS, range(200), workers=3, arguments="enable_state=False")
    assert [value for value, _ in ran.values] == list(range(200)), ran.told
    assert len({pid for _, pid in ran.values}) == 3


def test_a_node_with_state_has_one_worker(run_in_worker: RunInWorker) -> None:
    ran = run_in_worker(STATELESS, range(2), workers=3, arguments="enable_state=True")
    assert ran.code == "RM627"
    assert "expected 1 worker for node `N`" in ran.told
