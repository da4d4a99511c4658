"""Processes that pull into a cache: real ones, which start at once because a server forks them."""

import multiprocessing
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from remotemedia.registry import Cache, HttpRegistry, Reference

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["pytest", __name__])


class Puller:
    """A process that is ready to pull; use it as a context manager."""

    def __init__(self, home: Path, reference: str) -> None:
        self._ours, theirs = _context.Pipe()
        self.process: BaseProcess = _context.Process(target=_pull, args=(home, reference, theirs), daemon=True)
        self.process.start()
        theirs.close()
        assert self._ours.recv() == "ready"

    def go(self) -> None:
        """Begin."""
        self._ours.send("go")

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()

    def end(self) -> str | None:
        """Wait for the end: the digest, or what went wrong; None if it was killed before it could tell."""
        try:
            return str(self._ours.recv()) if self._ours.poll(30) else "it takes too long"
        except (EOFError, ConnectionResetError):
            return None
        finally:
            self._ours.close()
            self.process.join(10)
            self.process.close()


def _pull(home: Path, text: str, pipe: Connection) -> None:
    reference = Reference.parse(text)
    registry = HttpRegistry(reference.host, reference.path, environ={})
    pipe.send("ready")
    pipe.recv()
    entry = Cache(home).add(registry, registry.resolve(reference.part), reference)
    pipe.send(entry.digest)
