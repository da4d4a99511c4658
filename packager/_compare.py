"""What a package that was built again has otherwise than another one."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from remotemedia.packager._assemble import Assembled
from remotemedia.registry import Manifest, media_types


@dataclass(frozen=True)
class Difference:
    """One part of the two packages.

    Attributes:
        part: the path of a file in the package, or `configuration`, `build time`, `manifest`.
        how: whether both have it, or only one of them.
        here: its digest in what was built now, or its value; None where it has none.
        there: the same in the other package.
    """

    part: str
    how: Literal["changed", "only here", "only there"]
    here: str | None
    there: str | None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def compare(package: Assembled, other: Manifest) -> tuple[Difference, ...]:
    """Return what differs, in the order in which a reader would look; nothing where both are the same package."""
    return () if package.digest == other.descriptor.digest else tuple(_differences(package, other))


def _differences(package: Assembled, other: Manifest) -> Iterator[Difference]:
    created = other.annotations.get(media_types.CREATED)
    if created != package.created:
        yield Difference("build time", "changed", package.created, created)
    if other.config.digest != package.config.digest:
        yield Difference("configuration", "changed", package.config.digest, other.config.digest)
    here = {layer.title: layer.blob.digest for layer in package.layers}
    there = {layer.title or layer.digest: layer.digest for layer in other.layers}
    for title in dict.fromkeys((*here, *there)):
        if title not in there:
            yield Difference(title, "only here", here[title], None)
        elif title not in here:
            yield Difference(title, "only there", None, there[title])
        elif here[title] != there[title]:
            yield Difference(title, "changed", here[title], there[title])
    if here == there and created == package.created and other.config.digest == package.config.digest:
        # Equal parts, described otherwise: order, media types, annotations.
        yield Difference("manifest", "changed", package.digest, other.descriptor.digest)
