"""The error tree."""

from __future__ import annotations

import copy
import pickle

import pytest

from remotemedia import errors
from remotemedia.errors import (
    CompileError,
    NodeError,
    PipelineError,
    RemoteExecutionError,
    RemoteMediaError,
    WebRTCError,
)
from remotemedia.schemas import error_table

CLASSES = [getattr(errors, name) for name in errors.__all__]


def test_all_have_one_root() -> None:
    assert all(issubclass(cls, RemoteMediaError) for cls in CLASSES)


@pytest.mark.parametrize("cls", CLASSES)
def test_an_error_keeps_its_values(cls: type[RemoteMediaError]) -> None:
    error = cls("expected `a`, got `b`", code="RM703", hint="pass `a`", node="mix")
    for same in (error, copy.copy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301 - made here
        assert type(same) is cls
        assert str(same) == same.message == "expected `a`, got `b`"
        assert (same.code, same.hint, same.details) == ("RM703", "pass `a`", {"node": "mix"})


def test_a_program_raises_one_without_a_code() -> None:
    raised = {cls: cls("it broke").code for cls in (NodeError, PipelineError, RemoteExecutionError, WebRTCError)}
    assert raised == {NodeError: "RM602", PipelineError: "RM703", RemoteExecutionError: "RM618", WebRTCError: "RM618"}


def test_diagnostics_of_a_compilation() -> None:
    assert CompileError("x", code="RM101").diagnostics == ()
    assert CompileError("x", code="RM101", diagnostics=[1, 2]).diagnostics == (1, 2)


def test_codes_of_the_table_are_well_formed() -> None:
    for code, entry in error_table().items():
        assert code.startswith("RM")
        assert code[2:].isdecimal()
        assert entry.exit in {1, 2, 3, 4, 5, 130}
        assert entry.summary[0].islower() or entry.summary.split()[0].isupper()
        assert not entry.summary.endswith(".")
        assert entry.help.endswith((".", "`"))
