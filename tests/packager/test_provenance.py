"""What the signed provenance says: what was asked for, what went in, and where it was built."""

from __future__ import annotations

from typing import Any

import pytest

from remotemedia.compiler import Dependencies
from remotemedia.packager._origin import Origin
from remotemedia.packager._slsa import builder_id, provenance_predicate

SHA = "a" * 64
JOB = {
    "CI": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_WORKFLOW_REF": "team/speech/.github/workflows/release.yml@refs/tags/v1",
}


@pytest.mark.parametrize(
    ("environ", "builder"),
    [
        ({}, "urn:remotemedia:builder:local"),
        ({"CI": "false", **{k: v for k, v in JOB.items() if k != "CI"}}, "urn:remotemedia:builder:local"),
        ({"CI": "1"}, "urn:remotemedia:builder:ci"),
        (JOB, "https://github.com/team/speech/.github/workflows/release.yml@refs/tags/v1"),
        ({**JOB, "GITHUB_WORKFLOW_REF": "somewhere else"}, "urn:remotemedia:builder:ci"),
        ({**JOB, "GITHUB_SERVER_URL": "https://a b"}, "urn:remotemedia:builder:ci"),
        ({**JOB, "GITHUB_WORKFLOW_REF": f"{JOB['GITHUB_WORKFLOW_REF']}{'x' * 500}"}, "urn:remotemedia:builder:ci"),
    ],
)
def test_the_builder_says_whether_it_was_a_ci_job(environ: dict[str, str], builder: str) -> None:
    assert builder_id(environ) == builder


def definition(origin: Origin, **more: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {"parameters": {}, "builder": "urn:x", "tool_version": "1", **more}
    found: dict[str, Any] = provenance_predicate(origin, **fields)["buildDefinition"]
    return found


def test_parameters_are_those_that_were_given() -> None:
    origin = Origin("p.py", {}, Dependencies((), (), ()))
    assert definition(origin)["externalParameters"] == {"source": "p.py"}
    given = {"version": "1.0", "pipeline": "speech", "lock": True}
    assert definition(origin, parameters=given)["externalParameters"] == {"source": "p.py", **given}
    traced = Origin("p.py", {}, Dependencies((), (), ()), traced=True)
    assert definition(traced)["externalParameters"] == {"source": "p.py", "traced": True}


def test_locked_archives_and_packed_wheels_are_dependencies() -> None:
    origin = Origin("p.py", {"model.onnx": SHA}, Dependencies((), (), ()))
    environment = {
        "packages": [
            {"name": "both", "version": "1", "sha256": ["b" * 64, "c" * 64]},
            {"name": "packed", "version": "2+local", "sha256": [SHA], "wheel": "packed-2-py3-none-any.whl"},
            {"name": "unlocked", "version": "3", "sha256": []},
        ]
    }
    assert definition(origin, environment=environment)["resolvedDependencies"] == [
        {"name": "model.onnx", "digest": {"sha256": SHA}},
        {"uri": "pkg:pypi/both@1", "digest": {"sha256": "b" * 64}},
        {"uri": "pkg:pypi/both@1", "digest": {"sha256": "c" * 64}},
        {
            "name": "wheels/packed-2-py3-none-any.whl",
            "uri": "pkg:pypi/packed@2%2Blocal",
            "digest": {"sha256": SHA},
        },
        {"uri": "pkg:pypi/unlocked@3"},
    ]


def test_packages_that_nodes_are_have_the_digest_they_are_pinned_to() -> None:
    pinned = f"oci://host/voice:1@sha256:{SHA}"
    origin = Origin("p.py", {}, Dependencies((), (), ()), packages=(pinned, "oci://host/other:2"))
    assert definition(origin)["resolvedDependencies"] == [
        {"uri": pinned, "digest": {"sha256": SHA}},
        {"uri": "oci://host/other:2"},
    ]
