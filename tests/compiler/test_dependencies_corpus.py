"""Every program of `testdata/dependencies`: what the compiler says of what it depends on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from remotemedia.compiler import compile_file
from tests.compiler.dependency_corpus import CORPUS, GENERATOR

_PROGRAMS: list[Path] = GENERATOR.programs()


@pytest.fixture(scope="module", autouse=True)
def environment() -> Iterator[Path]:
    with GENERATOR.environment() as directory:
        yield directory


def _name(program: Path) -> str:
    return program.relative_to(CORPUS).parts[0]


def test_corpus_is_there() -> None:
    assert len(_PROGRAMS) >= 18


@pytest.mark.parametrize("program", _PROGRAMS, ids=_name)
def test_output(program: Path) -> None:
    expected = GENERATOR.case_of(program) / "expected.json"
    assert json.loads(GENERATOR.observe(program)) == json.loads(expected.read_text(encoding="utf-8"))


def test_facts_do_not_depend_on_where_distributions_lie(environment: Path) -> None:
    program = CORPUS / "vendored" / "pipeline.py"
    first = compile_file(program).dependencies
    with GENERATOR.environment() as other:
        second = compile_file(program).dependencies
    assert other != environment
    assert first.distributions == second.distributions
    assert [(it.path, it.sha256) for it in first.vendored] == [(it.path, it.sha256) for it in second.vendored]
