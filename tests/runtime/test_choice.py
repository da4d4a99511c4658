"""Where nodes run: what a package says of it, and what was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from remotemedia.errors import TrustError
from remotemedia.runtime._choice import choose
from remotemedia.schemas.manifest import RuntimeKind

SPECTRUM = {
    "id": "Spectrum",
    "node_type": "Spectrum",
    "runtime": "python",
    "why": "numpy is native code",
    "others": [],
    "lacks": ["numpy is native code"],
}
GAIN = {"id": "Gain", "node_type": "Gain", "runtime": "native", "why": "built in", "others": ["python"], "lacks": []}


class Package:
    """The documents of a package."""

    def __init__(self, rows: Any, nodes: Any = ()) -> None:
        self._documents = {"meta/runtime.json": {"nodes": rows}, "manifest.json": {"nodes": list(nodes)}}

    def has(self, title: str, /) -> bool:
        """Whether it has this one."""
        return title in self._documents

    def document(self, title: str, /) -> dict[str, Any]:
        """One of them."""
        return self._documents[title]


def test_what_was_decided_when_it_was_built_holds() -> None:
    spectrum, gain = choose(
        Package([SPECTRUM, GAIN], [{"id": "Gain", "grants": ["read=/x"], "limits": {"memory_mb": 8}}])
    )
    assert (spectrum.runtime, spectrum.others, dict(spectrum.wants)) == (
        "python", (), {"python": "numpy is native code"},
    )  # fmt: skip
    assert (gain.runtime, gain.why, gain.others) == ("native", "built in", ("python",))
    assert gain.wants == {"read=/x": "its author asks for it"}
    assert gain.limits == {"memory_mb": 8}


def test_every_kind_is_given_excluded_or_possible() -> None:
    for choice in choose(Package([SPECTRUM, GAIN])):
        assert {choice.runtime, *choice.others, *choice.excluded} == {str(kind) for kind in RuntimeKind}


def test_moving_to_host_python_wants_a_grant_and_leaving_it_wants_none() -> None:
    movable = {**SPECTRUM, "others": ["python-wasm"], "lacks": []}
    (away,) = choose(Package([movable]), ["Spectrum=python-wasm"])
    assert (away.runtime, away.wants) == ("python-wasm", {})
    (there,) = choose(Package([GAIN]), ["python"])
    assert (there.runtime, there.wants) == ("python", {"python": "it runs on the host's Python"})


def test_the_word_for_one_node_goes_before_that_for_all() -> None:
    (gain,) = choose(Package([GAIN]), ["Gain=native", "native"])
    assert gain.why == "it was asked for"
    with pytest.raises(TrustError) as caught:
        choose(Package([SPECTRUM, GAIN]), ["python-wasm"])
    assert caught.value.code == "RM509"
    assert "`Spectrum`: numpy is native code" in caught.value.message
