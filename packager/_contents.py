"""Which files a package holds."""

from collections.abc import Mapping, Sequence

from remotemedia.compiler import Program, missing_in_sandbox
from remotemedia.errors import PackageError
from remotemedia.packager._blob import Blob, Layer
from remotemedia.packager._canonical import canonical_json
from remotemedia.packager._dependencies import Dependency
from remotemedia.packager._metadata import pynode_document, runtime_document
from remotemedia.packager._names import safe_name
from remotemedia.packager._pynode import pack
from remotemedia.registry import media_types


def input_digests(program: Program) -> dict[str, str]:
    """SHA-256 in hexadecimal of every input, by project-relative path."""
    modules = {module.path: module.sha256 for module in program.modules}
    return modules | {file.path: file.sha256 for file in program.files}


def content_layers(
    program: Program, runtimes: Mapping[str, str], dependencies: Sequence[Dependency], provenance: object
) -> list[Layer]:
    """The files of the package in their order: what a reader wants first comes first, models last.

    Args:
        program: the compiled program.
        runtimes: runtime kind by node id.
        dependencies: what its sources import.
        provenance: the content of `meta/provenance.json`.

    Raises:
        PackageError: a file has a name that no reader would accept (RM304).
    """
    manifest = {name: value for name, value in program.manifest.items() if name != "metadata"}
    described = {name: value for name, value in program.manifest["metadata"].items() if name != "created_at"}
    runtime = runtime_document(program, runtimes, dependencies)
    layers = [
        Layer("manifest.json", media_types.PACKAGE_MANIFEST, _json({**manifest, "metadata": described})),
        Layer("meta/provenance.json", media_types.PACKAGE_META, _json(provenance)),
        Layer("meta/runtime.json", media_types.PACKAGE_META, _json(runtime)),
    ]
    if program.entries:
        title = f"modules/{safe_name(described['name'])}.pynode"
        layers.append(Layer(title, media_types.PACKAGE_MODULE, Blob.of_bytes(_pynode(program))))
    return [*layers, *_files(program, "file"), *_files(program, "model")]


def _json(document: object) -> Blob:
    return Blob.of_bytes(canonical_json(document))


def _pynode(program: Program) -> bytes:
    """The sources as the compiler read them, without the byte order mark at which a reader of text would stumble."""
    sources = {module.path: module.text.removeprefix("\ufeff").encode() for module in program.modules}
    document = pynode_document(program, missing_in_sandbox(program))
    return pack({**sources, "pynode.json": canonical_json(document)})


def _files(program: Program, kind: str) -> list[Layer]:
    directory, media_type = _PLACES[kind]
    found = {item.path: item for item in program.files if item.kind == kind}
    return [
        Layer(
            _checked_title(f"{directory}/{path}"),
            media_type,
            Blob(f"sha256:{item.sha256}", item.size, program.root / path),
        )
        for path, item in sorted(found.items())
    ]


def _checked_title(title: str) -> str:
    """The path, if readers accept it: they refuse what a terminal or another system could take for something else."""
    if not title.isprintable() or "\\" in title or len(title.encode()) > _LONGEST_TITLE:
        raise PackageError(
            f"expected a file's path to be printable, without `\\` and at most {_LONGEST_TITLE} bytes long, "
            f"got {title[:80]!r}",
            code="RM304",
            hint="rename the file",
            path=title,
        )
    return title


_LONGEST_TITLE = 1024
_PLACES = {
    "file": ("modules/files", media_types.PACKAGE_MODULE),
    "model": ("models", media_types.PACKAGE_MODEL),
}
