"""Every runtime makes the same of the same programs."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remotemedia.errors import NodeError, RemoteMediaError
from remotemedia.runtime.executor import Executor
from remotemedia.runtime.network import Network
from remotemedia.runtime.publish import build_package
from remotemedia.runtime.resolve import ResolvedPackage, Resolver
from remotemedia.runtime.run import RunOptions, choose, run_package
from remotemedia.values import decode, encode
from tests.conformance.programs import (
    BUILT_IN,
    PROGRAMS,
    RUNTIMES,
    BuiltIn,
    Program,
    built_in_module,
    lines,
    module,
    process,
)

_SOUND = Path(__file__).parents[2] / "testdata" / "speech" / "sense_0880.wav"
_TIMEOUT_S = 1.0
_KINDS = {"$audio": 1, "$tensor": 3, "$bytes": 6}
_TEXT, _JSON = 4, 5

Packages = Callable[[str, str], ResolvedPackage]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("conformance")


@pytest.fixture(scope="module")
def packages(place: Path) -> Packages:
    """Build a source, once: `packages(name, source)`."""
    built: dict[str, ResolvedPackage] = {}
    environ = {"REMOTEMEDIA_HOME": str(place / "home"), "REMOTEMEDIA_ENV": "development"}

    def package(name: str, source: str) -> ResolvedPackage:
        if name not in built:
            file = place / f"program{len(built)}" / "pipeline.py"
            file.parent.mkdir()
            file.write_text(source)
            path = build_package(file, file.parent, environ=environ).path
            built[name] = Resolver(environ, Network(offline=True)).resolve(str(path))
        return built[name]

    return package


@pytest.fixture(scope="module")
def absent() -> dict[str, str]:
    """Runtimes that this machine does not have, each with the reason."""
    report = Executor.find().doctor()["runtimes"]
    return {kind: it["error"]["message"] for kind, it in report.items() if not it["ok"]}


def run(package: ResolvedPackage, place: Path, **options: Any) -> tuple[list[str], str | None]:
    """Run a package: the lines that it emitted, and the code of the error that ended it."""
    out, code = place / "out.jsonl", None
    with out.open("wb") as file:
        try:
            run_package(
                package,
                RunOptions(timeout_s=_TIMEOUT_S, offline=True, **options),
                home=place / "home",
                on_event=lambda _event: None,
                stdout=file,
            )
        except RemoteMediaError as error:
            code = error.code
    return out.read_text(encoding="utf-8").splitlines(), code


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda it: it.name)
def test_every_runtime_makes_the_same_of_it(
    program: Program, runtime: str, packages: Packages, absent: dict[str, str], place: Path
) -> None:
    if runtime in program.other:
        pytest.skip(program.other[runtime])
    if runtime in absent:
        pytest.skip(absent[runtime])
    if runtime == "p.run()":
        emitted, code = run_here(module(program), program.given, place, one=len(program.emitted) == 1)
    else:
        emitted, code = run_packed(packages(program.name, module(program)), runtime, program.given, place)
    assert (emitted, code) == ([_envelope(line) for line in program.emitted], program.code)


@pytest.mark.parametrize("node", BUILT_IN, ids=lambda it: it.made)
def test_every_kind_of_a_built_in_node_makes_the_same(
    node: BuiltIn, packages: Packages, absent: dict[str, str], place: Path
) -> None:
    package = packages(node.made, built_in_module(node))
    (choice,) = choose(package)
    kinds = [kind for kind in (choice.runtime, *choice.others) if kind not in absent]
    if node.needs_numpy:
        kinds.remove("python")  # these packages' environments are empty
    made = {kind: run_packed(package, kind, node.given, place) for kind in kinds}
    emitted, code = made[choice.runtime]
    assert code is None
    assert emitted
    made["p.run()"] = run_here(built_in_module(node), node.given, place, one=len(emitted) == 1)
    assert made == dict.fromkeys(made, (emitted, None))
    assert len(made) > 1


@pytest.mark.parametrize("runtime", RUNTIMES[:3])
def test_a_packet_that_is_skipped_takes_no_other_with_it(
    runtime: str, packages: Packages, absent: dict[str, str], place: Path
) -> None:
    if runtime in absent:
        pytest.skip(absent[runtime])
    package = packages("skipped", module(Program("skipped", process("return 1 / value"))))
    emitted, code = run_packed(package, runtime, lines(4, 2, 0, 5, 0, 1), place, on_error={"": "skip"})
    assert (emitted, code) == ([_envelope(line) for line in lines(0.25, 0.5, 0.2, 1.0)], None)


@pytest.mark.parametrize("runtime", RUNTIMES[:3])
def test_times_are_the_same(runtime: str, packages: Packages, absent: dict[str, str], place: Path) -> None:
    if runtime in absent:
        pytest.skip(absent[runtime])
    source = module(Program("times", process("yield 1", "yield 2")))
    head = source.replace("import Node,", "import AudioSource, AudioWindowNode, Node,")
    source = head.replace("p.add(N())", "p.add(AudioSource()).add(AudioWindowNode(size=8000)).add(N())")
    allow = ("N:python",) if runtime == "python" else ()
    emitted, code = run(
        packages("times", source), place, input=str(_SOUND), packets=True, runtimes=(f"N={runtime}",), allow=allow
    )
    assert code is None
    packets = [json.loads(line) for line in emitted]
    assert [it["value"] for it in packets[:4]] == [1, 2, 1, 2]
    assert [it["pts_ns"] for it in packets[:4]] == [0, 0, 500_000_000, 500_000_000]
    assert [it["seq"] for it in packets] == list(range(len(packets)))
    assert {it["duration_ns"] for it in packets[:4]} == {500_000_000}


def _envelope(line: str) -> str:
    """What a line of a program's declaration is in an envelope."""
    value = json.loads(line)
    meta = value.pop("meta", None) if isinstance(value, dict) and "$audio" in value else None
    return _text({"meta": meta, "value": value} if meta is not None else {"value": value})


