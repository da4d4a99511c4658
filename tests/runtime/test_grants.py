"""Grants: their forms, what they cover, and who gets them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remotemedia.errors import TrustError, UsageError
from remotemedia.runtime._choice import NodeChoice
from remotemedia.runtime._grants import Grant, Grants
from remotemedia.runtime._plan import RunOptions, check_granted, make_plan

CASES = json.loads((Path(__file__).parents[2] / "testdata" / "grants.json").read_text())


@pytest.mark.parametrize(("text", "written"), CASES["valid"])
def test_a_grant_is_read_and_written(text: str, written: str) -> None:
    assert str(Grant.parse(text)) == written
    assert Grant.parse(written) == Grant.parse(text)


@pytest.mark.parametrize("text", CASES["invalid"])
def test_what_is_no_grant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Grant.parse(text)
    with pytest.raises(UsageError):
        Grants.parse([text])


@pytest.mark.parametrize(("held", "wanted"), CASES["covers"])
def test_a_grant_covers_what_lies_within_it(held: str, wanted: str) -> None:
    assert Grant.parse(held).covers(Grant.parse(wanted))


@pytest.mark.parametrize(("held", "wanted"), CASES["covers_not"])
def test_a_grant_covers_nothing_else(held: str, wanted: str) -> None:
    assert not Grant.parse(held).covers(Grant.parse(wanted))


@given(st.text(max_size=40))
def test_any_text_is_a_grant_or_refused(text: str) -> None:
    try:
        grant = Grant.parse(text)
    except ValueError:
        return
    assert Grant.parse(str(grant)) == grant
    assert grant.covers(grant)


def test_a_node_gets_what_was_granted_to_all_and_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    grants = Grants.parse(["read=data", "A:python", "B:net=h:1", "a:b:write=/out:1K"])
    assert grants.of("A") == (f"read={tmp_path}/data", "python")
    assert grants.of("B") == (f"read={tmp_path}/data", "net=h:1")
    assert grants.of("a:b") == (f"read={tmp_path}/data", "write=/out:1024")
    assert grants.words()[-1] == "a:b:write=/out:1024"
    assert Grants.parse(grants.words()) == grants


def test_what_is_missing_is_told_per_node_with_the_reason_and_the_flags() -> None:
    choices = [
        NodeChoice("Spectrum", "python", wants={"python": "numpy is native code"}),
        NodeChoice("my node", "python-wasm", wants={"read=/data": "its author asks for it"}),
        NodeChoice("Plain", "python-wasm"),
    ]
    with pytest.raises(TrustError) as caught:
        check_granted("speech", choices, Grants.parse(["Plain:python", "read=/other"]))
    error = caught.value
    assert error.code == "RM507"
    assert error.message == (
        "package `speech` wants `python` for `Spectrum` (numpy is native code), "
        "`read=/data` for `my node` (its author asks for it), which it was not granted"
    )
    assert "`--allow Spectrum:python --allow 'my node:read=/data'`" in str(error.hint)
    check_granted("speech", choices, Grants.parse(["Spectrum:python", "my node:read=/data"]))
    check_granted("speech", choices, Grants.parse(["host", "read=/"]))


def test_the_plan_gives_each_node_the_least() -> None:
    choices = [NodeChoice("A", "python"), NodeChoice("B", "python")]
    plan = make_plan(choices, RunOptions(allow=("A:python", "B:net=h:1")))
    assert plan["nodes"]["A"]["grants"] == ["python"]
    assert plan["nodes"]["B"]["grants"] == ["net=h:1"]


def test_a_grant_to_a_node_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="expected one of the nodes `A`"):
        check_granted("x", [NodeChoice("A", "native")], Grants.parse(["B:python"]))


def test_native_code_is_refused_in_a_sandbox() -> None:
    wants = {"native": "its author asks for it", "host": "out of every sandbox's reach"}
    with pytest.raises(TrustError) as caught:
        check_granted("x", [NodeChoice("A", "native", wants=wants)], Grants.parse(["native", "python"]))
    assert caught.value.details["wants"] == [{"node": "A", "grant": "host", "why": wants["host"]}]


def test_directories_are_compared_from_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Grant.parse(f"read={os.fspath(tmp_path)}").covers(Grant.parse("read=data"))
    assert not Grant.parse("read=data").covers(Grant.parse("read=database"))
