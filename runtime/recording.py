"""What is told of one run, kept in bounded memory: for its metrics file, its report and its telemetry.

recording = Recording(package)
run_package(package, options, home=home, on_event=recording.take, on_plan=recording.plan.update)
recording.write_report(Path("report.html"))
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from remotemedia import _native
from remotemedia.errors import PipelineError, RemoteMediaError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from remotemedia.runtime.resolve import ResolvedPackage

__all__ = ["Moment", "Recording"]

_MAX_MOMENTS: Final = 400  # then every second one is let go, and half as many are kept from there on
_MAX_LINES: Final = 1000  # of the log: as many of the first as of the last
_INTERRUPTED: Final = "RM615"


class Moment(NamedTuple):
    """What was counted until then."""

    at_ms: float
    report: dict[str, Any]


class Recording:
    """One run: give it every event, and how it ended.

    Args:
        package: what is run.
        verify_ms: how long it took to find and verify it.
    """

    def __init__(self, package: ResolvedPackage, *, verify_ms: float = 0.0) -> None:
        self.package: Final = package
        self.verify_ms: Final = verify_ms
        self.plan: dict[str, Any] = {}
        self.started: Final = datetime.now(UTC)
        self.stages: Final[list[dict[str, Any]]] = []
        self.first_lines: Final[list[dict[str, Any]]] = []
        self.last_lines: list[dict[str, Any]] = []
        self.lines_left_out = 0
        self.handled: Final[list[dict[str, Any]]] = []
        self.handled_left_out = 0
        self.moments: list[Moment] = []
        self.probe: dict[str, Any] | None = None
        self.report: dict[str, Any] | None = None
        self.error: RemoteMediaError | None = None
        self.ended_ms: float | None = None
        self._stride = 1
        self._told = 0

    def take(self, event: Mapping[str, Any]) -> None:
        """Keep what is worth keeping of an event of the executor."""
        match event["event"]:
            case "stage":
                self.stages.append({"name": event["name"], "at_ms": event["at_ms"]})
            case "log" | "notice":
                self._keep_line(dict(event))
            case "failure_handled":
                if len(self.handled) < _MAX_LINES:
                    self.handled.append(dict(event))
                else:
                    self.handled_left_out += 1
            case "metrics":
                self.report = event["report"]
                self._keep_moment(_moment(event))
            case "probe":
                self.probe = dict(event)
            case "done" | "error":
                self.ended_ms = event["at_ms"]
                if "report" in event:
                    self.report = event["report"]
                    self.moments.append(_moment(event))

    @cached_property
    def manifest(self) -> dict[str, Any] | None:
        """The package's manifest; None where it is not valid, which the run's own failure says."""
        try:
            manifest = self.package.document("manifest.json")
            _native.validate_manifest(json.dumps(manifest).encode())
        except (RemoteMediaError, _native.NativeError):
            return None
        return manifest

    @property
    def outcome(self) -> str:
        """`done`, `failed` or `interrupted`."""
        if self.error is None:
            return "done"
        return "interrupted" if self.error.code == _INTERRUPTED else "failed"

    def document(self) -> dict[str, Any]:
        """What `report.v1.schema.json` describes."""
        package = self.package
        identity = {"reference": str(package.reference), "name": package.config["name"], "digest": package.digest}
        if package.verdict.status == "trusted" and package.verdict.key_name:
            identity["signer"] = package.verdict.key_name
        fields = {
            "version": 1,
            "package": identity,
            "started": self.started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "outcome": self.outcome,
            "error": None if self.error is None else _failure(self.error),
            "stages": self.stages,
            "report": self.report,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def write_metrics(self, path: Path) -> None:
        """Write the figures as JSON, whole or not at all.

        Raises:
            PipelineError: RM616, the file cannot be written.
        """
        _write_atomically(path, json.dumps(self.document(), indent=2, ensure_ascii=False) + "\n")

    def write_report(self, path: Path) -> None:
        """Write the picture as HTML, whole or not at all.

        Raises:
            PipelineError: RM616, the file cannot be written.
        """
        from remotemedia.runtime._report import page  # noqa: PLC0415 - few runs are drawn

        _write_atomically(path, page(self))

    def _keep_line(self, line: dict[str, Any]) -> None:
        if len(self.first_lines) < _MAX_LINES // 2:
            self.first_lines.append(line)
            return
        self.last_lines.append(line)
        if len(self.last_lines) > _MAX_LINES:
            self.lines_left_out += _MAX_LINES // 2
            self.last_lines = self.last_lines[_MAX_LINES // 2 :]

    def _keep_moment(self, moment: Moment) -> None:
        self._told += 1
        if self._told % self._stride:
            return
        self.moments.append(moment)
        if len(self.moments) >= _MAX_MOMENTS:
            self.moments = self.moments[::2]
            self._stride *= 2


def _moment(event: Mapping[str, Any]) -> Moment:
    """Return what of a report changes with time: not the times of calls, which are most of it."""
    report = event["report"]
    nodes = [{name: value for name, value in node.items() if name != "call_ns"} for node in report["nodes"]]
    return Moment(event["at_ms"], {**report, "nodes": nodes})


def _failure(error: RemoteMediaError) -> dict[str, Any]:
    stated = {"code": error.code, "message": error.message, "hint": error.hint}
    whole = {**error.details, **stated}
    fields: dict[str, Any] = json.loads(json.dumps(whole, default=str))
    return {name: value for name, value in fields.items() if value is not None}


def _write_atomically(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all.

    Raises:
        PipelineError: RM616, it cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if path.exists() and not path.is_file():  # a pipe or a terminal has no other name
            path.write_text(text, encoding="utf-8")
            return
        try:
            partial.write_text(text, encoding="utf-8")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as exc:
        raise PipelineError(f"`{path}` cannot be written: {exc.strerror}", code="RM616") from exc
