"""The compiler's promises, beyond what each program of the corpus shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remotemedia.compiler import (
    Diagnostic,
    compile_file,
    default_runtimes,
    manifest_json,
    missing_in_sandbox,
    render,
)
from remotemedia.compiler.sandbox import absence
from remotemedia.errors import CompileError, UsageError
from remotemedia.schemas.tables import error_table

if TYPE_CHECKING:
    from tests.compiler.conftest import Compile, Refuse

_REPOSITORY = Path(__file__).parents[2]
_NODE = """
class Keep(Node):
    def __init__(self, value=None, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value
"""
_HEAD = f"from remotemedia import *\n{_NODE}\n"


def test_no_code_of_the_program_runs(compiled: Compile, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    touch = f"open({str(marker)!r}, 'w').write('run')\n"
    own = f"class Own(Node):\n    x = {touch}    def process(self, v): pass\n"
    program = compiled(
        f"import side, sys\nfrom remotemedia import *\n{touch}{own}p = Pipeline('x').add(Own())\n"
        f"if __name__ == '__main__':\n    {touch}",
        side=touch,
    )
    assert program.entries == ("pipeline:Own",)
    assert "side" not in sys.modules
    assert not marker.exists()


def test_scenario_preserve_node_configuration(compiled: Compile) -> None:
    program = compiled(_HEAD + "p = Pipeline('x').add(Keep({'deep': [1, 2.5, None]}, name='n', state_ttl=60))")
    (node,) = program.manifest["nodes"]
    assert node == {
        "id": "n",
        "node_type": "Keep",
        "params": {"value": {"deep": [1, 2.5, None]}, "name": "n", "state_ttl": 60},
        "entry": "pipeline:Keep",
    }


def test_scenario_handle_complex_data_types(compiled: Compile, refused: Refuse) -> None:
    """Plain data, arrays and files stand in the manifest; what cannot be stated is refused, not lost."""
    program = compiled(_HEAD + "import numpy as np\np = Pipeline('x').add(Keep(np.zeros(3)))")
    assert program.manifest["nodes"][0]["params"]["value"] == {"$ref": program.data[0].path}
    (found,) = refused(_HEAD + "class Custom: ...\np = Pipeline('x').add(Keep(Custom()))")
    assert found.code == "RM108"


def test_scenario_include_dependencies(compiled: Compile) -> None:
    program = compiled(
        "import json\nimport numpy.linalg\nimport helper\nfrom remotemedia import *\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import only_for_types\n"
        "try:\n    import orjson\nexcept ImportError:\n    orjson = None\np = Pipeline('x')\n",
        helper="def f():\n    import yaml\n",
    )
    found = {each.name: (each.optional, each.importers) for each in program.imports}
    assert found == {
        "json": (False, ("pipeline.py",)),
        "numpy": (False, ("pipeline.py",)),
        "orjson": (True, ("pipeline.py",)),
        "remotemedia": (False, ("pipeline.py",)),
        "typing": (False, ("pipeline.py",)),
        "yaml": (False, ("helper.py",)),
    }
    assert [module.path for module in program.modules] == ["helper.py", "pipeline.py"]
    assert missing_in_sandbox(program) == ("numpy", "yaml")


def test_choice_by_variable_and_by_name(compiled: Compile) -> None:
    text = "from remotemedia import *\na = Pipeline('one').add(AudioSource())\nb = Pipeline('two').add(Missing())\n"
    assert compiled(text, pipeline="a").manifest["metadata"]["name"] == "one"
    assert compiled(text, pipeline="one").manifest["nodes"][0]["id"] == "AudioSource"
    with pytest.raises(CompileError) as caught:
        compiled(text, pipeline="two")
    assert caught.value.code == "RM104"
    with pytest.raises(CompileError) as caught:
        compiled(text, pipeline="three")
    assert caught.value.code == "RM102"
    assert "`a` or `one` in line 2" in render(_findings(caught.value))


def test_time_only_where_it_is_fixed(compiled: Compile, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "from remotemedia import Pipeline\np = Pipeline('x')\n"
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert compiled(text).manifest["metadata"] == {"name": "x"}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert compiled(text).manifest["metadata"] == {"name": "x", "created_at": "2023-11-14T22:13:20Z"}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(UsageError) as caught:
        compiled(text)
    assert caught.value.code == "RM701"


def test_files_and_modules_have_digests(compiled: Compile, tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"model")
    text = (
        "\ufefffrom remotemedia import *\r\n# ä\r\n"
        "p = Pipeline('x').add(OnnxNode('m.onnx')).add(AudioSource('m.onnx'), [])"
    )
    program = compiled(text)
    (file,) = program.files
    assert (file.path, file.kind, file.size) == ("m.onnx", "model", 5)
    assert file.sha256 == "9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4"
    (module,) = program.modules
    assert module.text.encode() == (tmp_path / "pipeline.py").read_bytes()


def test_default_runtimes(compiled: Compile, tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"model")
    heavy = "import numpy\nfrom remotemedia import Node\nclass Heavy(Node):\n    process = numpy.abs\n"
    nodes = "AudioSource()", "OnnxNode('m.onnx')", "Keep()", "Heavy()"
    text = f"{_HEAD}from heavy import Heavy\np = Pipeline(nodes=[{', '.join(nodes)}])\n"
    program = compiled(text, heavy=heavy)
    kinds = {"AudioSource": "native", "OnnxNode": "onnx", "Keep": "python-wasm", "Heavy": "python"}
    assert default_runtimes(program) == kinds
    assert [(found.code, found.severity) for found in program.diagnostics] == [("RM111", "warning")]
    assert json.loads(manifest_json(program)) == program.manifest


def test_sandbox_table_equals_the_runner() -> None:
    preload = _REPOSITORY / "rust_exec/wasm/guest/app/remotemedia/_sandbox/preload.py"
    listed = re.search(r'_MODULES: Final = """(.*?)"""', preload.read_text(encoding="utf-8"), re.DOTALL)
    assert listed is not None
    names = set(listed[1].split())
    tops = {name.partition(".")[0] for name in names}
    assert {name for name in names if absence(name)} == set()
    # What the listed ones import themselves is there as well.
    assert {name for name in sys.stdlib_module_names - tops if not name.startswith("_") and not absence(name)} == {
        *("bdb", "code", "faulthandler", "ntpath", "pdb", "posix", "pyexpat", "rlcompleter", "site"),
    }


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("p = Pipeline('x').add(Keep())\nclass Keep(Node): ...\n", "the name stands for something else"),
        ("p = Pipeline('x').add(Keep())\nKeep = None\n", "the name stands for something else"),
        (
            "if __name__ == '__main__':\n    class Late(Node):\n        pass\n    p = Pipeline('x').add(Late())\n",
            "defined only when the file is run as a program",
        ),
    ],
)
def test_class_has_to_be_found_by_its_name(refused: Refuse, text: str, label: str) -> None:
    (found,) = refused(_HEAD + text)
    assert (found.code, found.label) == ("RM104", label)


def test_file_whose_name_is_no_module_name(tmp_path: Path) -> None:
    path = tmp_path / "my-pipeline.py"
    path.write_text("from remotemedia import *\np = Pipeline('x').add(AudioSource())\n")
    assert compile_file(path).modules[0].path == "my-pipeline.py"
    path.write_text(_HEAD + "p = Pipeline('x').add(Keep())\n")
    with pytest.raises(CompileError) as caught:
        compile_file(path)
    assert caught.value.code == "RM104"


def test_example() -> None:
    program = compile_file(_REPOSITORY / "examples" / "speech_segments" / "pipeline.py")
    assert program.entries == ("pipeline:SpeechSegments",)
    assert set(default_runtimes(program).values()) == {"native", "onnx", "python-wasm"}
    assert not program.diagnostics


def test_every_code_is_in_the_table_and_in_the_corpus() -> None:
    seen = set()
    testdata = _REPOSITORY / "testdata"
    for path in (*testdata.glob("compiler/*/expected.*"), *testdata.glob("dependencies/projects/*/expected.*")):
        seen |= set(re.findall(r"\[(RM1\d\d)\]", path.read_text(encoding="utf-8")))
    listed = {code for code in error_table() if code.startswith("RM1")}
    assert seen == listed - {"RM114"}  # which is that of `test_bounds`


def test_importing_the_room_is_light() -> None:
    code = (
        "import sys, remotemedia.compiler; print(*(n for n in ('libcst', 'inspect', 'pydantic') if n in sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=os.environ, text=True)
    assert "libcst" not in ran.stdout
    assert "pydantic" not in ran.stdout


_SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_VALUES = st.recursive(
    _SCALARS | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(value=_VALUES)
def test_literals_are_what_python_makes_of_them(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    path = tmp_path_factory.mktemp("literal") / "pipeline.py"
    path.write_text(f"{_HEAD}p = Pipeline('x').add(Keep({value!r}))\n", encoding="utf-8")
    (node,) = compile_file(path).manifest["nodes"]
    assert node["params"]["value"] == _stated(value)


def _stated(value: Any) -> Any:
    """Return a value as the manifest states it: tuples are lists, and `$` of keys is doubled."""
    if isinstance(value, (list, tuple)):
        return [_stated(item) for item in value]
    if isinstance(value, dict):
        return {"$" + key if key.startswith("$") else key: _stated(item) for key, item in value.items()}
    return value


def _findings(error: CompileError) -> list[Diagnostic]:
    return [each for each in error.diagnostics if isinstance(each, Diagnostic)]
