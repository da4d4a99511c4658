"""Packages whose manifest is not one: the executor refuses them before it runs anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remotemedia.errors import ManifestError
from remotemedia.registry import BytesContent, Descriptor, LayoutDirectory, PackageArchive, copy, digest_of
from remotemedia.runtime.executor import Executor
from remotemedia.runtime.publish import build_package

SOURCE = """\
from remotemedia import PassThroughNode, Pipeline

p = Pipeline("plain").add(PassThroughNode())
"""

Change = Callable[[dict[str, Any]], object]
Refused = Callable[[Change], ManifestError]


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    """Run a package whose manifest was changed, with all digests as they should be: how it is refused."""

    def run(change: Change) -> ManifestError:
        file = tmp_path / "pipeline.py"
        file.write_text(SOURCE)
        layout = LayoutDirectory(tmp_path / "layout")
        with PackageArchive(build_package(file, tmp_path, environ={}).path) as archive:
            descriptor = archive.resolve(None)
            copy(archive, layout, descriptor)
        package = json.loads(layout.manifest(descriptor.digest))
        layer = next(
            it for it in package["layers"] if it["annotations"]["org.opencontainers.image.title"] == "manifest.json"
        )
        manifest = json.loads(b"".join(layout.open_blob(Descriptor.from_json(layer))))
        change(manifest)
        changed = json.dumps(manifest).encode()
        layer |= {"digest": digest_of(changed), "size": len(changed)}
        layout.put_blob(Descriptor.from_json(layer), BytesContent(changed))
        raw = json.dumps(package).encode()
        layout.put_manifest(raw)
        plan = {"version": 1}
        with pytest.raises(ManifestError) as caught:
            Executor.find().run(
                layout.path, digest_of(raw), plan, directory=tmp_path, home=tmp_path, on_event=lambda _: None
            )
        return caught.value

    return run


def test_scenario_validate_required_fields(refused: Refused) -> None:
    error = refused(lambda manifest: manifest.pop("nodes"))
    assert error.code == "RM204"
    assert "missing `nodes`" in str(error)
    assert "required are `version`, `metadata`, `nodes`, `connections`" in str(error)


def test_scenario_validate_node_type_compatibility(refused: Refused) -> None:
    error = refused(lambda manifest: manifest["nodes"][0].update(node_type="TeleportNode"))
    assert error.code == "RM207"
    assert "got `TeleportNode`" in str(error)
    assert "`PassThroughNode`" in str(error)  # one of those that it lists


def test_scenario_check_version_compatibility(refused: Refused) -> None:
    error = refused(lambda manifest: manifest.update(version="2.0"))
    assert error.code == "RM206"
    assert "`1.x`" in str(error)
    assert "got version `2.0`" in str(error)
