"""How findings look: whole outputs, and what the readers of each format require."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]  # it has no stubs
import pytest

from remotemedia.compiler import (
    Checked,
    Diagnostic,
    Related,
    Report,
    Span,
    Suggestion,
    as_github,
    as_json,
    as_sarif,
    render,
    to_json,
)
from remotemedia.schemas.diagnostics import DiagnosticsDocument
from tests.compiler.sarif_schema import SARIF

if TYPE_CHECKING:
    from types import ModuleType

_REPORTS = Path(__file__).parents[2] / "testdata" / "compiler" / "reports"
_SCHEMAS = Path(__file__).parents[2] / "schemas"


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("regenerate_reports", _REPORTS / "regenerate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_OBSERVED: dict[str, str] = _generator().observe()


def _span(line: int = 2, column: int = 5, end: int = 8, *, file: str = "a.py", text: str = "x = abc") -> Span:
    return Span(file, line, column, line, end, text)


def _report(*diagnostics: Diagnostic, path: str = "a.py") -> Report:
    return Report("1.0", (Checked(path, diagnostics),))


def _results(report: Report) -> list[dict[str, Any]]:
    log = json.loads(as_sarif(report))
    jsonschema.validate(log, SARIF)
    results: list[dict[str, Any]] = log["runs"][0]["results"]
    return results


@pytest.mark.parametrize("name", _OBSERVED)
def test_whole_outputs(name: str) -> None:
    assert _OBSERVED[name] == (_REPORTS / name).read_text(encoding="utf-8")


def test_json_keeps_to_its_schema() -> None:
    document = json.loads(_OBSERVED["expected.json"])
    jsonschema.validate(document, json.loads((_SCHEMAS / "diagnostics.v1.schema.json").read_text(encoding="utf-8")))
    read = DiagnosticsDocument.model_validate_json(_OBSERVED["expected.json"])
    assert read.summary.errors == sum(found.severity == "error" for found in read.diagnostics)
    assert any(found.suggestion for found in read.diagnostics)
    assert any(found.related for found in read.diagnostics)
    assert any(found.span is None for found in read.diagnostics)


def test_sarif_keeps_to_the_standard() -> None:
    log = json.loads(_OBSERVED["expected.sarif"])
    jsonschema.validate(log, SARIF, format_checker=jsonschema.FormatChecker())
    driver, results = log["runs"][0]["tool"]["driver"], log["runs"][0]["results"]
    assert log["runs"][0]["columnKind"] == "utf16CodeUnits"
    for result in results:
        rule = driver["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["helpUri"] == f"https://example.org/errors#{rule['id']}"
        assert rule["defaultConfiguration"]["level"] == result["level"]


def test_sarif_counts_columns_in_utf16() -> None:
    (result,) = _results(_report(Diagnostic("RM107", "error", "m", _span(1, 3, 4, text="𝄞 x"))))
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (region["startColumn"], region["endColumn"]) == (4, 5)
    assert "𝄞 x".encode("utf-16-le")[2 * (region["startColumn"] - 1) :].decode("utf-16-le") == "x"


def test_sarif_fingerprints_outlive_lines_that_are_added_above() -> None:
    def prints(*lines: int) -> list[str]:
        found = [Diagnostic("RM107", "error", "m", _span(line)) for line in lines]
        return [result["partialFingerprints"]["primaryLocationLineHash"] for result in _results(_report(*found))]

    assert prints(2) == prints(20)
    first, second = prints(2, 3)  # the same text twice
    assert first == prints(2)[0]
    assert first != second
    other = _results(_report(Diagnostic("RM108", "error", "m", _span())))[0]["partialFingerprints"]
    assert other["primaryLocationLineHash"] != first


@pytest.mark.parametrize(
    ("path", "artifact"),
    [
        ("a b/ü%.py", {"uri": "a%20b/%C3%BC%25.py", "uriBaseId": "%SRCROOT%"}),
        ("/tmp/a#b.py", {"uri": "file:///tmp/a%23b.py"}),  # noqa: S108 - never opened
    ],
)
def test_sarif_names_files_as_uris(path: str, artifact: dict[str, str]) -> None:
    (result,) = _results(_report(Diagnostic("RM101", "error", "m"), path=path))
    assert result["locations"][0]["physicalLocation"] == {"artifactLocation": artifact, "region": {"startLine": 1}}


def test_sarif_of_nothing_is_a_run_without_results() -> None:
    assert _results(Report("1.0", ())) == []


def test_github_escapes_what_its_runner_reads() -> None:
    found = Diagnostic("RM107", "error", "100%: a,b", _span(file="a,b:c%.py"), "two\nlines", ("x\ry",), "do :: it")
    assert as_github(_report(found)) == (
        "::error file=a%2Cb%3Ac%25.py,line=2,endLine=2,col=5,endColumn=8,title=RM107::"
        "100%25: a,b: two%0Alines%0Anote: x%0Dy%0Ahelp: do :: it\n"
    )


def test_github_gives_no_columns_for_several_lines() -> None:
    found = Diagnostic("RM107", "warning", "m", Span("a.py", 2, 5, 3, 2, "x = ["))
    assert as_github(_report(found)) == "::warning file=a.py,line=2,endLine=3,title=RM107::m\n"


def test_a_finding_of_a_shared_module_is_told_once() -> None:
    shared = Diagnostic("RM110", "error", "m", _span(file="shared.py"))
    report = Report("1.0", (Checked("a.py", (shared,)), Checked("b.py", (shared,))))
    assert list(report.findings()) == [("shared.py", shared)]
    assert report.count("error") == 1
    assert json.loads(as_json(report))["files"] == ["a.py", "b.py"]


def test_text_shows_related_places_in_the_order_of_the_source() -> None:
    found = Diagnostic(
        "RM112",
        "error",
        "two nodes have the same name",
        _span(12, 3, 6, text="b(name)"),
        "taken already",
        related=(
            Related(_span(2, 1, 4), "first"),
            Related(_span(13, 1, 2, text="c"), "next line"),
            Related(_span(7, 1, 2, file="other.py", text="d"), "elsewhere"),
        ),
    )
    assert render([found]) == (
        "error[RM112]: two nodes have the same name\n"
        "  --> a.py:12:3\n"
        "   |\n"
        " 2 | x = abc\n"
        "   | --- first\n"
        "...\n"
        "12 | b(name)\n"
        "   |   ^^^ taken already\n"
        "13 | c\n"
        "   | - next line\n"
        "  ::: other.py:7:1\n"
        "   |\n"
        " 7 | d\n"
        "   | - elsewhere\n"
    )


def test_text_in_colour_is_the_same_text() -> None:
    found = Diagnostic(
        "RM107",
        "error",
        "message",
        _span(text="x = \x1b[1"),
        "label",
        ("note",),
        "help",
        related=(Related(_span(9), "other"),),
    )
    colored, plain = render([found], color=True), render([found])
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain
    assert "\x1b" not in plain
    assert render([]) == ""


def test_findings_as_json() -> None:
    span = {"file": "a.py", "line": 2, "column": 5, "end_line": 2, "end_column": 8, "text": "x = abc"}
    bare = Diagnostic("RM107", "error", "message")
    whole = Diagnostic(
        "RM115", "warning", "m", _span(), "label", ("note",), "help", (Related(_span(), "r"),), Suggestion(_span(), "y")
    )
    assert to_json([bare, whole]) == [
        {"code": "RM107", "severity": "error", "message": "message", "notes": [], "related": []},
        {
            "code": "RM115",
            "severity": "warning",
            "message": "m",
            "span": span,
            "label": "label",
            "notes": ["note"],
            "help": "help",
            "related": [{"span": span, "label": "r"}],
            "suggestion": {"span": span, "replacement": "y"},
        },
    ]
