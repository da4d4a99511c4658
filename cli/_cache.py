"""`remotemedia cache`: what was pulled, compiled and installed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from remotemedia.cli._console import report, size
from remotemedia.cli._options import Json

if TYPE_CHECKING:
    from remotemedia.registry import Cache

app = typer.Typer(help="What was pulled, compiled and installed.", no_args_is_help=True)


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """List the packages, and count the programs that were compiled."""
    entries = _cache().list()
    programs, taken = _programs()
    fields = [{"digest": it.digest, "size": it.size, "references": list(it.references)} for it in entries]
    lines = [f"{it.digest[:19]}  {size(it.size):>9}  {', '.join(it.references)}" for it in entries]
    shown = "\n".join(lines) or "nothing was pulled yet"
    counted = f"\n{_counted(programs, 'compiled program')}, {size(taken)}" if programs else ""
    report({"packages": fields, "programs": programs}, shown + counted, as_json=as_json)


@app.command()
def info(*, as_json: Json = False) -> None:
    """Tell where the cache is and how much it holds."""
    from remotemedia.runtime.home import home_directory

    cache = _cache()
    count, used, place = len(cache.list()), cache.size(), home_directory(os.environ)
    programs, taken = _programs()
    fields = {"home": str(place), "packages": count, "programs": programs, "size": used + taken}
    counted = f"{_counted(count, 'package')}, {_counted(programs, 'compiled program')}"
    report(fields, f"{place}: {counted}, {size(used + taken)}", as_json=as_json)


@app.command()
def verify(*, as_json: Json = False) -> None:
    """Hash everything again."""
    from remotemedia.errors import RegistryError

    damaged = _cache().verify()
    if damaged:
        listed = "; ".join(f"{it.digest[:19]}: {it.why}" for it in damaged)
        raise RegistryError(f"expected whole packages, got {listed}", code="RM408", hint="`remotemedia cache clear`")
    report({"damaged": []}, "all packages are whole", as_json=as_json)


@app.command()
def clear(
    reference: Annotated[str | None, typer.Argument(help="Only this package; by default all.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Remove packages, which are fetched again when they are next used, and compiled programs."""
    from remotemedia.compiler import forget_programs
    from remotemedia.registry import Reference
    from remotemedia.runtime.program import compile_cache

    cache = _cache()
    before = cache.size() + _programs()[1]
    if reference is None:
        cache.clear()
        forget_programs(compile_cache(os.environ))
    else:
        cache.remove(Reference.parse(reference))
    freed = before - cache.size() - _programs()[1]
    report({"freed": freed}, f"freed {size(freed)}", as_json=as_json)


@app.command()
def gc(
    *,
    older_than: Annotated[float, typer.Option(min=0, help="Days after which an environment counts as unused.")] = 30,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be removed.")] = False,
    as_json: Json = False,
) -> None:
    """Remove Python environments that no cached package needs, or that were long not used, and stray blobs."""
    from remotemedia.runtime._garbage import collect_garbage
    from remotemedia.runtime.home import home_directory

    found = collect_garbage(home_directory(os.environ), older_than_days=older_than, dry_run=dry_run)
    freed = sum(it.size for it in found)
    rows = [{"kind": it.kind, "name": it.name, "size": it.size, "why": it.why} for it in found]
    lines = [f"{it.kind:<11}  {it.name[:19]:<19}  {size(it.size):>9}  {it.why}" for it in found]
    total = f"{'would free' if dry_run else 'freed'} {size(freed)}"
    report({"removed": rows, "freed": freed, "dry_run": dry_run}, "\n".join([*lines, total]), as_json=as_json)


def _programs() -> tuple[int, int]:
    """How many programs are kept as they were compiled, and the bytes that they take."""
    from remotemedia.compiler import kept_programs
    from remotemedia.runtime.program import compile_cache

    return kept_programs(compile_cache(os.environ))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _cache() -> Cache:
    from remotemedia.registry import Cache
    from remotemedia.runtime.home import home_directory

    return Cache(home_directory(os.environ))
