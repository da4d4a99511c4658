"""What a user granted to packages for good: `approvals.json` in the home directory, by digest.

approvals = Approvals(home)
approvals.add(Approval(digest, "oci://registry.example/speech:1.0", ("Spectrum:python",)))
approvals.of(digest)  # ("Spectrum:python",)
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from remotemedia.errors import TrustError, UsageError
from remotemedia.runtime._grants import Grants
from remotemedia.trust import strict_json
from remotemedia.trust.whole_files import replace_file

__all__ = ["Approval", "Approvals"]

_MAX_BYTES: Final = 4 << 20
_MAX_APPROVALS: Final = 10_000
_DIGEST_LENGTH: Final = len("sha256:") + 64


@dataclass(frozen=True)
class Approval:
    """One package, and what it is granted.

    Attributes:
        digest: its identity; whatever a tag points to later is another package.
        reference: what it was called when it was approved.
        grants: `[NODE:]GRANT` words.
    """

    digest: str
    reference: str
    grants: tuple[str, ...]


class Approvals:
    """The approvals of one home directory; safe to use from several processes at once. Failures are RM508."""

    def __init__(self, home: Path) -> None:
        self._path = home / "approvals.json"
        self._lock = home / ".approvals.lock"

    def of(self, digest: str) -> tuple[str, ...]:
        """Return what a package is granted; nothing if it was never approved."""
        return next((it.grants for it in self.all() if it.digest == digest), ())

    def all(self) -> tuple[Approval, ...]:
        """Return all of them, the oldest first."""
        try:
            data = self._path.read_bytes() if self._path.stat().st_size <= _MAX_BYTES else None
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        if data is None:
            raise self._unusable(f"it has more than {_MAX_BYTES} bytes")
        try:
            document = strict_json.loads_object(data, max_bytes=_MAX_BYTES)
            return tuple(_approval(it) for it in _listed(document))
        except (ValueError, UsageError) as error:
            raise self._unusable(str(error)) from error

    def add(self, approval: Approval) -> None:
        """Remember one; what was approved for that digest before is replaced."""
        with self._changing():
            kept = [it for it in self.all() if it.digest != approval.digest]
            self._write([*kept, approval][-_MAX_APPROVALS:])

    def revoke(self, digest: str) -> bool:
        """Forget one; return whether there was one."""
        with self._changing():
            before = self.all()
            kept = [it for it in before if it.digest != digest]
            if len(kept) < len(before):
                self._write(kept)
            return len(kept) < len(before)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _write(self, approvals: list[Approval]) -> None:
        """Replace the file in one step; it is nobody's business but its owner's."""
        rows = [{"digest": it.digest, "reference": it.reference, "grants": list(it.grants)} for it in approvals]
        text = strict_json.dumps({"version": 1, "approvals": rows})
        try:
            replace_file(self._path, text, 0o600, sync=True)
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error

    def _unusable(self, why: str) -> TrustError:
        return TrustError(
            f"expected approvals in `{self._path}`, they cannot be used: {why}",
            code="RM508",
            hint="correct or remove the file; `remotemedia approve` writes it anew",
            path=str(self._path),
        )


def _listed(document: dict[str, Any]) -> list[Any]:
    rows = document.get("approvals")
    if document.get("version") != 1 or not isinstance(rows, list) or len(rows) > _MAX_APPROVALS:
        raise ValueError("expected `version` 1 and a list of `approvals`")
    return rows


def _approval(row: Any) -> Approval:
    fields = row if isinstance(row, dict) else {}
    digest, reference, grants = (fields.get(name) for name in ("digest", "reference", "grants"))
    if not isinstance(digest, str) or len(digest) != _DIGEST_LENGTH or not isinstance(reference, str):
        raise ValueError("expected each of `approvals` to have a `digest` and a `reference`")
    if not isinstance(grants, list) or not all(isinstance(it, str) for it in grants):
        raise ValueError(f"expected a list of grants for `{digest}`")
    return Approval(digest, reference, Grants.parse(grants).words())
