"""Files of distributions and data of packages in a `.pynode`."""

from __future__ import annotations

import json
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from remotemedia.compiler import compile_file
from remotemedia.errors import PackageError
from remotemedia.packager import build
from remotemedia.packager._pynode import pack
from remotemedia.packager._vendor import extra_members
from remotemedia.schemas.package import ProvenanceDocument, RuntimeDocument
from tests.compiler.dependency_corpus import CORPUS, GENERATOR
from tests.packager.projects import options


def read(package: Path, suffix: str) -> bytes:
    with tarfile.open(package) as archive:
        (name,) = [name for name in archive.getnames() if name.endswith(suffix)]
        stream = archive.extractfile(name)
        assert stream is not None
        return stream.read()


def build_case(name: str, out: Path) -> Path:
    with GENERATOR.environment():
        program = compile_file(CORPUS / name / "pipeline.py")
        return build(program, out, options(None)).path


def test_distributions_travel_with_their_licences_and_without_their_tests(tmp_path: Path) -> None:
    package = build_case("vendored", tmp_path)
    with zipfile.ZipFile(BytesIO(read(package, ".pynode"))) as archive:
        assert archive.namelist() == [
            "pipeline.py",
            "pynode.json",
            "site-packages/Pure_Words-1.2.0.dist-info/METADATA",
            "site-packages/Pure_Words-1.2.0.dist-info/licenses/LICENSE",
            "site-packages/pure_words/__init__.py",
            "site-packages/pure_words/split.py",
            "site-packages/pure_words/stops.txt",
            "site-packages/tiny_helper-1.0.0.dist-info/METADATA",
            "site-packages/tiny_helper.py",
        ]
        assert json.loads(archive.read("pynode.json"))["missing"] == []


def test_data_of_packages_travels_too(tmp_path: Path) -> None:
    package = build_case("resources", tmp_path)
    with zipfile.ZipFile(BytesIO(read(package, ".pynode"))) as archive:
        assert archive.read("app/tables/words.txt") == b"one two\n"
        assert archive.read("app/curve.bin.base64") == b"AP8B"
        assert "app/tables/unused.txt" not in archive.namelist()


@pytest.mark.parametrize("name", ["vendored", "lazy", "hashed_requirements", "optional", "standard_library"])
def test_the_documents_are_what_their_schemas_say(name: str, tmp_path: Path) -> None:
    package = build_case(name, tmp_path)
    runtime = RuntimeDocument.model_validate_json(read(package, "meta/runtime.json"))
    provenance = ProvenanceDocument.model_validate_json(read(package, "meta/provenance.json"))
    assert provenance.dependencies == runtime.distributions
    assert {it.id: it.runtime for it in runtime.nodes} == runtime.runtimes


def test_a_file_that_is_not_what_its_record_says_is_refused() -> None:
    with GENERATOR.environment() as site:
        program = compile_file(CORPUS / "vendored" / "pipeline.py")
        (site / "tiny_helper.py").write_text("import os\n")
        with pytest.raises(PackageError) as caught:
            extra_members(program)
    assert caught.value.code == "RM308"
    assert "tiny_helper.py" in caught.value.message


def test_more_than_readers_take_is_refused() -> None:
    with pytest.raises(PackageError, match="at most 4096 files and 15 MiB") as caught:
        pack({"pkg/curve.bin.base64": b"A" * (16 << 20)})
    assert caught.value.code == "RM304"
