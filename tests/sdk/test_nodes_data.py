"""The nodes for values of any kind."""

from __future__ import annotations

import asyncio
import json
import textwrap
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from remotemedia import (
    AddNode,
    Array,
    BufferNode,
    CalculatorNode,
    DataSink,
    DataSinkNode,
    DataSource,
    DataSourceNode,
    DataTransform,
    FormatConverter,
    MultiplyNode,
    NodeError,
    PassThroughNode,
    Pipeline,
    ProgramNode,
    PythonNode,
    RustNode,
    TextProcessorNode,
    TextTransformNode,
    WasmNode,
)


@dataclass
class Point:
    x: int
    y: tuple[float, ...]


def test_values_pass_through_as_they_are() -> None:
    value = object()
    assert PassThroughNode().process(value) is value
    assert Pipeline([PassThroughNode(), PassThroughNode(name="again")]).run([value]) is value


def test_a_buffer_gives_full_lists_and_the_rest() -> None:
    node = BufferNode(buffer_size=2)
    assert [node.process(item) for item in "abc"] == [None, ["a", "b"], None]
    assert (node.flush(), node.flush()) == (["c"], None)
    assert Pipeline([BufferNode(2)]).run([1, 2, 3, 4, 5]) == [[1, 2], [3, 4], [5]]
    assert Pipeline([BufferNode(2)]).run([1, 2]) == [1, 2]


def test_arithmetic_with_numbers_lists_and_arrays() -> None:
    assert MultiplyNode().process(3) == 6.0
    assert AddNode(1).process([1, [2.5]]) == [2, [3.5]]
    assert MultiplyNode(factor=2).process(np.array([1, 2], "i2")).tolist() == [2, 4]
    assert AddNode(0.5).process(np.float32(1)) == np.float32(1.5)


@pytest.mark.parametrize("dtype", ["bool", "i16", "u8", "f16", "f32", "f64"])
@pytest.mark.parametrize("factor", [2, 0.5])
def test_arrays_without_numpy_give_what_numpy_gives(dtype: str, factor: float) -> None:
    ours = Array([[0, 1], [1, 0]], dtype)
    theirs = np.asarray(ours) * factor
    product = MultiplyNode(factor).process(ours)
    assert np.array_equal(np.asarray(product), theirs)
    assert np.asarray(product).dtype == theirs.dtype


@pytest.mark.parametrize("value", ["text", None, [1, "a"], {"a": 1}])
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(NodeError, match="expected a number") as caught:
        MultiplyNode(name="m").process(value)
    assert (caught.value.code, caught.value.details["node"]) == ("RM606", "m")


@pytest.mark.parametrize(
    ("operation", "args", "result"),
    [
        ("add", [1, 2], 3),
        ("add", [1, 2, 3], 6),
        ("subtract", [10, 2, 3], 5),
        ("multiply", [2, 3.5], 7.0),
        ("divide", [7, 2], 3.5),
        ("power", [2, 10], 1024),
        ("modulo", [7, 4], 3),
    ],
)
def test_the_calculator_calculates(operation: str, args: list[float], result: float) -> None:
    node = CalculatorNode(name="calc", unit="m")
    assert node.process({"operation": operation, "args": args}) == {
        "operation": operation,
        "args": args,
        "result": result,
        "processed_by": "CalculatorNode[calc]",
        "node_config": {"unit": "m"},
    }
    assert operation in node.get_supported_operations()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("text", "a dict"),
        ({"operation": "add"}, "a dict"),
        ({"operation": "add", "args": [1]}, "two numbers"),
        ({"operation": "add", "args": ["a", "b"]}, "two numbers"),
        ({"operation": "root", "args": [1, 2]}, "an operation of add"),
        ({"operation": "divide", "args": [1, 0]}, "division by zero"),
        ({"operation": "modulo", "args": [1, 0]}, "by zero"),
        ({"operation": "power", "args": [10, 10**9]}, "bits"),
        ({"operation": "power", "args": [-8, 0.5]}, "real"),
        ({"operation": "power", "args": [10.0, 1e9]}, "with a result"),
    ],
)
def test_what_cannot_be_calculated_is_refused(value: Any, message: str) -> None:
    with pytest.raises(NodeError, match=message) as caught:
        CalculatorNode().process(value)
    assert caught.value.code == "RM606"


