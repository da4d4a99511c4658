"""The nodes of `transformers`, with stand-ins for it and for torch: the libraries themselves take gigabytes."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from remotemedia import NodeError, Pipeline, TransformersPipelineNode, WhisperTranscriptionNode
from remotemedia.nodes._whisper import RATE, Growth, Transcript, WordUpdate

SPEECH = [(f"word{at}", at * 0.5 + 0.1, at * 0.5 + 0.4) for at in range(24)]  # in seconds
SECONDS = 12.0


def speech() -> Any:
    """Twelve seconds whose samples tell their time, so that a stand-in for a model can find the words."""
    return np.arange(int(SECONDS * RATE), dtype="f4") / RATE


def recognised(samples: Any) -> list[tuple[str, float, float]]:
    """The words of a part of the speech, cut ones included, in seconds from its beginning."""
    begin, end = float(samples[0]), float(samples[-1])
    return [
        (word, max(start, begin) - begin, min(stop, end) - begin)
        for word, start, stop in SPEECH
        if stop > begin and start < end
    ]


class Model:
    """What `transformers.pipeline` gives."""

    made: list[dict[str, Any]] = []  # noqa: RUF012 - each test has its own class

    def __init__(self, task: str, **given: Any) -> None:
        if given["model"] == "absent":
            raise OSError("absent is not a local folder and is not a valid model identifier")
        self.made.append({"task": task, **given})

    def __call__(self, value: Any) -> Any:
        if isinstance(value, dict) and "raw" in value and value["sampling_rate"] == RATE:
            words = recognised(value["raw"])
            return {"chunks": [{"text": f" {word}", "timestamp": (start, end)} for word, start, end in words]}
        return {"given": value}


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    torch: Any = ModuleType("torch")
    torch.float32, torch.float16 = "float32", "float16"
    torch.cuda = SimpleNamespace(is_available=lambda: False)
    torch.backends = SimpleNamespace(mps=SimpleNamespace(is_available=lambda: False))
    transformers: Any = ModuleType("transformers")
    transformers.pipeline = type("Model", (Model,), {"made": []})
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "transformers", transformers)
    return transformers.pipeline.made  # type: ignore[no-any-return]


@pytest.mark.parametrize("node", [TransformersPipelineNode("text-classification"), WhisperTranscriptionNode()])
def test_without_the_libraries_the_extra_is_named(node: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(NodeError, match="the library `torch`") as caught:
        node.initialize()
    assert caught.value.code == "RM617"
    assert "pip install 'remotemedia[ml]'" in (caught.value.hint or "")


def test_a_pipeline_of_transformers_is_a_node(models: list[dict[str, Any]]) -> None:
    node = TransformersPipelineNode("text-classification", model="tiny", model_kwargs={"a": 1}, torch_dtype="float16")
    assert Pipeline([node]).run(["good", "bad"]) == [{"given": "good"}, {"given": "bad"}]
    assert models == [
        {
            "task": "text-classification",
            "model": "tiny",
            "device": "cpu",
            "torch_dtype": "float32",
            "model_kwargs": {"a": 1},
        }
    ]
    assert node.pipe is None


def test_sound_is_given_as_mono_with_its_rate(models: list[dict[str, Any]]) -> None:
    stereo = np.array([[0.0, 1.0], [1.0, 1.0]], "f4")
    (given,) = Pipeline([TransformersPipelineNode("audio-classification")]).run((stereo, 8000)).values()
    assert (given["raw"].tolist(), given["sampling_rate"]) == ([0.5, 1.0], 8000)


@pytest.mark.usefixtures("models")
def test_a_model_that_cannot_be_loaded_is_named() -> None:
    for node in (TransformersPipelineNode("a", model="absent"), WhisperTranscriptionNode(model_id="absent")):
        with pytest.raises(NodeError, match="`absent` on `cpu`") as caught:
            node.initialize()
        assert caught.value.code == "RM608"
    with pytest.raises(ValueError, match="a task"):
        TransformersPipelineNode("")


def test_words_come_while_the_speech_goes_on(models: list[dict[str, Any]]) -> None:
    blocks = [(block, RATE) for block in np.array_split(speech(), 50)]
    words = Pipeline([WhisperTranscriptionNode()]).run(blocks)
    assert [word.word for word in words] == [word for word, _, _ in SPEECH]
    for heard, (_, start, end) in zip(words, SPEECH, strict=True):
        assert (heard.start, heard.end) == (pytest.approx(start, abs=0.01), pytest.approx(end, abs=0.01))
    assert not words[0].is_final
    assert words[-1].is_final
    assert words[0][0] == "word0"
    assert models[0]["return_timestamps"] == "word"


@pytest.mark.parametrize("block", [100, 1600, 40_000, 400_000])
@pytest.mark.parametrize("growth", [Growth(3, 15, 1.5, 1), Growth(1, 1, 1, 0.2), Growth(2, 4, 1, 3)])
def test_every_word_comes_once_however_the_speech_is_cut(block: int, growth: Growth) -> None:
    transcript = Transcript(recognised, growth)
    sound = speech()
    words: list[WordUpdate] = []
    for at in range(0, len(sound), block):
        words += transcript.hear(sound[at : at + block])
    words += transcript.end()
    assert [word.word for word in words] == [word for word, _, _ in SPEECH]


def test_silence_has_no_words_and_an_end() -> None:
    transcript = Transcript(lambda _: [], Growth(0.1, 0.1, 1, 0.1))
    assert [*transcript.hear(np.zeros(RATE, "f4")), *transcript.end()] == []
