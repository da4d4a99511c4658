"""The page `docs/reference/faults.md`, from the tests' tables: `python -m tests.hostile_packages.page` writes it."""

# ruff: noqa: E501 - a paragraph of Markdown is one line

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.hostile_packages.archives import ARCHIVES
from tests.hostile_packages.attacks import ATTACKS
from tests.hostile_packages.faults import FAULTS, SLACK
from tests.hostile_packages.test_json import HOSTILE, READERS, TAKES_NOTHING
from tests.hostile_packages.test_mutations import MUTATIONS
from tests.hostile_packages.writes import WRITES

__all__ = ["PAGE", "page"]

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/faults.md"

_HEAD = """\
# Faults

What hostile packages, registries, networks and disks do, and what comes of it. Every row is a test; the tables of this page are those of `tests/hostile_packages`
(`python -m tests.hostile_packages.page` writes it). What nodes do that mean harm is in [limits](limits.md), what signatures promise in [trust](../trust.md), the codes are in [errors](../errors.md).

All of it ends in a typed error or in the very same package, soon, in bounded memory, with nothing half written; what has arrived whole, or is on its way, is kept for the next attempt.
"""
_MUTATIONS = """\
## Altered packages

Every block of a small signed package is altered in each of these ways: {names}. Python, which judges what is pulled, and the executor, which runs it, refuse it or give the very same package.
The ordinary run takes a sample; `MUTATIONS=all SEED=n pytest tests/hostile_packages` takes every block. `test_mutations.py`.
"""
_ARCHIVES = """\
## Archives

`as it is`: the package is taken, as the executor looks for blobs by their digests and uses no other name. `test_archives.py`; `tests/fuzz` compares with what Python's `tarfile` reads.
"""
_JSON = """\
## JSON

Readers: {readers}. Each refuses each of these documents, and more of its own: {documents}. `test_json.py`; the manifest's reader is tested in `rust_exec/manifest/tests`.
"""
_ATTACKS = """\
## Malicious registries

On a pull. Bytes beyond those of the package, and requests, are bounded in each row. `test_malicious_registry.py`; ranges that are ignored, refused or answered in part when a transfer goes on are in
`tests/registry/test_download.py`, what an upload meets in `tests/registry/test_upload.py`, TLS in `tests/registry/test_tls.py`.

A registry elsewhere cannot send us to this machine, its link or its network: such addresses are refused, `RM406`, in every spelling that a resolver takes, and so are names that resolve to them
([where one may be sent](registry.md#nobody-sends-us-further-inside-than-they-stand), `tests/registry/test_zones.py`). Passwords and tokens stay with the registry's own origin wherever redirects, uploads and pages of lists lead.
"""
_FAULTS = """\
## Networks and kills

Between client and registry stands a network that fails at seeded places, on pushes and on pulls. All transfers arrive whole, and at most {slack} KiB a fault pass a second time: what was on its way.
`test_faults.py`

| what happens | the transfer |
|---|---|
{rows}
| a pull is killed (`kill -9`) again and again | the cache is whole after each; the next goes on where it stopped, at most {slack} KiB a kill pass a second time |
| a push is killed again and again | no tag before all is there; the next goes on where it stopped, not one byte arrives twice |
| the same, at a registry that forgets what came of a request that broke off | blobs that had arrived are not sent again; those on their way, four at most, are |

The ordinary run kills 8 times; `make soak` 50 times.
"""
_WRITES = """\
## Disks

A disk that is full at each of the files that are written, and each directory read-only in turn. What was there stays as it was; the same operation succeeds once there is room. `test_writes.py`
"""


def page() -> str:
    """Give the text of the page."""
    rows = "\n".join(f"| {row.name} | {row.result} |" for row in FAULTS)
    documents = ", ".join(HOSTILE)
    readers = ", ".join(reader.name for reader in (*READERS, *TAKES_NOTHING) if reader.name != "any")
    parts = [
        _HEAD,
        _MUTATIONS.format(names=", ".join(mutation.__name__.replace("_", " ") for mutation in MUTATIONS)),
        _ARCHIVES,
        _table(
            ("archive", "Python", "executor"), ((it.name, _codes(it.python), _codes(it.executor)) for it in ARCHIVES)
        ),
        _JSON.format(readers=readers, documents=documents),
        _ATTACKS,
        _table(("the registry sends", "comes to"), ((it.name, _codes(it.codes)) for it in ATTACKS)),
        _FAULTS.format(slack=SLACK >> 10, rows=rows),
        _WRITES,
        _table(("what is written", "comes to"), ((it.name, _codes(it.codes)) for it in WRITES)),
    ]
    return "\n".join(parts)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"


def _codes(codes: frozenset[str | None]) -> str:
    found = [f"`{code}`" for code in sorted(code for code in codes if code is not None)]
    return " or ".join(found if None not in codes else ["as it is", *found])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
