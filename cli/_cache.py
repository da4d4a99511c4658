"""`remotemedia cache`: what was pulled, compiled and installed."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from remotemedia.cli._console import report, size, warn
from remotemedia.cli._digests import in_full
from remotemedia.cli._options import Json

if TYPE_CHECKING:
    from pathlib import Path

    from remotemedia.registry import Cache, CacheEntry

app = typer.Typer(help="What was pulled, compiled and installed.", no_args_is_help=True)


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """List the packages, and count the programs that were compiled."""
    entries = _cache().list()
    programs, taken = _programs()
    lines = [
        f"{it.digest[:19]}  {size(it.size):>9}  {_ago(it.used):>8}  {'pinned  ' if it.pinned else ''}"
        f"{', '.join(it.references)}".rstrip()
        for it in entries
    ]
    shown = "\n".join(lines) or "nothing was pulled yet"
    counted = f"\n{_counted(programs, 'compiled program')}, {size(taken)}" if programs else ""
    report({"packages": [_fields(it) for it in entries], "programs": programs}, shown + counted, as_json=as_json)


@app.command()
def info(*, as_json: Json = False) -> None:
    """Tell where the cache is, how much it holds, and how much it may."""
    from remotemedia.runtime._config import Configuration
    from remotemedia.runtime.home import home_directory

    cache = _cache()
    count, used, place = len(cache.list()), cache.size(), home_directory(os.environ)
    programs, taken = _programs()
    attempts, results = _attempts(place)
    unfinished = sum(it for _, it in cache.partials(older_than=0))
    limit = Configuration.load(os.environ).cache_size
    fields = {
        "home": str(place),
        "packages": count,
        "programs": programs,
        "attempts": attempts,
        "size": used + taken + results + unfinished,
        "unfinished": unfinished,
        "limit": limit,
    }
    counted = f"{_counted(count, 'package')}, {_counted(programs, 'compiled program')}"
    if attempts:
        counted += f", {_counted(attempts, 'attempt')} to make models smaller"
    rest = f", {size(unfinished)} of unfinished pulls" if unfinished else ""
    allowed = f"; packages may take {size(limit)}" if limit is not None else ""
    report(fields, f"{place}: {counted}, {size(used + taken + results)}{rest}{allowed}", as_json=as_json)


@app.command()
def verify(*, as_json: Json = False) -> None:
    """Hash everything again; what is damaged is put away, and fetched again by the next use."""
    from remotemedia.errors import RegistryError

    damaged = _cache().verify()
    if damaged:
        listed = "; ".join(f"{it.digest[:19]}{f' `{it.title}`' if it.title else ''}: {it.why}" for it in damaged)
        rows = [{"digest": it.digest, "file": it.title, "blob": it.blob, "why": it.why} for it in damaged]
        raise RegistryError(
            f"expected whole packages, got {listed}",
            code="RM408",
            hint="`remotemedia pull REF`, or the next run, fetches what is damaged",
            damaged=rows,
        )
    report({"damaged": []}, "all packages are whole", as_json=as_json)


@app.command()
def clear(
    reference: Annotated[str | None, typer.Argument(help="Only this package; by default all.")] = None,
    *,
    pinned: Annotated[bool, typer.Option("--pinned", help="Those that are pinned too.")] = False,
    as_json: Json = False,
) -> None:
    """Remove packages, which are fetched again when they are next used, and what builds have kept."""
    from remotemedia.registry import Reference

    cache = _cache()
    before = cache.size() + _kept_by_builds()
    others = cache.remove(Reference.parse(in_full(reference))) if reference is not None else ()
    kept = cache.clear(pinned=pinned) if reference is None else ()
    if reference is None:
        _forget_builds()
    spared = [it for it in kept if it.pinned and not pinned]
    in_use = [it for it in kept if it not in spared]
    for it in spared:
        warn(f"{it.digest[:19]} is pinned, and stays; `--pinned` removes it")
    for it in in_use:
        warn(f"{it.digest[:19]} is in use, and stays")
    freed = before - cache.size() - _kept_by_builds()
    fields = {
        "freed": freed,
        "in_use": [it.digest for it in in_use],
        "pinned": [it.digest for it in spared],
        "references": list(others),
    }
    forgot = f"forgot {reference}; the package stays as {', '.join(others)}"
    report(fields, forgot if others else f"freed {size(freed)}", as_json=as_json)


@app.command()
def pin(
    reference: Annotated[str, typer.Argument(help="A cached package.")],
    *,
    as_json: Json = False,
) -> None:
    """Keep a package when room is made; another version of it is not meant."""
    from remotemedia.registry import Reference

    entry = _cache().pin(Reference.parse(in_full(reference)))
    report(_fields(entry), f"{entry.digest} stays", as_json=as_json)


@app.command()
def unpin(
    reference: Annotated[str, typer.Argument(help="A cached package.")],
    *,
    as_json: Json = False,
) -> None:
    """Let a package go again when room is made."""
    from remotemedia.registry import Reference

    entry = _cache().pin(Reference.parse(in_full(reference)), keep=False)
    report(_fields(entry), f"{entry.digest} may go", as_json=as_json)


@app.command()
def gc(
    *,
    older_than: Annotated[float, typer.Option(min=0, help="Days after which an environment counts as unused.")] = 30,
    to_size: Annotated[
        str | None, typer.Option(help="Make room until packages take that much, such as 20GB; by default the limit.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be removed.")] = False,
    as_json: Json = False,
) -> None:
    """Remove what nothing needs: environments, stray blobs, old partial ones, and packages above the size limit."""
    from remotemedia.runtime._config import Configuration, parse_size_option
    from remotemedia.runtime._garbage import collect_garbage
    from remotemedia.runtime.home import home_directory

    limit = parse_size_option("--to-size", to_size) if to_size else Configuration.load(os.environ).cache_size
    home = home_directory(os.environ)
    found = collect_garbage(home, older_than_days=older_than, limit=limit, dry_run=dry_run)
    freed = sum(it.size for it in found)
    rows = [{"kind": it.kind, "name": it.name, "size": it.size, "why": it.why} for it in found]
    lines = [f"{it.kind:<11}  {it.name[:19]:<19}  {size(it.size):>9}  {it.why}" for it in found]
    lines += [f"{'would free' if dry_run else 'freed'} {size(freed)}"]
    pinned = sum(it.size for it in _cache().list() if it.pinned) if limit is not None else 0
    lines += [f"{size(pinned)} are pinned, and stay"] if pinned else []
    fields = {"removed": rows, "freed": freed, "pinned": pinned, "dry_run": dry_run}
    report(fields, "\n".join(lines), as_json=as_json)


def _fields(entry: CacheEntry) -> dict[str, Any]:
    return {
        "digest": entry.digest,
        "size": entry.size,
        "references": list(entry.references),
        "pinned": entry.pinned,
        "used": datetime.fromtimestamp(entry.used, UTC).isoformat(timespec="seconds"),
    }


def _ago(seconds: float) -> str:
    """When something was, as briefly as it interests: `3 h ago`."""
    passed = max(0, int(time.time() - seconds))
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if passed >= length:
            return f"{passed // length} {unit} ago"
    return "just now"


def _programs() -> tuple[int, int]:
    """How many programs are kept as they were compiled, and the bytes that they take."""
    from remotemedia.compiler import kept_programs
    from remotemedia.runtime.program import compile_cache

    return kept_programs(compile_cache(os.environ))


def _attempts(home: Path) -> tuple[int, int]:
    """How many attempts to make models smaller are kept, and the bytes that their results take."""
    from remotemedia.packager.optimize import kept_attempts
    from remotemedia.runtime.program import attempt_cache

    return kept_attempts(attempt_cache(home))


def _kept_by_builds() -> int:
    """The bytes of programs and attempts."""
    from remotemedia.runtime.home import home_directory

    return _programs()[1] + _attempts(home_directory(os.environ))[1]


def _forget_builds() -> None:
    """Remove programs and attempts."""
    from remotemedia.compiler import forget_programs
    from remotemedia.packager.optimize import forget_attempts
    from remotemedia.runtime.home import home_directory
    from remotemedia.runtime.program import attempt_cache, compile_cache

    forget_programs(compile_cache(os.environ))
    if not forget_attempts(attempt_cache(home_directory(os.environ))):
        warn("a build uses attempts to make models smaller, and they stay")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _cache() -> Cache:
    from remotemedia.registry import Cache
    from remotemedia.runtime.home import home_directory

    return Cache(home_directory(os.environ))
