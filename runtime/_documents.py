"""Documents of a package, from wherever it is: bounded in size, and checked against their digests.

manifest = expect_package(Manifest.parse(source.manifest(digest)), reference)
document = read_document(source, layer_of(manifest, "meta/provenance.json"))
expect_form(document, ProvenanceDocument, "meta/provenance.json").source_hash
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from remotemedia.errors import PackageError
from remotemedia.registry import media_types
from remotemedia.trust import strict_json

if TYPE_CHECKING:
    from pydantic import BaseModel

    from remotemedia.registry import Descriptor, Manifest, Reference, Source

__all__ = ["expect_form", "expect_package", "layer_of", "read_document", "read_small"]

_Form = TypeVar("_Form", bound="BaseModel")

_MAX_DOCUMENT: Final = 4 << 20


def expect_package(manifest: Manifest, reference: Reference) -> Manifest:
    """Return the manifest, if it is a package's.

    Raises:
        PackageError: RM301, it is another artifact's.
    """
    if manifest.artifact_type != media_types.PACKAGE:
        got = strict_json.shown(manifest.artifact_type)
        raise PackageError(f"expected `{reference}` to be a package (`{media_types.PACKAGE}`), got {got}", code="RM301")
    return manifest


def layer_of(manifest: Manifest, title: str) -> Descriptor:
    """Return the file at a path in the package's tree.

    Raises:
        PackageError: RM306, there is none.
    """
    layer = next((layer for layer in manifest.layers if layer.title == title), None)
    if layer is None:
        raise PackageError(f"expected `{title}` in the package, it is not there", code="RM306")
    return layer


def read_small(source: Source, descriptor: Descriptor) -> bytes:
    """Return the bytes of a file that is no model.

    Raises:
        PackageError: RM303, it is larger than 4 MiB; RM302, it does not match its digest.
        RegistryError: RM405 and others, of a registry.
    """
    if descriptor.size > _MAX_DOCUMENT:
        raise PackageError(f"expected at most {_MAX_DOCUMENT} bytes of metadata, got {descriptor.size}", code="RM303")
    return b"".join(source.open_blob(descriptor))


def read_document(source: Source, descriptor: Descriptor) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        PackageError: RM303, it is none, or as `read_small`.
        RegistryError: as `read_small`.
    """
    try:
        return strict_json.loads_object(read_small(source, descriptor))
    except ValueError as error:
        raise PackageError(f"expected metadata as a JSON object: {error}", code="RM303") from error


def expect_form(document: Mapping[str, Any], form: type[_Form], title: str) -> _Form:
    """Return what a document says, if it is as its schema has it.

    Raises:
        PackageError: RM303.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - takes its time, and few documents are read so

    try:
        return form.model_validate_json(json.dumps(document))
    except ValidationError as error:
        found = error.errors()[0]
        where = strict_json.shown(".".join(map(str, found["loc"])))
        message = f"expected `{title}` as its schema says, got {where}: {found['msg']}"
        raise PackageError(message, code="RM303") from error