def test_texts_are_transformed_and_the_rest_passed_on() -> None:
    node = TextTransformNode(str.upper)
    assert node.process("a") == "A"
    assert node.process(("a", {"session_id": 1})) == ("A", {"session_id": 1})
    assert [node.process(value) for value in (1, ["a"], ())] == [1, ["a"], ()]
    assert Pipeline([TextTransformNode(lambda text: text[::-1])]).run(["ab", "cd"]) == ["ba", "dc"]


def test_data_are_transformed() -> None:
    async def doubled(value: int) -> int:
        return value * 2

    assert Pipeline([DataTransform(doubled)]).run([1, 2]) == [2, 4]
    assert DataTransform().process("as it is") == "as it is"


@pytest.mark.parametrize(
    ("target", "value", "converted"),
    [
        ("json", {"a": (1, 2.5, None)}, {"a": [1, 2.5, None]}),
        ("json", np.array([[1, 2]], "i4"), [[1, 2]]),
        ("json", Array([0.5], "f64"), [0.5]),
        ("json", Point(1, (2.0,)), {"x": 1, "y": [2.0]}),
        ("json", b"ab", "YWI="),
        ("text", "ä", "ä"),
        ("text", {"ä": [1]}, '{"ä": [1]}'),
        ("text", b"ab", "ab"),
        ("bytes", "ä", "ä".encode()),
        ("bytes", Array([1, 2], "u8"), b"\x01\x02"),
        ("bytes", np.array([1, 2], "u1"), b"\x01\x02"),
    ],
)
def test_formats_are_converted(target: str, value: Any, converted: Any) -> None:
    assert FormatConverter(target).process(value) == converted


def test_what_has_no_such_form_is_refused() -> None:
    for target, value in (("json", object()), ("json", {1: 2}), ("text", float("nan")), ("text", b"\xff")):
        with pytest.raises(NodeError, match="that has a form") as caught:
            FormatConverter(target).process(value)
        assert caught.value.code == "RM606"
    with pytest.raises(ValueError, match="json, text, bytes"):
        FormatConverter("yaml")


def test_a_text_is_processed_as_it_asks() -> None:
    node = TextProcessorNode(name="text")
    wanted = node.get_supported_operations()
    processed = node.process({"text": "one Two", "operations": wanted})
    assert processed["original_text"] == "one Two"
    assert processed["processed_by"] == "TextProcessorNode[text]"
    assert processed["results"] == {
        "uppercase": "ONE TWO",
        "lowercase": "one two",
        "reverse": "owT eno",
        "word_count": 2,
        "char_count": 7,
        "title_case": "One Two",
        "remove_spaces": "oneTwo",
        "first_word": "one",
        "last_word": "Two",
    }
    assert node.process({"text": "a"})["results"] == {"uppercase": "A"}
    assert node.process({"text": "", "operations": ["first_word"]})["results"] == {"first_word": ""}


@pytest.mark.parametrize("value", ["text", {"operations": []}, {"text": 1}, {"text": "a", "operations": ["shout"]}])
def test_what_asks_for_nothing_known_is_refused(value: Any) -> None:
    with pytest.raises(NodeError) as caught:
        TextProcessorNode().process(value)
    assert caught.value.code == "RM606"


def test_a_function_is_a_node() -> None:
    async def slow(value: int) -> int:
        await asyncio.sleep(0)
        return value + 1

    def twice(value: int) -> Any:
        yield value
        yield value

    async def each(value: int) -> AsyncIterator[int]:
        yield value * 10

    pipeline = Pipeline([PythonNode(slow, name="slow"), PythonNode(twice, name="twice"), PythonNode(each, name="each")])
    assert pipeline.run([1, 2]) == [20, 20, 30, 30]
    assert PythonNode(textwrap.dedent).process("  a") == "a"


