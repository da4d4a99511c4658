"""The process: its descriptors in order, then one node, then the end."""

from __future__ import annotations

import os
import sys

from remotemedia.runtime._worker import world
from remotemedia.runtime._worker.frames import Channel, Kind

__all__ = ["main"]

_PROTOCOL = 1


def main() -> None:
    """Serve the parent until it closes the node or goes."""
    incoming, outgoing = os.dup(0), os.dup(1)
    # What else writes to the standard output, in C, must not reach the parent's frames.
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    channel = Channel(incoming, outgoing)
    world.install(channel)
    from remotemedia._sandbox import logs  # noqa: PLC0415 - it needs the world
    from remotemedia.runtime._worker.serve import Worker  # noqa: PLC0415 - the same

    logs.install()
    channel.say(Kind.HELLO, {"protocol": _PROTOCOL})
    Worker(channel).work()
    logs.flush()
    # The node's own threads must not keep the process; there is nothing left to be done.
    sys.stdout = sys.stderr = None
    os._exit(0)
