"""The worker's packets."""

from __future__ import annotations

import pytest

from remotemedia.runtime._worker.wire import Origin

LATEST = 2**63 - 1


@pytest.mark.parametrize(
    ("pts", "duration", "end"),
    [(None, 5, None), (100, None, 100), (100, 20, 120), (LATEST, 20, LATEST), (-LATEST, -20, -LATEST)],
)
def test_what_comes_after_a_packet_begins_at_its_end(pts: int | None, duration: int | None, end: int | None) -> None:
    assert Origin(3, pts, duration, "s").after() == Origin(3, end, None, "s")
