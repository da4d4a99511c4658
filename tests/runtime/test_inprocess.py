"""`p.run()`: the author's own objects in the Rust engine."""

from __future__ import annotations

import asyncio
import gc
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from remotemedia import AudioResampleNode, AudioSource, AudioWindowNode, Node, OnnxNode, Pipeline
from remotemedia.errors import NodeError, PipelineError

SPEECH = Path(__file__).parents[2] / "testdata" / "speech" / "sense_0880.wav"


class Half(Node):
    def process(self, value: Any) -> Any:
        return value / 2


class Divide(Node):
    def process(self, value: Any) -> Any:
        return 1 / value


class Twice(Node):
    def process(self, value: Any) -> Iterator[Any]:
        yield value
        yield None
        yield value


class Later(Node):
    async def process(self, value: Any) -> Any:
        await asyncio.sleep(0)
        return value + 1


class Count(Node):
    async def process(self, value: int) -> AsyncIterator[int]:
        for number in range(value):
            await asyncio.sleep(0)
            yield number


class Last(Node):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.last: Any = None

    def process(self, value: Any) -> None:
        self.last = value

    def flush(self) -> Any:
        return self.last


class Shape(Node):
    def process(self, value: Any) -> Any:
        samples, rate = value
        return [type(samples).__name__, list(samples.shape), rate]


class Same(Node):
    def process(self, value: Any) -> Any:
        return value


@pytest.mark.parametrize(
    ("nodes", "data", "expected"),
    [
        pytest.param([Half()], 4, 2.0, id="one value"),
        pytest.param([Half()], [4, 8], [2.0, 4.0], id="several values"),
        pytest.param([Half()], [], None, id="no value"),
        pytest.param([Twice()], 1, [1, 1], id="a generator"),
        pytest.param([Later(), Later()], [1, 2], [3, 4], id="coroutines"),
        pytest.param([Count()], 3, [0, 1, 2], id="an asynchronous generator"),
        pytest.param([Twice(), Last()], [1, 2], 2, id="a flush"),
    ],
)
def test_nodes_of_every_form(nodes: list[Node], data: object, expected: object) -> None:
    assert Pipeline(nodes).run(data) == expected


def test_an_object_that_no_table_knows_passes_between_python_nodes() -> None:
    thing = object()
    assert Pipeline([Same(), Same()]).run(thing) is thing


def test_inside_a_running_loop_a_run_is_awaited() -> None:
    async def main() -> object:
        return await Pipeline([Later()]).run(1)

    assert asyncio.run(main()) == 2


def test_sound_goes_through_native_nodes_to_python() -> None:
    p = Pipeline([AudioSource(), AudioResampleNode(target_sample_rate=8000), AudioWindowNode(size=256), Shape()])
    shapes = p.run(SPEECH)
    assert len(shapes) == pytest.approx(23862 / 256, abs=2)
    assert all(shape == ["ndarray", [256], 8000] for shape in shapes)


def test_an_array_goes_in_and_comes_out() -> None:
    sound = (np.linspace(-1, 1, 1000, dtype=np.float32), 16000)
    windows = Pipeline([AudioWindowNode(size=250), Same()]).run(sound)
    assert np.array_equal(np.concatenate([samples for samples, _ in windows]), sound[0])


def test_nodes_of_ones_own_do_not_wait_for_the_built_in_ones(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(
        "import sys\nfrom remotemedia import Node, Pipeline\n\n\nclass Half(Node):\n    def process(self, value):\n"
        "        return value / 2\n\n\nprint(Pipeline([Half()]).run([3]), 'remotemedia.nodes' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "1.5 False\n"


def test_a_graph_may_fork_and_join() -> None:
    p = Pipeline("diamond")
    source, left, right, sink = Same(), Half(name="left"), Half(name="right"), Same()
    p.add(source).add(left).add(right, after=source).add(sink, after=[left, right])
    assert sorted(p.run([2, 4])) == [1.0, 1.0, 2.0, 2.0]


def test_an_error_has_node_cause_and_what_was_ready() -> None:
    with pytest.raises(NodeError) as caught:
        Pipeline([Divide()]).run([2, 4, 0, 5])
    assert caught.value.code == "RM602"
    assert caught.value.details["node"] == "Divide"
    assert caught.value.details["partial"] == [0.5, 0.25]
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_value_outside_the_table_is_refused_at_the_node() -> None:
    class Odd(Node):
        def process(self, value: Any) -> Any:
            return {1, 2}

    with pytest.raises(NodeError) as caught:
        Pipeline([Odd(), AudioWindowNode(size=4)]).run(1)
    assert caught.value.code == "RM605"
    assert caught.value.details["node"] == "Odd"
    assert "set" in str(caught.value)


def test_a_port_that_takes_sound_refuses_text() -> None:
    with pytest.raises(NodeError) as caught:
        Pipeline([AudioWindowNode(size=4)]).run("text")
    assert caught.value.code == "RM606"


def test_a_sound_file_that_is_missing_is_told() -> None:
    with pytest.raises(PipelineError) as caught:
        Pipeline([AudioSource()]).run("missing.wav")
    assert caught.value.code == "RM612"


def test_an_interruption_in_a_result_ends_the_run() -> None:
    class Interrupted(Node):
        def process(self, value: Any) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(NodeError) as caught:
        Pipeline([Interrupted()]).run(1)
    assert isinstance(caught.value.__cause__, KeyboardInterrupt)


def test_pipelines_and_their_models_go_when_nobody_needs_them() -> None:
    from remotemedia.runtime import inprocess

    model = SPEECH.parents[1] / "models" / "silero_vad_16k_op15.onnx"
    p = Pipeline([AudioSource(), AudioWindowNode(size=512)])
    p.add(OnnxNode(model, state={"state": "stateN"}, context=64, constants={"sr": 16000}))
    first, second = p.run(SPEECH), p.run(SPEECH)
    assert np.array_equal(first, second)
    del p
    gc.collect()
    assert len(inprocess._MODELS) == 0


ENDLESS = """
import asyncio
import sys
import time

from remotemedia import Node, Pipeline


class Endless(Node):
    {process}


async def main():
    await Pipeline([Endless()]).run(1)


try:
    {run}
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""

ENDLESS_FORMS = {
    "function": """def process(self, value):
        print("here", flush=True)
        while True:
            pass""",
    "coroutine": """async def process(self, value):
        print("here", flush=True)
        while True:
            pass""",
    "waiting coroutine": """async def process(self, value):
        print("here", flush=True)
        await asyncio.sleep(1000)""",
    "streaming node": """is_streaming = True
    async def process(self, stream):
        async for value in stream:
            print("here", flush=True)
            await asyncio.sleep(1000)
            yield value""",
    "source": """def process(self, value=None):
        print("here", flush=True)
        while True:
            yield 1""",
}


@pytest.mark.parametrize(
    ("form", "run"),
    [
        *((form, "Pipeline([Endless()]).run(1)") for form in ENDLESS_FORMS),
        *((form, "asyncio.run(main())") for form in ("function", "waiting coroutine", "streaming node")),
    ],
)
def test_an_interruption_leaves_even_a_node_that_never_returns(tmp_path: Path, form: str, run: str) -> None:
    file = tmp_path / "endless.py"
    file.write_text(ENDLESS.format(process=ENDLESS_FORMS[form], run=run))
    with subprocess.Popen([sys.executable, str(file)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "here\n"
        child.send_signal(signal.SIGINT)
        try:
            assert child.stdout.readline() == "interrupted\n"
            assert child.wait(timeout=20) == 0
        finally:
            child.kill()
