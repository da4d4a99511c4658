"""The registry that a user names to log in to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

import typer

from remotemedia.errors import RegistryError, UsageError

if TYPE_CHECKING:
    from remotemedia.runtime.network import Network

Host = Annotated[str, typer.Argument(help="HOST[:PORT] of the registry.", metavar="HOST")]

_SCHEME: Final = re.compile(r"(?:oci|https?)://", re.ASCII)


def host_of(text: str, network: Network | None = None) -> str:
    """Return `HOST[:PORT]` in its one spelling; a scheme before it is passed over.

    Args:
        text: what the user wrote.
        network: by which the registry is spoken with, if it is: which port goes without saying depends on that.

    Raises:
        UsageError: RM701, it is no host, or there is more than a host: logins are for all of a registry.
    """
    from remotemedia.registry import Reference

    host, _, path = _SCHEME.sub("", text, count=1).rstrip("/").partition("/")
    if path:
        raise UsageError(
            f"expected `HOST[:PORT]` of a registry, got `{text[:200]}`",
            code="RM701",
            hint=f"a login is for all of a registry: name `{host[:200]}`",
        )
    try:
        return (Reference if network is None else network).parse(f"oci://{host}/any").host
    except RegistryError as error:
        raise UsageError(f"expected `HOST[:PORT]` of a registry, got `{text[:200]}`", code="RM701") from error
