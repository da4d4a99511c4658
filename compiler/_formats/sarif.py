"""Findings as SARIF 2.1.0 (OASIS), as GitHub's code scanning and editors read it.

Columns are counted in UTF-16 code units, as `columnKind` says. A result's fingerprint is made from the line's text and
not from its number, so that an alert stays the same one when lines are added above it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from remotemedia.schemas.tables import error_table

if TYPE_CHECKING:
    from remotemedia.compiler._diagnostic import Diagnostic, Span
    from remotemedia.compiler._formats.report import Report

__all__ = ["as_sarif"]

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT: Final = "%SRCROOT%"  # the repository's root, by convention: paths are relative to where the command was run
_FINGERPRINT: Final = "primaryLocationLineHash"  # the one that GitHub compares


def as_sarif(report: Report, *, documentation: str | None = None) -> str:
    """Return a report as SARIF, indented by two, with an end of line.

    Args:
        report: the findings.
        documentation: URL of the page whose anchors are the rules' codes, where there is one.
    """
    findings = list(report.findings())
    codes = sorted({diagnostic.code for _, diagnostic in findings})
    driver = {
        "name": "remotemedia",
        "version": report.version,
        **({"informationUri": documentation} if documentation else {}),
        "rules": [_rule(code, documentation) for code in codes],
    }
    seen: Counter[str] = Counter()
    results = []
    for file, diagnostic in findings:
        line = _line_hash(file, diagnostic)
        seen[line] += 1
        fingerprint = f"{line}:{seen[line]}"
        results.append(_result(file, diagnostic, codes.index(diagnostic.code), fingerprint))
    run = {"tool": {"driver": driver}, "columnKind": "utf16CodeUnits", "results": results}
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(code: str, documentation: str | None) -> dict[str, Any]:
    from remotemedia.compiler._rules import rule_of  # noqa: PLC0415 - many modules, which no other format needs

    entry, rule = error_table()[code], rule_of(code)
    paragraphs = [rule.explanation, entry.help] if rule is not None else [entry.help]
    shown = list(paragraphs)
    if rule is not None:
        shown += ["Found in", f"```python\n{rule.bad}```", "and not in", f"```python\n{rule.good}```"]
    return {
        "id": code,
        "shortDescription": {"text": entry.summary},
        "fullDescription": {"text": " ".join(paragraphs)},
        "help": {"text": " ".join(paragraphs), "markdown": "\n\n".join(shown)},
        **({"helpUri": f"{documentation}#{code}"} if documentation else {}),
        "defaultConfiguration": {"level": rule.severity if rule is not None else "error"},
    }


def _result(file: str, diagnostic: Diagnostic, rule: int, fingerprint: str) -> dict[str, Any]:
    text = diagnostic.message + (f": {diagnostic.label}" if diagnostic.label else "")
    remarks = [*diagnostic.notes, *([diagnostic.help] if diagnostic.help else [])]
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity,
        "message": {"text": "\n".join([text, *remarks])},
        "locations": [{"physicalLocation": _place(file, diagnostic.span)}],
        "partialFingerprints": {_FINGERPRINT: fingerprint},
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            {"id": at, "physicalLocation": _place(other.span.file, other.span), "message": {"text": other.label}}
            for at, other in enumerate(diagnostic.related, 1)
        ]
    if diagnostic.suggestion is not None:
        span, replacement = diagnostic.suggestion.span, diagnostic.suggestion.replacement
        replaced = {"deletedRegion": _region(span), "insertedContent": {"text": replacement}}
        change = {"artifactLocation": _artifact(span.file), "replacements": [replaced]}
        result["fixes"] = [{"description": {"text": f"write `{replacement}`"}, "artifactChanges": [change]}]
    return result


def _place(file: str, span: Span | None) -> dict[str, Any]:
    """Return a physical location; a finding about a whole file is shown at its first line."""
    region = {"startLine": 1} if span is None else _region(span)
    return {"artifactLocation": _artifact(file), "region": region}


def _region(span: Span) -> dict[str, Any]:
    region = {"startLine": span.line, "startColumn": _utf16(span.text, span.column), "endLine": span.end_line}
    if span.end_line == span.line:  # without it, the region goes to the end of its last line
        region["endColumn"] = _utf16(span.text, span.end_column)
    return region


def _utf16(text: str, column: int) -> int:
    """Turn a column in characters, from 1, into one in UTF-16 code units."""
    return column + sum(ord(char) > 0xFFFF for char in text[: column - 1])  # noqa: PLR2004 - the last of one unit


def _artifact(file: str) -> dict[str, Any]:
    if PurePosixPath(file).is_absolute():
        return {"uri": f"file://{quote(os.fsencode(file))}"}
    return {"uri": quote(os.fsencode(file)), "uriBaseId": _ROOT}


def _line_hash(file: str, diagnostic: Diagnostic) -> str:
    text = diagnostic.message if diagnostic.span is None else diagnostic.span.text.strip()
    return hashlib.sha256(f"{diagnostic.code}\0{file}\0{text}".encode(errors="surrogateescape")).hexdigest()[:16]
