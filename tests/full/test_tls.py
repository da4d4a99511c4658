"""Registries with certificates of an own authority, which two of them demand from clients as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.full.ours import Ours
from tests.full.registries import KINDS, Kind, serve
from tests.full.tools import Signed, Tools
from tests.simulators.authority import Authority

FAILED = 4  # the exit status

pytestmark = pytest.mark.full


@pytest.mark.interop("remotemedia", "TLS: `--ca-file`, and `--client-cert` where it is demanded")
@pytest.mark.parametrize("registry", KINDS)
def test_an_own_authority_is_trusted_by_file(
    registry: Kind, tools: Tools, ours: Ours, signed: Signed, tmp_path: Path
) -> None:
    (tmp_path / "registry").mkdir()
    authority = Authority(tmp_path)
    with serve(registry, "none", tmp_path / "registry", tools, authority) as endpoint:
        reference, trusting = f"oci://{endpoint.host}/voice/tts:1.0", ["--ca-file", authority.file]
        showing = [*trusting, "--client-cert", authority.issue("builder")] if registry != "olareg" else trusting
        ours("push", reference, signed.package.path, *showing)
        assert ours.report("verify", reference, *showing)["status"] == "trusted"
        other = Authority(tmp_path, "Other CA")
        assert "RM409" in ours("tags", reference, "--ca-file", other.file, status=FAILED)
        if registry != "olareg":
            assert "RM410" in ours("tags", reference, *trusting, status=FAILED)
