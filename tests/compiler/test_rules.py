"""Every rule: its examples, and its edges."""

from __future__ import annotations

from pathlib import Path

import pytest

from remotemedia.compiler import Diagnostic, compile_file
from remotemedia.compiler.rules import RULES, Rule, rule_of
from remotemedia.errors import CompileError
from remotemedia.schemas.tables import error_table

_HEAD = """\
from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, Pipeline
from remotemedia.nodes import CalculatorNode, RemoteObjectExecutionNode


class Keep(Node):
    def __init__(self, value=None, api_key=None, **kwargs):
        super().__init__(**kwargs)

    def process(self, value):
        return value


p = Pipeline("x")
"""


def _codes(directory: Path, text: str) -> list[str]:
    return [found.code for found in _found(directory, text)]


def _found(directory: Path, text: str) -> tuple[Diagnostic, ...]:
    """Compile a text and give all that was found, whether it was refused or not."""
    file = directory / "pipeline.py"
    file.write_text(text, encoding="utf-8")
    try:
        return compile_file(file).diagnostics
    except CompileError as error:
        return tuple(each for each in error.diagnostics if isinstance(each, Diagnostic))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_examples(rule: Rule, tmp_path: Path) -> None:
    bad = _found(tmp_path, rule.bad)
    assert {found.code for found in bad} == {rule.code}
    assert {found.severity for found in bad} == {rule.severity}
    assert not _codes(tmp_path, rule.good)


def test_every_code_of_the_compiler_is_a_rule() -> None:
    assert [rule.code for rule in RULES] == [code for code in error_table() if code.startswith("RM1")]


def test_rules_are_found_by_code() -> None:
    assert rule_of("RM120") is next(rule for rule in RULES if rule.code == "RM120")
    assert rule_of("RM302") is None


def test_what_follows_from_an_error_is_not_told(tmp_path: Path) -> None:
    """A pipeline is not empty, and a parameter not unused, because a node could not be made out."""
    text = _HEAD + "import sys\nrate = p.param('rate', 1)\nif sys.argv:\n    p.add(Keep(rate))\n"
    assert _codes(tmp_path, text) == ["RM106"]


def test_a_node_that_is_left_out_joins_no_others(tmp_path: Path) -> None:
    text = _HEAD + "p.add(AudioSource()).add(Keep(1, 2, 3, 4)).add(Missing()).add(CalculatorNode())\n"
    assert "RM119" not in _codes(tmp_path, text)
    text = _HEAD + "import sys\np.add(AudioSource()).add(CalculatorNode(name=sys.argv[0]))\n"
    assert sorted(_codes(tmp_path, text)) == ["RM107", "RM119"]


def test_no_error_is_lost_behind_warnings(tmp_path: Path) -> None:
    warnings = "".join(f"p.add(AudioMixNode(1, odd{at}=1))\n" for at in range(200))
    codes = _codes(tmp_path, _HEAD + warnings + "p.add(AudioMixNode(65))\n")
    assert codes[0] == "RM117"
    assert 40 < len(codes) < 100


def test_no_error_is_lost_behind_those_of_another_pipeline(tmp_path: Path) -> None:
    first = "first = Pipeline('first')\n" + "first.add(3)\n" * 20 + "".join(f"first.add({at})\n" for at in range(80))
    (tmp_path / "pipeline.py").write_text(_HEAD + first + "p.add(Keep(), 5)\n")
    with pytest.raises(CompileError) as caught:
        compile_file(tmp_path / "pipeline.py", pipeline="p")
    assert caught.value.code == "RM105"


def test_findings_of_another_pipeline_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(
        _HEAD + "p.add(AudioMixNode(65))\nother = Pipeline('y').add(AudioMixNode(2))\n"
    )
    assert not compile_file(tmp_path / "pipeline.py", pipeline="other").diagnostics
    with pytest.raises(CompileError, match="is not what it takes"):
        compile_file(tmp_path / "pipeline.py", pipeline="p")


@pytest.mark.parametrize("argument", ["target_sample_rat", "qualty", "runtimehint"])
def test_suggestions_are_safe(tmp_path: Path, argument: str) -> None:
    value = {"target_sample_rat": "8000", "qualty": "'low'", "runtimehint": "'auto'"}[argument]
    text = _HEAD + f"p.add(AudioResampleNode( {argument} = {value}))\n"
    (found,) = _found(tmp_path, text)
    assert found.suggestion is not None
    span, lines = found.suggestion.span, text.splitlines(keepends=True)
    line = lines[span.line - 1]
    lines[span.line - 1] = line[: span.column - 1] + found.suggestion.replacement + line[span.end_column - 1 :]
    assert "RM115" not in _codes(tmp_path, "".join(lines))


def test_nothing_is_suggested_where_it_would_be_given_twice(tmp_path: Path) -> None:
    (found,) = _found(tmp_path, _HEAD + "p.add(AudioMixNode(1, chanels=2))\n")
    assert found.code == "RM115"
    assert found.suggestion is None


_SHOUT = """\
from remotemedia import Node, Pipeline


class Loud(Node):
    def __init__(self, marks=1, **kwargs):
        super().__init__(**kwargs)


class Shout(Loud):
    def __init__(self, mark="!", **config):
        super().__init__(**config)

    def process(self, value):
        return value


p = Pipeline("p")
"""


