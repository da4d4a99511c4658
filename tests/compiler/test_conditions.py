"""Which imports count for a class: those it uses, and those that the code around them does not do without."""

from __future__ import annotations

from pathlib import Path

import pytest

from remotemedia.compiler import default_runtimes, explain
from tests.compiler.conftest import Compile

HEAD = "from remotemedia import Node, Pipeline, PythonNode\n"
TAIL = "\n\np = Pipeline('it')\np.add(It())\n"


def program(before: str, body: str, signature: str = "self, value") -> str:
    return f"{before}\n{HEAD}\n\nclass It(Node):\n    def process({signature}):\n        {body}\n{TAIL}"


@pytest.mark.parametrize(
    "text",
    [
        program("import numpy as np\nWINDOW = np.hanning(4)", "return value"),
        program("import numpy as np", "return np", "self, np"),
        program("import numpy as np", "return [np for np in value]"),
        program("import numpy as np", "return (lambda np: np)(value)"),
        program("import numpy as np", "np = 1; return np"),
        program("import numpy as np", "return dict(np=value)"),
        program("import numpy as np", "return value.np"),
        program("import numpy as np", "x: np.ndarray = value; return x"),
        program("import numpy as np", "return value", "self, value: np.ndarray"),
        program("from __future__ import annotations\nimport numpy as np", "return value", "self, value: np.ndarray"),
    ],
)
def test_what_a_class_does_not_use_does_no_harm(text: str, compiled: Compile) -> None:
    assert default_runtimes(compiled(text)) == {"It": "python-wasm"}


@pytest.mark.parametrize(
    "text",
    [
        program("", "import numpy as np; return np.mean(value)"),
        program("import numpy as np", "return (lambda: np.mean(value))()"),
        program("import numpy as np", "global np; np = np; return value"),
        program("import numpy as np", "return value", "self, value, how=np.mean"),
        program("import numpy as np", "return isinstance(value, np.ndarray)"),
        program("import numpy as np", "np = [np.mean(it) for it in value]; return np").replace("np = [", "x = ["),
    ],
)
def test_what_a_class_uses_keeps_it_out_of_the_sandbox(text: str, compiled: Compile) -> None:
    assert default_runtimes(compiled(text)) == {"It": "python"}


@pytest.mark.parametrize(
    "imports",
    [
        "import sys\nif sys.version_info >= (3, 11):\n    import tomllib\nelse:\n    import not_there as tomllib",
        "import sys\nif sys.platform == 'win32':\n    import not_there\nelif sys.platform == 'aix':\n    import nor_it",
        "import os\nif os.name == 'nt':\n    import not_there",
        "from importlib.util import find_spec\nif find_spec('not_there') is not None:\n    import not_there",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import not_there",
        "from contextlib import suppress\nwith suppress(OSError, ModuleNotFoundError):\n    import not_there",
    ],
)
def test_code_that_copes_without_an_import(imports: str, compiled: Compile) -> None:
    found = compiled(program(imports, "return value"))
    assert default_runtimes(found) == {"It": "python-wasm"}
    assert not found.diagnostics


@pytest.mark.parametrize(
    "imports",
    [
        "import sys\nif sys.version_info >= (3, 8):\n    import packaging.version",
        "import sys\nif sys.platform == 'win32':\n    import not_there\nelse:\n    import packaging.version",
    ],
)
def test_a_condition_that_always_holds_requires_what_is_under_it(imports: str, compiled: Compile) -> None:
    found = compiled(program(imports, "return packaging.version.parse(value)"))
    assert {file.distribution for file in found.dependencies.vendored} == {"packaging"}


def test_what_a_function_in_an_argument_needs_counts_for_its_node(compiled: Compile) -> None:
    helper = "import numpy\nimport packaging.version\n\n\ndef heavy(x):\n    return numpy.mean(x)\n\n\n"
    helper += "def light(x):\n    return packaging.version.parse(x)\n"
    text = f"{HEAD}from helper import heavy, light\np = Pipeline('it')\n"
    text += "p.add(PythonNode(heavy, name='a')).add(PythonNode(light, name='b')).add(PythonNode(str.upper, name='c'))\n"
    found = compiled(text.replace("str.upper", "len"), helper=helper)
    assert default_runtimes(found) == {"a": "python", "b": "python-wasm", "c": "python-wasm"}
    assert {file.distribution for file in found.dependencies.vendored} == {"packaging"}
    (warning,) = found.diagnostics
    assert (warning.code, warning.message) == ("RM111", "`heavy` needs `numpy`, which the sandbox does not have")
    first, second, third = explain(found)
    assert (first.others, first.grants, first.lacks != ()) == ((), ("python",), True)
    assert second.why.startswith("pure Python travels with it: packaging")
    assert third.why == "built in"


def test_modules_that_only_the_newer_python_of_the_sandbox_has(compiled: Compile) -> None:
    found = compiled(program("import sys\nif sys.version_info >= (3, 14):\n    import annotationlib", "return value"))
    assert default_runtimes(found) == {"It": "python-wasm"}
    assert not found.dependencies.imports


def test_the_table_as_json_is_as_documented(compiled: Compile) -> None:
    page = Path(__file__).parents[2].joinpath("docs", "reference", "dependencies.md").read_text(encoding="utf-8")
    table = page.partition("## The table as JSON")[2].partition("\n## ")[0]
    stated = [name for line in table.splitlines()[4:] if line.startswith("| `") for name in line.split("`")[1:4:2]]
    shown = explain(compiled(program("", "return value")))[0].to_json()
    assert shown.keys() <= set(stated)
    assert {type(value) for value in shown.values()} == {str, list}
