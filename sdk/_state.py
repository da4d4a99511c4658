"""What a node remembers of each of its sessions.

    async def process(self, value):
        session = await self.get_session_state(self.extract_session_id(value))
        session.set("turns", session.get("turns", 0) + 1)

This module needs the standard library only: it is also part of the sandboxed Python.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NodeState", "SessionState"]

_DEFAULT_TTL = timedelta(hours=24)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class SessionState:
    """What a node remembers of one session; every use makes it the one last accessed."""

    session_id: str
    data: dict[str, Any] = field(default_factory=dict)
    created_at: datetime = field(default_factory=_now)
    last_accessed: datetime = field(default_factory=_now)
    metadata: dict[str, Any] = field(default_factory=dict)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, or the default where there is none."""
        self.last_accessed = _now()
        return self.data.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Keep a value."""
        self.last_accessed = _now()
        self.data[key] = value

    def update(self, updates: Mapping[str, Any]) -> None:
        """Keep several values."""
        self.last_accessed = _now()
        self.data.update(updates)

    def clear(self) -> None:
        """Forget all values."""
        self.last_accessed = _now()
        self.data.clear()


class NodeState:
    """The sessions of one node.

    Sessions that were not used for longer than `default_ttl` go when the next one comes, and so does the one that was
    not used for longest where there are `max_sessions`. Calls of a node never overlap, so nothing is locked; the
    methods are coroutines because programs await them.

    Args:
        default_ttl: how long an idle session is kept, as a duration or in seconds; a day where absent.
        max_sessions: how many are kept at most; any number where absent.
    """

    def __init__(self, default_ttl: timedelta | float | None = None, max_sessions: int | None = None) -> None:
        if default_ttl is None:
            default_ttl = _DEFAULT_TTL
        self.default_ttl = default_ttl if isinstance(default_ttl, timedelta) else timedelta(seconds=default_ttl)
        self.max_sessions = max_sessions
        self._sessions: dict[str, SessionState] = {}

    async def get_or_create_session(self, session_id: str) -> SessionState:
        """Return the state of a session, a new one where it is not known."""
        await self.cleanup_expired_sessions()
        session = self._sessions.get(session_id)
        if session is None:
            if self.max_sessions and len(self._sessions) >= self.max_sessions:
                del self._sessions[min(self._sessions, key=lambda it: self._sessions[it].last_accessed)]
            session = self._sessions[session_id] = SessionState(session_id)
        session.last_accessed = _now()
        return session

    async def get_session(self, session_id: str) -> SessionState | None:
        """Return the state of a session that is known, else None."""
        return self._sessions.get(session_id)

    async def get_all_sessions(self) -> dict[str, SessionState]:
        """Return the states of all sessions, by id."""
        return dict(self._sessions)

    async def delete_session(self, session_id: str) -> bool:
        """Forget a session; False where it was not known."""
        return self._sessions.pop(session_id, None) is not None

    async def clear_all_sessions(self) -> None:
        """Forget every session."""
        self._sessions.clear()

    async def cleanup_expired_sessions(self) -> int:
        """Forget the sessions that were idle for too long, and return how many those were."""
        oldest = _now() - self.default_ttl
        expired = [name for name, session in self._sessions.items() if session.last_accessed < oldest]
        for name in expired:
            del self._sessions[name]
        return len(expired)
