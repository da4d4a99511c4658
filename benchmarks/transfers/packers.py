"""Packing of the model by us and by modctl."""

from __future__ import annotations

from benchmarks.transfers.bench import Bench, Client
from benchmarks.transfers.clients import modctl_pack
from benchmarks.transfers.processes import Cost

ROWS = ("pack",)


def our_pack(bench: Bench, _: str) -> Cost:
    """Build, with nothing kept of an earlier build."""
    target = bench.empty("files")
    return bench.ours("build", bench.subject.project / "pipeline.py", "--no-cache", "--output", target)


PACKERS = (
    Client("modctl", {"pack": modctl_pack}, "modctl", notes={"pack": "a package of its kind, of the same model"}),
    Client("ours", {"pack": our_pack}),
)
