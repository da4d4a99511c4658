"""What can go wrong with the simulated registry."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass
class Faults:
    """What goes wrong, until it is set back; counters count down."""

    tampered: set[str] = field(default_factory=set)  # digests of blobs or manifests sent with a byte changed
    extra_length: dict[str, int] = field(default_factory=dict)  # digest of a blob: added to its Content-Length
    unavailable: int = 0  # so many requests are answered 503
    retry_after: str | None = "0"
    resets: dict[str, list[int]] = field(default_factory=dict)  # digest of a blob: cut off after so many bytes
    refuses_digests: bool = False  # every upload is said to have the wrong digest
    upload_cuts: list[int] = field(default_factory=list)  # uploads are cut off after so many bytes, one by one
    lost_answers: int = 0  # so many uploads are finished, and the connection is cut off before the answer
    forgets_broken: bool = False  # an upload that is cut off is not known any more
    told: list[str] = field(default_factory=list)  # what is said of how much has arrived, one by one: `Range`s
    blobs_at: str | None = None  # origin that blob downloads are redirected to
    ignores_range: bool = False
    refuses_range: bool = False  # 416 to every range
    longest_range: int | None = None  # a range is answered with so many bytes at most
    wrong_range: str | None = None  # `Content-Range` of every range
    drips: float | None = None  # blobs come byte by byte, with so many seconds between
    silent: threading.Event | None = None  # answers to blobs go on only after this,
    silent_after: int | None = None  # and stop after so many bytes; None says before they begin
    tokens_end_before: str | None = None  # no token is good any more at the first request of this method
    endless_token: bool = False  # the token server's tokens are never accepted
    wrong_page: str | None = None  # body of the referrers answer
    no_referrers: int = 404  # what a registry without the referrers API answers to it
    forgets_referrers: int = 0  # so many writes of a fallback tag are lost, as in a race
