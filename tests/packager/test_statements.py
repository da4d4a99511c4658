"""What a build hands to whoever signs its package elsewhere: taken only if it can be about that package."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remotemedia.compiler import compile_file
from remotemedia.errors import TrustError
from remotemedia.packager import Assembled, BuildOptions, assemble, provenance_of
from remotemedia.trust import PROVENANCE_PREDICATE, SBOM_PREDICATE, statement_payload

SOURCE = """\
from remotemedia import Node, Pipeline


class Same(Node):
    def process(self, value):
        return value


p = Pipeline("same")
p.add(Same())
"""
Document = dict[str, Any]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Assembled:
    file = tmp_path_factory.mktemp("project") / "pipeline.py"
    file.write_text(SOURCE)
    return assemble(compile_file(file), BuildOptions({"CI": "1"}, "1.2.3", parameters={"lock": True}))


def document(package: Assembled, title: str) -> Document:
    (layer,) = [it for it in package.layers if it.title == title]
    assert isinstance(layer.blob.content, bytes)
    found: Document = json.loads(layer.blob.content)
    return found


def taken(package: Assembled, predicate: object, digest: str | None = None, kind: str = PROVENANCE_PREDICATE) -> Any:
    assert isinstance(predicate, dict)
    assert isinstance(package.config.content, bytes)
    config = json.loads(package.config.content)
    statement = statement_payload(digest or package.digest, kind, predicate)
    recorded = document(package, "meta/provenance.json")
    return provenance_of(statement, package.digest, config=config, recorded=recorded)


def test_the_statement_of_the_build_is_taken_as_it_is(package: Assembled) -> None:
    assert taken(package, package.provenance) == package.provenance
    assert package.provenance["runDetails"]["builder"]["id"] == "urn:remotemedia:builder:ci"


def test_what_only_the_builder_knows_is_the_signers_to_know(package: Assembled) -> None:
    stated = json.loads(json.dumps(package.provenance))
    stated["runDetails"]["builder"]["id"] = "https://forge.example/ci"
    assert taken(package, stated) == stated


def parameters(stated: Document) -> Document:
    found: Document = stated["buildDefinition"]["externalParameters"]
    return found


def inputs(stated: Document) -> list[Document]:
    found: list[Document] = stated["buildDefinition"]["resolvedDependencies"]
    return found


CHANGES: dict[str, Callable[[Document], object]] = {
    "another build type": lambda it: it["buildDefinition"].update(buildType="urn:other"),
    "another source": lambda it: parameters(it).update(source="other.py"),
    "another pipeline": lambda it: parameters(it).update(pipeline="other"),
    "another version": lambda it: parameters(it).update(version="9"),
    "traced": lambda it: parameters(it).update(traced=True),
    "an unknown parameter": lambda it: parameters(it).update(sudo=True),
    "an unknown field": lambda it: it.update(approved=True),
    "an unknown detail of the run": lambda it: it["runDetails"].update(metadata={}),
    "no parameters": lambda it: it["buildDefinition"].update(externalParameters=[]),
    "another input": lambda it: inputs(it)[0].update(digest={"sha256": "0" * 64}),
    "one input more": lambda it: inputs(it).insert(0, {"name": "a.py", "digest": {"sha256": "0" * 64}}),
    "an input twice": lambda it: inputs(it).insert(0, {"name": "pipeline.py", "digest": {"sha256": "0" * 64}}),
    "an input without a digest": lambda it: inputs(it)[0].pop("digest"),
    "a name of two inputs": lambda it: inputs(it)[0].update(name="a\0b"),
    "no input": lambda it: inputs(it).clear(),
    "another tool": lambda it: it["runDetails"]["builder"].update(version={"remotemedia": "9"}),
    "a tool that is none": lambda it: it["runDetails"]["builder"].update(version="9"),
    "a builder that is none": lambda it: it["runDetails"]["builder"].update(id=7),
    "no builder": lambda it: it.pop("runDetails"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_the_package_says_otherwise_is_not_signed(package: Assembled, change: str) -> None:
    stated = json.loads(json.dumps(package.provenance))
    CHANGES[change](stated)
    with pytest.raises(TrustError) as caught:
        taken(package, stated)
    assert caught.value.code == "RM521"


def test_a_statement_about_something_else_is_not_signed(package: Assembled, tmp_path: Path) -> None:
    with pytest.raises(TrustError, match="its subject"):
        taken(package, package.provenance, digest=f"sha256:{'0' * 64}")
    with pytest.raises(TrustError, match="its predicate type"):
        taken(package, package.provenance, kind=SBOM_PREDICATE)
    for data in (b"", b"[]", b'{"predicateType": 1}', b"\xff" * 100):
        with pytest.raises(TrustError) as caught:
            provenance_of(data, package.digest, config={}, recorded={})
        assert caught.value.code == "RM521"


def test_a_package_that_says_nothing_of_itself_is_stated_by_nobody(package: Assembled) -> None:
    statement = statement_payload(package.digest, PROVENANCE_PREDICATE, package.provenance)
    with pytest.raises(TrustError) as caught:
        provenance_of(statement, package.digest, config={}, recorded={})
    assert caught.value.code == "RM521"
