"""What references of packages mean now: `resolve_pins(["oci://registry.example/voice:1.0"], network)`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from remotemedia.errors import PackageError
from remotemedia.registry import Reference, Scheme
from remotemedia.runtime._at_once import Check, ask_each

if TYPE_CHECKING:
    from remotemedia.registry import Source
    from remotemedia.runtime.network import Network

__all__ = ["resolve_pins"]


def resolve_pins(references: Iterable[str], network: Network) -> dict[str, str]:
    """Return each reference with the digest of what it points to; those that have one are left out.

    Raises:
        PackageError: RM311, a reference cannot have a digest.
        RegistryError: RM401, RM402, RM403, RM404: one is malformed, or cannot be found or asked for.
    """
    parsed = {text: network.parse(text) for text in references}
    waiting = {text: reference for text, reference in parsed.items() if reference.digest is None}
    for text, reference in waiting.items():
        if reference.scheme is Scheme.FILE:
            raise PackageError(
                f"expected a package of a registry or a layout directory to lock, got the file `{text}`",
                code="RM311",
                hint=f"`remotemedia push oci-layout:packages {text}` puts it into one",
            )

    def digest(text: str, *, check: Check) -> str:
        return _digest(waiting[text], network, check)

    digests = ask_each(digest, waiting)
    return {text: f"{text}@{digest}" for text, digest in digests.items()}


def _digest(reference: Reference, network: Network, check: Check) -> str:
    def question(source: Source, _: Reference) -> str:
        check()
        return source.resolve(reference.part).digest

    return network.ask(reference, question)
