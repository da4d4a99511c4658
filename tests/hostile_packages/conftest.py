"""One package for every test here, and both of its readers."""

from __future__ import annotations

import pytest

from remotemedia.packager import BuiltPackage
from tests.hostile_packages.readers import Readers, build_small


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltPackage:
    """A signed package; do not change its file."""
    return build_small(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="session")
def readers(built: BuiltPackage, tmp_path_factory: pytest.TempPathFactory) -> Readers:
    """Both readers, and what they give of it."""
    return Readers(built, tmp_path_factory.mktemp("readers") / "home")
