"""The transcription example: built with its wheels, run on the host's Python by grant, compared with what was said."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, Command

pytestmark = pytest.mark.full

EXAMPLE = REPOSITORY / "examples" / "transcription" / "pipeline.py"
SPEECH = REPOSITORY / "testdata" / "speech"
MOST_WRONG = 0.35
"""Of the words of five utterances; measured: 20 of 70, 0.29. The model is small, and knows no names."""


def wrong_words(said: list[str], heard: list[str]) -> int:
    """Words to insert, delete or replace (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for count, word in enumerate(said, 1):
        before, row[0] = row[0], count
        for at, other in enumerate(heard, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (word != other))
    return row[-1]


def words(text: str) -> list[str]:
    return text.replace("mister", "mr").split()


def test_speech_becomes_words_on_host_python_by_grant(remotemedia: Command, tmp_path: Path, home: Path) -> None:
    built = remotemedia("build", EXAMPLE, "-o", tmp_path, "--vendor-wheels", "--json")
    assert built.returncode == 0, built.stderr
    package = json.loads(built.stdout)["path"]
    refused = remotemedia("run", package, "--input", SPEECH / "sense_0880.wav")
    assert refused.returncode == 3
    assert "--allow Transcribe:python" in refused.stderr
    assert remotemedia("approve", package).returncode == 0
    wrong = total = 0
    with (SPEECH / "transcripts.tsv").open() as table:
        for row in csv.DictReader(table, delimiter="\t"):
            done = remotemedia("run", package, "--offline", "--input", SPEECH / row["file"])
            assert done.returncode == 0, done.stderr
            heard = " ".join(json.loads(line)["text"] for line in done.stdout.splitlines())
            wrong += wrong_words(words(row["transcript"]), words(heard))
            total += len(words(row["transcript"]))
    assert 0 < wrong / total < MOST_WRONG
    assert len(list((home / "envs").glob("[0-9a-f]*"))) == 1
