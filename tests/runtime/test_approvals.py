"""The file of approvals: who may read it, what happens when it is damaged, and two writers at once."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from remotemedia.errors import TrustError
from remotemedia.runtime._approvals import Approval, Approvals

DIGEST = f"sha256:{'a' * 64}"


def other(number: int) -> str:
    return f"sha256:{number:064x}"


def test_they_are_remembered_by_digest(tmp_path: Path) -> None:
    approvals = Approvals(tmp_path / "home")
    assert approvals.of(DIGEST) == ()
    approvals.add(Approval(DIGEST, "oci://x/y:1", ("python",)))
    approvals.add(Approval(DIGEST, "oci://x/y:2", ("A:python", "read=/data")))
    assert approvals.of(DIGEST) == ("A:python", "read=/data")
    assert approvals.of(other(1)) == ()
    assert [it.reference for it in approvals.all()] == ["oci://x/y:2"]
    assert approvals.revoke(DIGEST)
    assert not approvals.revoke(DIGEST)
    assert approvals.all() == ()


def test_nobody_else_reads_them(tmp_path: Path) -> None:
    Approvals(tmp_path).add(Approval(DIGEST, "x", ("python",)))
    assert stat.S_IMODE((tmp_path / "approvals.json").stat().st_mode) == 0o600


def test_writers_do_not_lose_each_others(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda it: Approvals(tmp_path).add(Approval(other(it), "x", ("python",))), range(24)))
    assert {it.digest for it in Approvals(tmp_path).all()} == {other(it) for it in range(24)}
    assert not list(tmp_path.glob(".approvals-*"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"version": 2, "approvals": []}',
        '{"version": 1, "approvals": {}}',
        '{"version": 1, "approvals": [1]}',
        json.dumps({"version": 1, "approvals": [{"digest": DIGEST, "reference": "x", "grants": ["everything"]}]}),
        json.dumps({"version": 1, "approvals": [{"digest": "short", "reference": "x", "grants": []}]}),
        '{"version": 1, "version": 1, "approvals": []}',
        "[" * 100,
    ],
)
def test_a_damaged_file_is_refused_by_name_and_not_replaced(text: str, tmp_path: Path) -> None:
    (tmp_path / "approvals.json").write_text(text)
    for act in (
        lambda: Approvals(tmp_path).of(DIGEST),
        lambda: Approvals(tmp_path).add(Approval(DIGEST, "x", ("python",))),
    ):
        with pytest.raises(TrustError) as caught:
            act()
        assert caught.value.code == "RM508"
        assert str(tmp_path / "approvals.json") in caught.value.message
    assert (tmp_path / "approvals.json").read_text() == text


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "approvals.json").open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(TrustError, match="more than"):
        Approvals(tmp_path).all()