def test_a_keyword_of_ones_own_class_that_is_most_likely_misspelt(tmp_path: Path) -> None:
    (found,) = _found(tmp_path, f"{_SHOUT}p.add(Shout(mrk='!!'))\n")
    assert (found.code, found.severity, found.help) == ("RM115", "warning", "did you mean `mark`?")


@pytest.mark.parametrize("argument", ["mark='?'", "marks=2", "speed=3", "name='n'", "mark='?', mrk=2"])
def test_keywords_that_a_base_takes_or_that_are_like_no_parameter(tmp_path: Path, argument: str) -> None:
    assert "RM115" not in _codes(tmp_path, f"{_SHOUT}p.add(Shout({argument}))\n")


def test_nodes_in_arguments_are_judged(tmp_path: Path) -> None:
    arguments = ("AudioResampleNode(1, qualty='low')", "Keep([Keep({'k': AudioMixNode(65)})])")
    adds = "".join(f"p.add(RemoteObjectExecutionNode(obj_to_execute={argument}))\n" for argument in arguments)
    assert sorted(_codes(tmp_path, _HEAD + adds)) == ["RM115", "RM117", "RM117"]


def test_edges_of_pipelines_in_pipelines_are_judged(tmp_path: Path) -> None:
    text = _HEAD + "inner = Pipeline('inner').add(CalculatorNode())\np.add(AudioSource()).add(inner)\n"
    (tmp_path / "pipeline.py").write_text(text)
    with pytest.raises(CompileError) as caught:
        compile_file(tmp_path / "pipeline.py", pipeline="p")
    assert caught.value.code == "RM119"


def test_a_list_that_holds_itself(tmp_path: Path) -> None:
    text = _HEAD + "held = ['/home/me/a.txt']\nheld.append(held)\np.add(Keep(held))\n"
    assert set(_codes(tmp_path, text)) & {"RM107", "RM108"}


def test_a_long_circle(tmp_path: Path) -> None:
    adds = "".join(f"p.add(AudioMixNode(name='n{at}'))\n" for at in range(300))
    text = (
        _HEAD
        + f"first = AudioMixNode(name='first')\np.add(first)\n{adds}last = Keep()\np.add(last).connect(last, first)\n"
    )
    (found,) = _found(tmp_path, text)
    assert found.code == "RM120"
    assert found.notes == ("the circle is `first -> n0 -> n1 -> n2 -> n3 -> n4 -> n5 -> n6 -> … -> first`",)
    assert len(found.related) == 8


def test_the_circle_and_not_what_leads_to_it(tmp_path: Path) -> None:
    nodes = "a, b, c, d, e = (Keep(name=name) for name in 'abcde')\n"
    text = _HEAD + nodes + "p.add(a).add(b).add(c).add(d).add(e, after=c).connect(d, b)\n"
    (found,) = _found(tmp_path, text)
    assert found.notes == ("the circle is `b -> c -> d -> b`",)


@pytest.mark.parametrize(
    ("value", "is_secret"),
    [
        ("'sk-' + 'a' * 20", True),
        ("'ghp_' + '0' * 36", True),
        ("'AKIA' + 'A' * 16", True),
        ("'-----BEGIN PRIVATE KEY-----\\nabc'", True),
        ("'sk-short'", False),
        ("'task-' + 'a' * 20", False),
        ("'a' * 40", False),
        ("'correct horse battery staple 1'", False),
    ],
)
def test_secrets_by_their_beginning(tmp_path: Path, value: str, is_secret: bool) -> None:
    assert _codes(tmp_path, _HEAD + f"p.add(Keep({value}))\n") == ["RM126"] * is_secret


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("Unheard", "1"),
        ("'Unheard[int]'", "1"),
        ("'int ['", "'text'"),
        ("'x' * 3", "1"),
        ("type[Keep]", "Keep"),
        ("list['list[int]']", "[[1]]"),
        ("float", "1"),
        ("complex", "1.5"),
        ("int", "True"),
        ("object", "'text'"),
        ("Later", "1"),
        ("tuple[int, ...]", "(1, 2, 3)"),
        ("'int | None'", "None"),
        ("'Union[int, Literal[\"a\"]]'", "'a'"),
    ],
)
def test_annotations_in_doubt_are_accepted(tmp_path: Path, annotation: str, value: str) -> None:
    assert "RM116" not in _codes(tmp_path, _annotated(annotation, value))


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("'int'", "'text'"),
        ("list['list[int]']", "[['1']]"),
        ("int", "1.0"),
        ("str", "b'1'"),
        ("tuple[int, ...]", "(1, '2')"),
        ("tuple[int, int]", "(1,)"),
        ("dict[str, int]", "{1: 1}"),
        ("Literal[1]", "True"),
        ("Plain", "3"),
        ("Optional[int]", "'1'"),
        ("None", "1"),
    ],
)
def test_annotations_that_are_contradicted(tmp_path: Path, annotation: str, value: str) -> None:
    assert "RM116" in _codes(tmp_path, _annotated(annotation, value))


def _annotated(annotation: str, value: str) -> str:
    own = f"class Own(Node):\n    def __init__(self, x: {annotation}): ...\n    def process(self, value): ...\n"
    head = "from __future__ import annotations\nfrom typing import TYPE_CHECKING, Literal, Optional, Union\n"
    plain = "if TYPE_CHECKING:\n    from elsewhere import Later\nclass Plain: ...\n"
    return f"{head}{_HEAD}{plain}{own}p.add(Own({value}))\n"
