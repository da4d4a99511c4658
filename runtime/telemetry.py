"""Figures and traces of runs for an OpenTelemetry collector, as OpenTelemetry's standard variables ask for it.

    telemetry = Telemetry.asked_for(os.environ, warn)
    if telemetry is not None:
        telemetry.begin(recording)
        run_package(…, on_event=telemetry.take)
        telemetry.end()

Which variables count is said by https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/.
The libraries are imported only where a variable asks for them.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from remotemedia.errors import PipelineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from remotemedia.runtime._otel import Senders
    from remotemedia.runtime.recording import Recording

__all__ = ["Telemetry", "Wish"]

_ENDPOINTS: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
)
_PROTOCOLS: Final = (
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
)
_LIBRARIES: Final = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
_EXPORTERS: Final = ("otlp", "console", "none")
_EXTRA: Final = "install it with `pip install 'remotemedia[otel]'`, or set `OTEL_SDK_DISABLED=true`"
_DEFAULT_INTERVAL_MS: Final = 60_000


@dataclass(frozen=True)
class Wish:
    """What the variables ask for.

    Attributes:
        traces: where traces go: `otlp`, `console` or `none`.
        metrics: where figures go.
        explicit: whether an exporter was named, rather than an endpoint alone.
        interval_ms: how often figures are sent while a run goes on.
    """

    traces: str
    metrics: str
    explicit: bool
    interval_ms: int

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Wish | None:
        """Return what is asked for; None where nothing is.

        Raises:
            UsageError: RM707, a variable asks for what there is not.
        """
        if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
            return None
        named = any(environ.get(name) for name in _ENDPOINTS)
        traces, metrics = (_exporter(environ, signal, default=named) for signal in ("TRACES", "METRICS"))
        if (traces, metrics) == ("none", "none"):
            return None
        for name in _PROTOCOLS if "otlp" in {traces, metrics} else ():
            if environ.get(name, "http/protobuf") not in {"http/protobuf", ""}:
                raise UsageError(
                    f"expected `http/protobuf` in `{name}`, got `{environ[name]}`",
                    code="RM707",
                    hint="a collector takes it at port 4318; `OTEL_SDK_DISABLED=true` sends nothing",
                )
        explicit = any(environ.get(f"OTEL_{signal}_EXPORTER") for signal in ("TRACES", "METRICS"))
        return cls(traces, metrics, explicit, _interval(environ))


class Telemetry:
    """What is sent of one run.

    Libraries are loaded, and figures sent, in a thread of their own while the run goes on: it must not wait for them.
    """

    def __init__(self, wish: Wish, environ: Mapping[str, str], warn: Callable[[str], None]) -> None:
        self._wish = wish
        self._warn = warn
        self._recording: Recording | None = None
        self._sent_ms = 0.0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="telemetry")
        self._senders = self._thread.submit(_senders, wish, environ)
        self._sending: Future[bool] | None = None

    @classmethod
    def asked_for(cls, environ: Mapping[str, str], warn: Callable[[str], None]) -> Telemetry | None:
        """Return what the variables ask for; None where nothing is, or where it cannot be and nobody named an exporter.

        Args:
            environ: the variables.
            warn: is told, once, what keeps telemetry from being sent.

        Raises:
            PipelineError: RM706, an exporter was named, and the libraries are not installed.
            UsageError: RM707, a variable asks for what there is not.
        """
        wish = Wish.of(environ)
        if wish is None:
            return None
        if missing := next((name for name in _LIBRARIES if not _is_there(name)), None):
            message = f"expected the OpenTelemetry libraries, which `OTEL_` variables ask for, got no `{missing}`"
            if wish.explicit:
                raise PipelineError(message, code="RM706", hint=_EXTRA)
            warn(f"{message}: {_EXTRA}")
            return None
        return cls(wish, environ, warn)

    def begin(self, recording: Recording) -> None:
        """Say which run it is."""
        self._recording = recording

    def take(self, event: Mapping[str, Any]) -> None:
        """Send figures, if it is time and the last ones are sent. The recording has taken the event."""
        if event["event"] != "metrics" or event["at_ms"] - self._sent_ms < self._wish.interval_ms:
            return
        if self._sending is None or self._sending.done():
            self._sent_ms = event["at_ms"]
            self._sending = self._thread.submit(self._send_metrics)

    def end(self) -> None:
        """Send the last figures and the trace; what goes wrong is a warning, and never the run's failure."""
        with self._thread:
            sent = [self._thread.submit(send) for send in (self._send_metrics, self._send_trace, self._close)]
            try:
                taken = all(it.result() for it in sent)
            except Exception as error:  # noqa: BLE001 - whatever the libraries raise: the run has ended well without them
                self._warn(f"telemetry could not be sent: {type(error).__name__}: {error}")
                return
        if not taken:
            self._warn("telemetry could not be sent: the collector does not answer, or refuses it")

    def _send_metrics(self) -> bool:
        return self._recording is None or self._senders.result().send_metrics(self._recording)

    def _send_trace(self) -> bool:
        return self._recording is None or self._senders.result().send_trace(self._recording)

    def _close(self) -> bool:
        self._senders.result().close()
        return True


def _senders(wish: Wish, environ: Mapping[str, str]) -> Senders:
    from remotemedia.runtime._otel import Senders  # noqa: PLC0415 - heavy, optional, seldom asked for

    return Senders.of(wish, environ)


def _is_there(library: str) -> bool:
    try:
        return find_spec(library) is not None
    except ModuleNotFoundError:
        return False


def _exporter(environ: Mapping[str, str], signal: str, *, default: bool) -> str:
    name = f"OTEL_{signal}_EXPORTER"
    exporter = environ.get(name, "").strip() or ("otlp" if default else "none")
    if exporter not in _EXPORTERS:
        raise UsageError(
            f"expected `otlp`, `console` or `none` in `{name}`, got `{exporter}`",
            code="RM707",
            hint="a collector translates from otlp to others",
        )
    return exporter


def _interval(environ: Mapping[str, str]) -> int:
    text = environ.get("OTEL_METRIC_EXPORT_INTERVAL", "")
    if text and not (text.isascii() and text.isdigit()):
        raise UsageError(f"expected milliseconds in `OTEL_METRIC_EXPORT_INTERVAL`, got `{text}`", code="RM707")
    return int(text) if text else _DEFAULT_INTERVAL_MS
