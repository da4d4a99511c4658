"""Which files a package holds."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from remotemedia.compiler import Program, ProjectFile, missing_in_sandbox, named_code
from remotemedia.errors import PackageError
from remotemedia.packager._blob import Blob, Layer
from remotemedia.packager._canonical import canonical_json
from remotemedia.packager._environment import Wheel, wheel_layers
from remotemedia.packager._metadata import pynode_document, runtime_document
from remotemedia.packager._names import safe_name
from remotemedia.packager._pynode import pack
from remotemedia.packager._vendor import extra_members
from remotemedia.registry import collision, media_types


def content_layers(
    program: Program,
    runtimes: Mapping[str, str],
    documents: Mapping[str, object],
    wheels: Mapping[str, Wheel],
    contents: Mapping[str, Path],
) -> list[Layer]:
    """The files of the package in their order: what a reader wants first comes first, models and wheels last.

    Args:
        program: the compiled program.
        runtimes: runtime kind by node id.
        documents: contents of `meta/NAME.json` by name; None is left out.
        wheels: of distributions, by name.
        contents: where the bytes of files are that stand not in the project, by path.

    Raises:
        PackageError: a file has a name that no reader would accept (RM304), or is not what the compiler found (RM308).
    """
    manifest = {name: value for name, value in program.manifest.items() if name != "metadata"}
    described = {name: value for name, value in program.manifest["metadata"].items() if name != "created_at"}
    meta = {**documents, "runtime": runtime_document(program, runtimes)}
    layers = [
        Layer("manifest.json", media_types.PACKAGE_MANIFEST, _json({**manifest, "metadata": described})),
        *(
            Layer(f"meta/{name}.json", media_types.PACKAGE_META, _json(document))
            for name, document in sorted(meta.items())
            if document is not None
        ),
    ]
    if _has_code(program):
        title = f"modules/{safe_name(described['name'])}.pynode"
        layers.append(Layer(title, media_types.PACKAGE_MODULE, Blob.of_bytes(_pynode(program))))
    files = [*_files(program, "file", contents), *_files(program, "model", contents)]
    layers += [*_data(program), *files, *wheel_layers(wheels)]
    _refuse_collisions(layers)
    return layers


def _refuse_collisions(layers: Iterable[Layer]) -> None:
    """Readers refuse them too: who unpacks the package elsewhere would get one file with the content of the other."""
    same = collision(layer.title for layer in layers)
    if same is not None:
        raise PackageError(
            f"expected paths that are different files on every system, got `{same[0]}` and `{same[1]}`",
            code="RM304",
            hint="rename one of them",
            path=same[1],
        )


def _has_code(program: Program) -> bool:
    """Whether a node's class, or something that an argument names, is code of the project."""
    modules = {
        module.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for module in program.modules
    }
    named = (name for node in program.manifest["nodes"] for name in named_code(node))
    return bool(program.entries) or any(name.partition(":")[0] in modules for name in named)


def _json(document: object) -> Blob:
    return Blob.of_bytes(canonical_json(document))


def _pynode(program: Program) -> bytes:
    """The sources as the compiler read them, without the byte order mark at which a reader of text would stumble."""
    sources = {module.path: module.text.removeprefix("\ufeff").encode() for module in program.modules}
    document = pynode_document(program, missing_in_sandbox(program))
    return pack({**extra_members(program), **sources, "pynode.json": canonical_json(document)})


def _data(program: Program) -> list[Layer]:
    """The arrays, each once: one that two arguments hold has one digest."""
    found = {item.path: item for item in program.data}
    return [
        Layer(path, media_types.PACKAGE_DATA, Blob(f"sha256:{item.sha256}", len(item.content), item.content))
        for path, item in sorted(found.items())
    ]


def _files(program: Program, kind: str, contents: Mapping[str, Path]) -> list[Layer]:
    directory, media_type = _PLACES[kind]
    found = {item.path: item for item in program.files if item.kind == kind}
    return [
        Layer(_checked_title(f"{directory}/{path}"), media_type, _content(program, item, contents))
        for path, item in sorted(found.items())
    ]


def _content(program: Program, item: ProjectFile, contents: Mapping[str, Path]) -> Blob:
    """What the package has of a file of the project."""
    return Blob(f"sha256:{item.sha256}", item.size, contents.get(item.path, program.root / item.path))


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