def test_what_runs_elsewhere_says_so() -> None:
    program = ProgramNode({"linux/amd64": "filter"}, factor=2)
    for node in (WasmNode("filter.wasm"), program, RustNode("AudioMixNode", channels=1, name="mix")):
        with pytest.raises(NodeError) as caught:
            node.process(1)
        assert caught.value.code == "RM610"
    assert RustNode("AudioMixNode", channels=1, name="mix").params == {"channels": 1}


def test_a_native_node_is_run_by_its_name() -> None:
    stereo = np.array([[0.0, 1.0], [1.0, 1.0]], "f4")
    mono, rate = Pipeline([RustNode("AudioMixNode", channels=1)]).run((stereo, 8000))
    assert (mono.tolist(), rate) == ([0.5, 1.0], 8000)
    with pytest.raises(NodeError, match="the name of a native node"):
        Pipeline([RustNode("Nothing")]).run((stereo, 8000))


def test_a_program_pushes_values_and_sees_results() -> None:
    seen: list[int] = []

    async def program() -> list[int]:
        source, sink = DataSourceNode(), DataSinkNode(callback=seen.append, buffer_output=True, buffer_size=2)
        running = asyncio.ensure_future(Pipeline([source, AddNode(1), sink]).run())
        for value in range(3):
            assert await source.push_data(value)
            await asyncio.sleep(0)
        await source.close()
        assert not await source.push_data(9)
        results: list[int] = await running
        assert sink.get_buffered_output() == [2, 3]
        sink.clear_buffer()
        assert sink.get_buffered_output() == []
        return results

    assert asyncio.run(program()) == [1, 2, 3]
    assert seen == [1, 2, 3]


def test_a_source_takes_no_more_than_it_holds_and_gives_all_before_its_end() -> None:
    async def program() -> list[int]:
        source = DataSourceNode(buffer_size=2)
        assert [await source.push_data(value) for value in range(3)] == [True, True, False]
        await source.close()
        return [value async for value in source.process()]

    assert asyncio.run(program()) == [0, 1]


def test_a_source_ends_when_nothing_comes() -> None:
    async def program() -> list[int]:
        source = DataSourceNode(timeout_seconds=0.01)
        await source.push_data(1)
        return [value async for value in source.process()]

    assert asyncio.run(program()) == [1]


def test_what_a_callback_raises_ends_the_run() -> None:
    async def callback(value: int) -> None:
        raise LookupError(f"no {value}")

    sink = DataSinkNode()
    sink.set_callback(callback)
    with pytest.raises(NodeError, match="no 1"):
        Pipeline([sink]).run([1])


def test_data_go_through_files_of_json_lines(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"a": 1}\n\n[2.5]\n', encoding="utf-8")
    pipeline = Pipeline([DataSource(tmp_path / "in.jsonl"), DataSink(str(tmp_path / "out.jsonl"))])
    assert pipeline.run() == [{"a": 1}, [2.5]]
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [{"a": 1}, [2.5]]


def test_data_enter_and_leave_as_they_are() -> None:
    assert Pipeline([DataSource(), DataSink()]).run([{"a": 1}, "b"]) == [{"a": 1}, "b"]


def test_ends_that_cannot_do_their_work_say_so(tmp_path: Path) -> None:
    (tmp_path / "broken.jsonl").write_text("{", encoding="utf-8")
    cases: list[tuple[str, Any]] = [
        ("RM612", lambda: DataSource().process()),
        ("RM612", lambda: list(DataSource(tmp_path / "none.jsonl").process())),
        ("RM612", lambda: list(DataSource(tmp_path / "broken.jsonl").process())),
        ("RM606", lambda: DataSource(tmp_path / "in.jsonl").process(1)),
        ("RM606", lambda: DataSink(str(tmp_path / "out.jsonl")).process(object())),
        ("RM616", lambda: DataSink(str(tmp_path / "none" / "out.jsonl")).process(1)),
    ]
    for code, call in cases:
        with pytest.raises(NodeError) as caught:
            call()
        assert caught.value.code == code