def _without_place(line: str) -> str:
    """An envelope without what counts packets and runs."""
    envelope = json.loads(line)
    return _text({name: it for name, it in envelope.items() if name in {"meta", "value"} and it != {}})


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def run_packed(
    package: ResolvedPackage, runtime: str, given: tuple[str, ...] | None, place: Path, **options: Any
) -> tuple[list[str], str | None]:
    """Run a package of the node `N` in a runtime: its envelopes without what counts packets and runs."""
    file = place / "in.jsonl"
    file.write_text("\n".join(given or ()), encoding="utf-8")
    emitted, code = run(
        package,
        place,
        input=None if given is None else str(file),
        packets=True,
        runtimes=(f"N={runtime}",),
        allow=("N:python",) if runtime == "python" else (),
        **options,
    )
    return [_without_place(line) for line in emitted], code


def run_here(source: str, given: tuple[str, ...] | None, directory: Path, *, one: bool) -> tuple[list[str], str | None]:
    """Run a program in this process; a single result comes as it is, where `one` is expected."""
    file = directory / "pipeline.py"
    file.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"conformance_{os.urandom(4).hex()}", file)
    assert spec is not None
    assert spec.loader is not None
    loaded = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    values = None if given is None else [_value(line) for line in given]
    try:
        result = loaded.p.run(values)
    except NodeError as error:
        return [_line(value) for value in error.partial], error.code
    finally:
        del sys.modules[spec.name]
    return [_line(value) for value in ([result] if one else result)], None


def _value(line: str) -> Any:
    """The Python value that a line means."""
    value = json.loads(line)
    if isinstance(value, str):
        return decode(_TEXT, value, "", b"", numpy=True)
    (mark, head), *_ = value.items() if isinstance(value, dict) and value else [("", "")]
    if mark == "$json":
        return decode(_JSON, head, "", base64.b64decode(value["data"]), numpy=True)
    if mark == "$bytes":
        return decode(_KINDS[mark], "", "", base64.b64decode(head), numpy=True)
    if mark in _KINDS:
        return decode(_KINDS[mark], json.dumps(head), "", base64.b64decode(value["data"]), numpy=True)
    return decode(_JSON, line, "", b"", numpy=True)


def _line(value: Any) -> str:
    """The envelope of a Python value."""
    packed = encode(value)
    assert packed is not None
    data = base64.b64encode(bytes(packed.data)).decode()
    marks = {kind: mark for mark, kind in _KINDS.items()}
    shown: Any = json.loads(packed.head) if packed.head and packed.kind != _TEXT else packed.head
    if packed.kind == _JSON and re.search(r'"\$[^$]', packed.head):
        shown = {"$json": packed.head, "data": data}
    elif packed.kind == _KINDS["$bytes"]:
        shown = {"$bytes": data}
    elif packed.kind in marks:
        shown = {marks[packed.kind]: shown, "data": data}
    return _text({"meta": json.loads(packed.meta), "value": shown} if packed.meta else {"value": shown})
