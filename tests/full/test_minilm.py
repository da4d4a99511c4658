"""all-MiniLM-L6-v2 as a package: a sentence in, its vector out, as large as it is and made smaller."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from benchmarks.models import bert, minilm
from tests.conftest import REPOSITORY, Command

pytestmark = pytest.mark.full

EXAMPLE = REPOSITORY / "examples/sentence_embeddings"
FETCH = REPOSITORY / "scripts/real_models.py"
SENTENCES = [sentence for pair in minilm.PAIRS[:3] for sentence in pair]

Array = np.ndarray[Any, np.dtype[Any]]


@pytest.fixture(scope="module")
def fetched() -> Path:
    """The weights and the vocabulary, fetched once for all clones of the repository."""
    subprocess.run([sys.executable, str(FETCH)], check=False, capture_output=True)
    listed = subprocess.run([sys.executable, str(FETCH), "--paths"], check=True, capture_output=True, text=True)
    place = json.loads(listed.stdout)["minilm"]
    if place is None:
        pytest.skip(f"the model cannot be had: see what `python {FETCH.relative_to(REPOSITORY)}` says")
    return Path(place)


@pytest.fixture(scope="module")
def expected(fetched: Path) -> Array:
    """The vectors of the sentences, (6, 384), by numpy in double precision."""
    tensors, tokens = load_file(fetched / "model.safetensors"), minilm.tokenizer(fetched / "vocab.txt")
    return np.array([minilm.unit(minilm.reference(tensors, tokens(it)["input_ids"])) for it in SENTENCES])


@pytest.fixture(params=["inside", "beside"])
def project(request: pytest.FixtureRequest, fetched: Path, tmp_path: Path) -> Path:
    """The example with this model in the place of its own, its weights inside or in the very file of safetensors."""
    root = tmp_path / "project"
    root.mkdir()
    for name in ("pipeline.py", "wordpiece.py"):
        shutil.copy(EXAMPLE / name, root)
    shutil.copy(fetched / "vocab.txt", root)
    if request.param == "inside":
        bert.write(load_file(fetched / "model.safetensors"), root / "words.onnx")
    else:
        bert.write_beside(Path(shutil.copy(fetched / "model.safetensors", root)), root / "words.onnx")
    return root / "pipeline.py"


def test_sentences_become_vectors(project: Path, expected: Array, remotemedia: Command, tmp_path: Path) -> None:
    lines = tmp_path / "sentences.jsonl"
    lines.write_text("".join(f"{json.dumps(it)}\n" for it in SENTENCES))

    def built(*options: str) -> Any:
        done = remotemedia("build", project, "-o", tmp_path, "--json", *options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def vectors(package: str) -> Array:
        done = remotemedia("run", package, "--input", lines)
        assert done.returncode == 0, done.stderr
        return np.array([json.loads(it) for it in done.stdout.splitlines()])

    whole, small = built(), built("--optimize=fp16")
    assert small["size"] < 0.52 * whole["size"]
    again = built("--optimize=fp16")
    assert (again["digest"], again["optimized"]["attemptsMade"]) == (small["digest"], 0)

    assert np.abs(vectors(whole["path"]) - expected).max() < 1e-5
    got = vectors(small["path"])
    assert (got * expected).sum(1).min() > 0.99999
    alike = got @ got.T - 2 * np.eye(len(got))
    assert alike.argmax(1).tolist() == [1, 0, 3, 2, 5, 4]
