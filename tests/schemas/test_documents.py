"""The documents beside the manifest, and the JSON Schemas of all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from remotemedia.schemas import generate, node_table
from remotemedia.schemas.execution import (
    DoneEvent,
    ErrorEvent,
    FailureHandledEvent,
    LogEvent,
    MetricsEvent,
    NoticeEvent,
    Plan,
    ProbeEvent,
    StageEvent,
    parse_event,
)
from remotemedia.schemas.manifest import RuntimeKind
from remotemedia.schemas.package import PackageConfig, ProvenanceDocument, PynodeDocument, RuntimeDocument

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"

DOCUMENTS: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (
        PackageConfig,
        {
            "schemaVersion": 1,
            "name": "speech",
            "version": "1.0",
            "runtimes": ["native", "python-wasm"],
            "grants": ["net=api.example:443", "python"],
            "requires": [],
            "nodes": [{"id": "a", "node_type": "AudioSource", "runtime": "native"}],
        },
    ),
    (
        RuntimeDocument,
        {
            "schemaVersion": 1,
            "python": ">=3.11",
            "entryPoints": ["pipeline:Tag"],
            "runtimes": {"a": "python"},
            "nodes": [
                {
                    "id": "a",
                    "node_type": "Tag",
                    "runtime": "python",
                    "why": "`numpy` has native code",
                    "others": [],
                    "needs": ["numpy 2.0"],
                    "lacks": ["`numpy` has native code"],
                    "grants": ["python"],
                }
            ],
            "grants": ["python"],
            "dependencies": [
                {
                    "import": "numpy",
                    "optional": False,
                    "importers": ["pipeline"],
                    "distributions": [{"name": "numpy", "version": "2.0"}],
                }
            ],
            "distributions": [
                {
                    "name": "numpy",
                    "version": "2.0",
                    "license": "BSD-3-Clause",
                    "hashes": {"source": "uv.lock", "sha256": ["0" * 64]},
                    "extras": [],
                    "requires": [],
                    "native": ["numpy._core._multiarray_umath"],
                    "vendored": False,
                }
            ],
            "unresolved": ["nothing_here"],
        },
    ),
    (
        ProvenanceDocument,
        {
            "schemaVersion": 1,
            "builder": {"id": "remotemedia/0.1.0"},
            "buildTimestamp": "2025-10-22T12:00:00Z",
            "source": "pipeline.py",
            "sourceHash": "sha256:" + "0a" * 32,
            "dependencies": [],
        },
    ),
    (
        PynodeDocument,
        {"version": 1, "python": ">=3.11", "entries": ["pipeline:Tag"], "imports": ["numpy"], "missing": ["numpy"]},
    ),
    (
        Plan,
        {
            "version": 1,
            "nodes": {"a": {"runtime": "native", "limits": {"timeout_s": 2, "memory_mb": 64}, "grants": ["read=/x"]}},
            "set": {"rate": None, "a.channels": 2},
            "input": "-",
            "packets": True,
            "seed": 2**64 - 1,
        },
    ),
]

REPORT: dict[str, Any] = {
    "wall_ns": 12,
    "first_output_ns": 3,
    "late": 0,
    "nodes": [
        {
            "id": "a",
            "runtime": "native",
            **dict.fromkeys(("packets_in", "packets_out", "bytes_in", "bytes_out", "calls"), 2),
            **dict.fromkeys(("errors", "skipped", "restarts", "busy_ns"), 0),
            "call_ns": {"timed": 2, "p50": 5, "p95": 7, "p99": 7, "max": 7, "histogram": [[5, 1], [7, 1]]},
        }
    ],
    "edges": [
        {
            "from": "a",
            "from_port": "out",
            "to": "b",
            "to_port": "in",
            "fused": False,
            **dict.fromkeys(("packets", "bytes", "depth", "high_water", "dropped"), 1),
        }
    ],
}

EVENTS: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (StageEvent, {"event": "stage", "name": "verified", "at_ms": 1.5}),
    (NoticeEvent, {"event": "notice", "at_ms": 2, "message": "the runner was compiled"}),
    (LogEvent, {"event": "log", "at_ms": 2, "node": "a", "level": "warning", "message": "x"}),
    (
        LogEvent,
        {"event": "log", "at_ms": 2, "node": "a", "level": "info", "message": "x", "file": "pipeline.py", "line": 3},
    ),
    (MetricsEvent, {"event": "metrics", "at_ms": 3, "report": REPORT}),
    (
        FailureHandledEvent,
        {
            "event": "failure_handled",
            "at_ms": 3,
            "node": "a",
            "action": "skip",
            "error": {"code": "RM602", "message": "x"},
        },
    ),
    (
        ProbeEvent,
        {
            "event": "probe",
            "at_ms": 3,
            "tracks": [
                {
                    "node": "input",
                    "is_input": True,
                    "rate": 16000,
                    "channels": 1,
                    "bin_s": 0.001,
                    "low": [-12, None],
                    "high": [1000, None],
                }
            ],
            "series": [{"node": "a", "name": "value", "points": [[0.5, 1.0]]}],
            "segments": [
                {"node": "a", "found": [{"start": 0.5, "end": 1.5}, {"start": 2.0, "end": 3.0, "label": "x"}]}
            ],
            "dropped": 0,
        },
    ),
    (DoneEvent, {"event": "done", "at_ms": 3.25, "report": REPORT}),
    (
        ErrorEvent,
        {
            "event": "error",
            "at_ms": 3,
            "error": {
                "code": "RM602",
                "message": "x",
                "causes": [{"kind": "ValueError", "message": "y", "trace": "z"}, {"kind": "KeyError", "message": ""}],
                "node": "a",
                "seq": 7,
            },
        },
    ),
]


@pytest.mark.parametrize(("model", "document"), DOCUMENTS, ids=lambda it: getattr(it, "__name__", ""))
def test_documents_are_read_and_written_alike(model: type[BaseModel], document: dict[str, Any]) -> None:
    read = model.model_validate_json(json.dumps(document))
    assert json.loads(read.model_dump_json(by_alias=True, exclude_unset=True)) == document


@pytest.mark.parametrize(("model", "event"), EVENTS, ids=lambda it: getattr(it, "__name__", ""))
def test_events(model: type[BaseModel], event: dict[str, Any]) -> None:
    read = parse_event(json.dumps(event))
    assert type(read) is model
    assert json.loads(read.model_dump_json(by_alias=True, exclude_unset=True)) == event


@pytest.mark.parametrize(("model", "document"), DOCUMENTS, ids=lambda it: getattr(it, "__name__", ""))
def test_every_field_is_checked(model: type[BaseModel], document: dict[str, Any]) -> None:
    for name, value in document.items():
        wrong = document | {name: [value]}
        with pytest.raises(ValidationError):
            model.model_validate_json(json.dumps(wrong))
        with pytest.raises(ValidationError):
            model.model_validate_json(json.dumps(document | {name: None}))


def test_a_plan_has_no_unknown_fields() -> None:
    with pytest.raises(ValidationError):
        Plan.model_validate_json('{"version": 1, "inputs": "-"}')


@pytest.mark.parametrize("line", ["", "{}", '{"event": "other"}', '{"event": "log", "node": "a"}'])
def test_what_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(ValidationError):
        parse_event(line)


def test_every_runtime_of_the_table_is_known() -> None:
    assert {kind for entry in node_table().values() for kind in entry.kinds} <= set(RuntimeKind)


def test_schemas_are_as_generated() -> None:
    generate.main(["--check"])


def test_a_stale_schema_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "_HERE", tmp_path)
    with pytest.raises(SystemExit, match=r"manifest\.v1\.schema\.json"):
        generate.main(["--check"])
    generate.main([])
    generate.main(["--check"])


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.schema.json")), ids=lambda path: path.name)
def test_no_schema_takes_null_for_absence(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert '"null"' not in text
    assert json.loads(text)["$schema"].endswith("2020-12/schema")


def test_every_schema_file_has_a_generator() -> None:
    assert {path.name for path in SCHEMAS.glob("*.schema.json")} == set(generate.generate())
