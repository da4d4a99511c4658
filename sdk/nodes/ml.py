"""Nodes that run models.

    from remotemedia.nodes.ml import OnnxNode

    pipeline.add(OnnxNode("vad.onnx", state={"state": "stateN"}, constants={"sr": 16000}))

The nodes of `transformers` need the extra `ml`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from remotemedia.node import DONE, Node
from remotemedia.nodes._engine_only import engine_only
from remotemedia.nodes._sound import kernel_of, planes, sound_of
from remotemedia.nodes._transformers import load
from remotemedia.nodes._whisper import RATE, Growth, Transcript

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from remotemedia.nodes._whisper import Samples, WordUpdate

__all__ = ["OnnxNode", "TransformersPipelineNode", "WhisperTranscriptionNode"]

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


class OnnxNode(Node):
    """Runs an ONNX model on every packet: sound as float32, a tensor as it is; gives a tensor.

    Args:
        model: the `.onnx` file, relative to the file that defines the pipeline.
        input: the model's input that takes the packet.
        output: the model's output that is emitted.
        state: recurrent state, input name to output name; zeros at the start of a stream.
        context: last samples of the previous packet that are put before the next; zeros at the start.
        constants: further inputs that never change, name to number or nested list of numbers.
        inputs: in the place of `input`, several: the model's input to the port that gives it. One packet of each port
            makes a run; a port that gives several inputs takes dicts with them as members.
        outputs: in the place of `output`, several: port to the model's output, or to a list of outputs, which one dict
            holds by name.
        batch: runs that wait at the same time, of this node and others with the same model, as one: `auto` where it was
            seen to make no difference, `off`, or at most so many.
        threads: threads of one run; 0 is the library's choice.
        providers: execution providers in order of preference, such as `cuda`.
        kw: arguments of `Node`.
    """

    def __init__(  # noqa: PLR0917 - as in `schemas/nodes.v1.json`
        self,
        model: str | os.PathLike[str],
        input: str = "input",  # noqa: A002 - the model's own word
        output: str = "output",
        state: Mapping[str, str] = _NONE,
        context: int = 0,
        constants: Mapping[str, Any] = _NONE,
        inputs: Mapping[str, str] = _NONE,
        outputs: Mapping[str, str | Sequence[str]] = _NONE,
        batch: str | int = "auto",
        threads: int = 1,
        providers: Sequence[str] = (),
        **kw: Any,
    ) -> None:
        super().__init__(**kw)
        self.model = model
        self.input = input
        self.output = output
        self.state = dict(state)
        self.context = context
        self.constants = dict(constants)
        self.inputs = dict(inputs)
        self.outputs = {port: names if isinstance(names, str) else list(names) for port, names in outputs.items()}
        self.batch = batch
        self.threads = threads
        self.providers = list(providers)

    def process(self, value: Any) -> Any:  # noqa: ARG002 - no node takes less
        """Refuse: only the engine runs models.

        Raises:
            PipelineError: RM703.
        """
        engine_only(self)


class TransformersPipelineNode(Node):
    """Runs a pipeline of `transformers` on every value.

    Sound `(array, rate)` is given to it as mono float32 with its rate, other values as they are.

    Args:
        task: the task, such as `automatic-speech-recognition`.
        model: name or directory of the model; the task's own where absent.
        device: `cpu`, `cuda:0` …; the best there is where absent.
        model_kwargs: further arguments of the model.
        torch_dtype: type of the weights, such as `float16`.
        kw: arguments of `Node`.

    Raises:
        ValueError: there is no task.
    """

    def __init__(
        self,
        task: str,
        model: str | None = None,
        device: str | int | None = None,
        model_kwargs: Mapping[str, Any] | None = None,
        torch_dtype: str | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(**kw)
        if not task:
            raise ValueError("expected a task, got none")
        self.task = task
        self.model = model
        self.device = device
        self.model_kwargs = dict(model_kwargs or {})
        self.torch_dtype = torch_dtype
        self.pipe: Any = None

    def initialize(self) -> Any:
        """Load the model.

        Raises:
            NodeError: RM608, it cannot be loaded; RM617, `transformers` is not installed.
        """
        if self.pipe is None:
            options = {"model_kwargs": self.model_kwargs} if self.model_kwargs else {}
            self.pipe = load(self, self.task, self.model, device=self.device, dtype=self.torch_dtype, options=options)
        super().initialize()
        return DONE

    async def process(self, value: Any) -> Any:
        """Return what the pipeline gives.

        Raises:
            NodeError: as `initialize`.
        """
        import asyncio  # noqa: PLC0415 - constructing a node must not load it

        self.initialize()
        match value:
            case (_, int(), *_) if isinstance(value, tuple):
                samples, rate = planes(self, value)
                value = {"raw": samples.mean(axis=0), "sampling_rate": rate}
        return await asyncio.to_thread(self.pipe, value)

    def cleanup(self) -> Any:
        """Let go of the model."""
        self.pipe = None
        return super().cleanup()


class WhisperTranscriptionNode(Node):
    """Gives the words of speech as it comes, by a Whisper model.

    Windows of sound are transcribed that grow from the initial to the greatest length; a word is a `WordUpdate`.

    Args:
        model_id: name or directory of the model.
        device: `cpu`, `cuda:0` …; the best there is where absent.
        torch_dtype: type of the weights on a GPU; on a CPU it is `float32`.
        chunk_length_s: seconds that the model takes at once.
        initial_buffer_duration_s: seconds of the first window.
        max_buffer_duration_s: seconds of a window at most.
        buffer_growth_factor: how much longer the next window is.
        overlap_duration_s: seconds at the end of a window that are heard again.
        kw: arguments of `Node`.
    """

    is_streaming = True

    def __init__(  # noqa: PLR0917 - as in `schemas/nodes.v1.json`
        self,
        model_id: str = "openai/whisper-large-v3-turbo",
        device: str | None = None,
        torch_dtype: str = "float16",
        chunk_length_s: int = 30,
        initial_buffer_duration_s: float = 3,
        max_buffer_duration_s: float = 15,
        buffer_growth_factor: float = 1.5,
        overlap_duration_s: float = 1.0,
        **kw: Any,
    ) -> None:
        super().__init__(**kw)
        self.model_id = model_id
        self.device = device
        self.torch_dtype = torch_dtype
        self.chunk_length_s = chunk_length_s
        self.initial_buffer_duration_s = initial_buffer_duration_s
        self.max_buffer_duration_s = max_buffer_duration_s
        self.buffer_growth_factor = buffer_growth_factor
        self.overlap_duration_s = overlap_duration_s
        self.transcription_pipeline: Any = None

    def initialize(self) -> Any:
        """Load the model.

        Raises:
            NodeError: RM608, it cannot be loaded; RM617, `transformers` is not installed.
        """
        if self.transcription_pipeline is None:
            options = {"chunk_length_s": self.chunk_length_s, "return_timestamps": "word"}
            task = "automatic-speech-recognition"
            self.transcription_pipeline = load(
                self, task, self.model_id, device=self.device, dtype=self.torch_dtype, options=options
            )
        super().initialize()
        return DONE

    async def process(self, stream: AsyncIterator[Any]) -> AsyncIterator[WordUpdate]:
        """Give the words of a stream of `(array, rate)`.

        Raises:
            NodeError: as `initialize`; RM606, a value is no sound.
        """
        import asyncio  # noqa: PLC0415 - constructing a node must not load it

        self.initialize()
        growth = Growth(
            self.initial_buffer_duration_s,
            self.max_buffer_duration_s,
            self.buffer_growth_factor,
            self.overlap_duration_s,
        )
        transcript, speech = Transcript(self._words, growth), _Speech(self)
        async for value in stream:
            for samples in speech.take(value):
                for word in await asyncio.to_thread(list, transcript.hear(samples)):
                    yield word
        for samples in speech.rest():
            for word in await asyncio.to_thread(list, transcript.hear(samples)):
                yield word
        for word in await asyncio.to_thread(list, transcript.end()):
            yield word

    def cleanup(self) -> Any:
        """Let go of the model."""
        self.transcription_pipeline = None
        return super().cleanup()

    def _words(self, samples: Samples) -> list[tuple[str, float, float]]:
        result = self.transcription_pipeline({"raw": samples, "sampling_rate": RATE})
        length = len(samples) / RATE
        words = []
        for chunk in result["chunks"]:
            start, end = chunk["timestamp"]
            # Of a word that goes on at the end the model may know only the beginning.
            words.append((chunk["text"].strip(), start or 0.0, length if end is None else end))
        return words


class _Speech:
    """Sound of any rate and number of channels as mono sound at Whisper's rate."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._rate: int | None = None
        self._resampler: Any = None

    def take(self, value: Any) -> Iterator[Samples]:
        """Give what the sound completes."""
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        samples, rate = planes(self._node, value)
        if rate != self._rate:
            yield from self.rest()
            with kernel_of(self._node):
                self._resampler = _native.Resampler(rate, RATE, 1, "high")
            self._rate = rate
        yield sound_of(self._resampler.process(samples.mean(axis=0)), 1)

    def rest(self) -> Iterator[Samples]:
        """Give what the resampler has kept back."""
        if self._resampler is not None:
            resampler, self._resampler, self._rate = self._resampler, None, None
            yield sound_of(resampler.flush(), 1)
