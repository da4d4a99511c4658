"""`remotemedia cache`: what was pulled."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from remotemedia.cli._console import report, size
from remotemedia.cli._options import Json

if TYPE_CHECKING:
    from remotemedia.registry import Cache

app = typer.Typer(help="Packages that were pulled.", no_args_is_help=True)


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """List the packages."""
    entries = _cache().list()
    fields = [{"digest": it.digest, "size": it.size, "references": list(it.references)} for it in entries]
    lines = [f"{it.digest[:19]}  {size(it.size):>9}  {', '.join(it.references)}" for it in entries]
    report({"packages": fields}, "\n".join(lines) or "nothing was pulled yet", as_json=as_json)


@app.command()
def info(*, as_json: Json = False) -> None:
    """Tell where the cache is and how much it holds."""
    from remotemedia.runtime.home import home_directory

    cache = _cache()
    count, used, place = len(cache.list()), cache.size(), home_directory(os.environ)
    fields = {"home": str(place), "packages": count, "size": used}
    report(fields, f"{place}: {count} packages, {size(used)}", as_json=as_json)


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
    """Remove packages; they are fetched again when they are next used."""
    from remotemedia.registry import Reference

    cache = _cache()
    before = cache.size()
    if reference is None:
        cache.clear()
    else:
        cache.remove(Reference.parse(reference))
    freed = before - cache.size()
    report({"freed": freed}, f"freed {size(freed)}", as_json=as_json)


def _cache() -> Cache:
    from remotemedia.registry import Cache
    from remotemedia.runtime.home import home_directory

    return Cache(home_directory(os.environ))
