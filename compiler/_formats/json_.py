"""Findings as one JSON object, `schemas/diagnostics.v1.schema.json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remotemedia.compiler._formats.report import Report

__all__ = ["as_json"]


def as_json(report: Report) -> str:
    """Return a report as JSON, indented by two, with an end of line."""
    document = {
        "version": 1,
        "tool": {"name": "remotemedia", "version": report.version},
        "files": [file.path for file in report.files],
        "diagnostics": [{"file": file, **diagnostic.to_json()} for file, diagnostic in report.findings()],
        "summary": {f"{kind}s": report.count(kind) for kind in ("error", "warning", "note")},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
