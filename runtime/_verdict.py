"""The engine's verdict on documents of a package: what it would refuse to run is not written, fetched or shown.

check_manifest(stated)               # before a package of it is written
check_layers(manifest)               # before any layer moves
check_configuration(config, stated)  # before anybody is told what the package wants
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from remotemedia import _native

if TYPE_CHECKING:
    from remotemedia.registry import Manifest

__all__ = ["check_configuration", "check_layers", "check_manifest"]


def check_manifest(stated: Mapping[str, Any]) -> None:
    """Check the manifest of a pipeline.

    Raises:
        ManifestError: RM2xx.
    """
    with _raised():
        _native.validate_manifest(_bytes(stated))


def check_layers(manifest: Manifest) -> None:
    """Check what an artifact's manifest says of the package's files.

    Raises:
        PackageError: RM301, the configuration or a file is none of a package; RM304, a path is unsafe or stands twice;
            RM303, an array is not named by its digest.
    """
    with _raised():
        _native.check_layers(manifest.raw)


def check_configuration(config: Mapping[str, Any], stated: Mapping[str, Any]) -> None:
    """Check that a package's configuration says what follows from its pipeline's manifest.

    Raises:
        PackageError: RM301, it is no configuration of a package; RM303, it says something else.
        ManifestError: RM2xx.
    """
    with _raised():
        _native.check_configuration(_bytes(config), _bytes(stated))


@contextmanager
def _raised() -> Iterator[None]:
    """Raise a refusal of the engine as what it is here."""
    try:
        yield
    except _native.NativeError as error:
        from remotemedia.runtime.executor import error_of  # noqa: PLC0415 - it is slow to import, and seldom needed

        raise error_of(json.loads(str(error))) from error


def _bytes(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode()
