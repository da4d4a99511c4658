"""Trying again: what passes by itself, a bounded number of times, no earlier than the server asks."""

import email.utils
import logging
import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from remotemedia.errors import RegistryError

_T = TypeVar("_T")
_random = secrets.SystemRandom()
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RetryPolicy:
    """How often and after which pauses, in seconds, a request is sent again."""

    attempts: int = 4
    base_delay: float = 0.5
    max_delay: float = 60.0

    def delay(self, failures: int, retry_after: float | None) -> float | None:
        """Give the pause after so many failures (1 and more); None says to give up.

        A server that asks for more patience than `max_delay` is not waited for: the user decides.
        """
        if failures >= self.attempts or (retry_after is not None and retry_after > self.max_delay):
            return None
        pause = min(math.ldexp(self.base_delay, failures - 1), self.max_delay) * _random.uniform(0.5, 1.0)
        return max(pause, retry_after or 0.0)

    def wait(self, failures: int, failure: "TransientError") -> None:
        """Pause before the next attempt, and log why; raises what the user is told once patience has ended."""
        pause = self.delay(failures, failure.retry_after)
        if pause is None:
            raise failure.error from failure
        # Whole seconds: what several connections say at once is the same then, and need be shown only once.
        again = f"again in {math.ceil(pause)} s ({failures} of {self.attempts - 1})"
        _log.warning("%s; %s", failure.error.message, again)
        time.sleep(pause)


class TransientError(Exception):
    """A failure that may pass; `error` is what the user is told if it does not."""

    def __init__(self, error: RegistryError, retry_after: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_after = retry_after


def retrying(policy: RetryPolicy, operation: Callable[[], _T]) -> _T:
    """Run the operation until it works, or raises something that is not transient, or patience ends."""
    failures = 0
    while True:
        try:
            return operation()
        except TransientError as exc:
            failures += 1
            policy.wait(failures, exc)


def parse_retry_after(value: str | None) -> float | None:
    """Read `Retry-After` (RFC 9110, section 10.2.3): seconds or a date; None if absent or malformed."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
