"""What programs depend on, beyond what the corpus shows: bounds, odd files, and each reader on its own."""

from __future__ import annotations

import email
import time
from importlib import metadata
from pathlib import Path

import pytest

from remotemedia.compiler import Program, compile_file, default_runtimes, explain
from remotemedia.compiler._dependencies.installed import Environment
from remotemedia.compiler._dependencies.licences import licence
from remotemedia.compiler._dependencies.module_imports import module_imports
from remotemedia.compiler._dependencies.reach import Reach
from remotemedia.compiler._onnx import external_data
from remotemedia.compiler.sandbox import absence, uselessness
from remotemedia.errors import CompileError
from tests.compiler.conftest import Compile, Refuse

NODE = """\
from remotemedia import Node, Pipeline


class It(Node):
    def process(self, value):
        {body}
        return value


p = Pipeline("it")
p.add(It())
"""


def program(*imports: str, body: str = "pass") -> str:
    return "\n".join((*imports, NODE.format(body=body)))


def names(compiled: Program) -> set[str]:
    return {it.name for it in compiled.dependencies.distributions}


def test_scenario_include_dependencies(compiled: Compile) -> None:
    found = compiled(program("import packaging.version", body="packaging.version.parse(value)"))
    (distribution,) = found.dependencies.distributions
    assert (distribution.name, distribution.version) == ("packaging", metadata.version("packaging"))
    assert distribution.license == "Apache-2.0 OR BSD-2-Clause"
    assert distribution.hashes is not None
    assert distribution.hashes.source == "record"
    assert "packaging/version.py" in {file.path for file in found.dependencies.vendored}
    assert default_runtimes(found) == {"It": "python-wasm"}


def test_numpy_keeps_a_class_out_of_the_sandbox_and_arrays_do_not(compiled: Compile) -> None:
    assert default_runtimes(compiled(program("import numpy", body="numpy.mean(value)"))) == {"It": "python"}
    text = program("from remotemedia import Array", body="Array([1.0])")
    assert default_runtimes(compiled(text)) == {"It": "python-wasm"}


def test_native_speedups_that_have_a_fallback_do_no_harm(compiled: Compile) -> None:
    found = compiled(program("import yaml", body="yaml.safe_load(value)"))
    assert default_runtimes(found) == {"It": "python-wasm"}
    assert not any(file.path.endswith(".so") for file in found.dependencies.vendored)
    (distribution,) = found.dependencies.distributions
    assert distribution.native == ("yaml._yaml",)


def test_a_namespace_distribution_is_told_by_its_module(compiled: Compile) -> None:
    found = compiled(program("from google.protobuf import message", body="message.Message()"))
    (dependency,) = found.dependencies.imports
    assert (dependency.name, dependency.distributions) == ("google.protobuf", ("protobuf",))


def test_requirements_are_closed_over(compiled: Compile) -> None:
    found = compiled(program("import markdown_it", body="markdown_it.MarkdownIt()"))
    assert names(found) == {"markdown-it-py", "mdurl"}


def test_programs_without_distributions_never_ask_for_them(compiled: Compile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "distributions", lambda: pytest.fail("the environment was asked"))
    assert not compiled(program("import json", body="json.dumps(value)")).dependencies.distributions


def test_placement_says_why(compiled: Compile) -> None:
    (placement,) = explain(compiled(program("import ssl", body="ssl.create_default_context()")))
    assert placement.runtime == "python"
    assert placement.lacks == ("`ssl`: there is no network",)
    assert placement.grants == ("python",)
    assert placement.others == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("# /// script\n# dependencies = [1]\n# ///\n", "RM133"),
        ("# /// script\n# dependencies = 'numpy'\n# ///\n", "RM133"),
        ("# /// script\n# dependencies = [\n# ///\n", "RM133"),
        ("# /// script\n# x = 1\n# ///\n\n# /// script\n# y = 1\n# ///\n", "RM133"),
        ("# /// script\n# dependencies = ['numpy<1']\n# ///\n", None),
        ("# /// script\n# dependencies = ['x; sys_platform == \"win32\"']\n# ///\n", None),
        ("# /// script\n# never closed\n", None),
        ("# /// script\n" * 20_000, None),
        ("# /// script\n# x = " + "[" * 5000 + "\n# ///\n", "RM133"),
    ],
)
def test_inline_metadata(text: str, code: str | None, refused: Refuse, compiled: Compile) -> None:
    started = time.monotonic()
    if code is None:
        compiled(text + program())
    else:
        assert code in {found.code for found in refused(text + program())}
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("uv.lock", "package = 3\n"),
        ("uv.lock", "x = " + "[" * 100_000),
        ("uv.lock", "[[package]]\nname = 'packaging'\nversion = 7\n"),
        ("pylock.toml", "lock-version = '2.0'\n"),
        ("requirements.txt", "-r requirements.txt\n"),
        ("requirements.txt", "-r ../elsewhere.txt\n"),
        ("requirements.txt", "packaging==" + "1" * 100_000 + "\n"),
        ("requirements.txt", "packaging ==\n"),
        ("pyproject.toml", "[project]\ndependencies = {}\n"),
        ("pyproject.toml", "[dependency-groups]\ntest = [3]\n"),
        ("pyproject.toml", "\xff"),
    ],
)
def test_odd_files_give_findings_in_time(file: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(program("import packaging", body="packaging"))
    (tmp_path / file).write_bytes(text.encode("latin-1"))
    started = time.monotonic()
    try:
        found = {it.code for it in compile_file(tmp_path / "pipeline.py").diagnostics}
    except CompileError as error:
        found = {error.code}
    assert found <= {"RM131", "RM132", "RM133"}
    assert time.monotonic() - started < 5


def test_too_large_a_lock_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(program("import packaging", body="packaging"))
    (tmp_path / "uv.lock").write_bytes(b"#" * (5 << 20))
    with pytest.raises(Exception, match="at most 4194304 bytes"):
        compile_file(tmp_path / "pipeline.py")


def test_modules_of_distributions_are_read_as_the_sandbox_would_run_them() -> None:
    source = b"""\
import sys, os.path
from . import sibling
from .part import name
if sys.version_info >= (3, 12):
    import new
else:
    import old
if sys.platform == "win32":
    import windows
elif not sys.platform.startswith("linux"):
    import others
try:
    import fast
except ImportError:
    import slow
class C:
    import inside
def f():
    import late
if __name__ == "__main__":
    import shown
"""
    found = {it.name for it in module_imports(source, "pkg", is_package=True)}
    assert found == {"sys", "os.path", "pkg", "pkg.part", "new", "others", "inside"}


def test_reach_reports_what_keeps_a_distribution_out() -> None:
    reach = Reach(Environment())
    assert {lack.module for lack in reach.of(["numpy"]).lacks} >= {"numpy._core._multiarray_umath"}
    assert reach.of(["packaging.version.Version"]).lacks == ()
    assert reach.of(["packaging.nothing.at_all"]).lacks[0].module == "packaging.nothing"
    assert reach.of(["never_installed"]).lacks[0].is_installed is False


def test_owners_of_a_module() -> None:
    environment = Environment()
    assert environment.owners("google.protobuf.message")[0] == "google.protobuf"
    assert [owner.name for owner in environment.owners("yaml")[1]] == ["pyyaml"]
    assert environment.owners("never_installed") == ("never_installed", ())
    assert environment.named("PyYAML") is environment.named("pyyaml")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: whatever", "MIT OR Apache-2.0"),
        ("Classifier: License :: OSI Approved :: MIT License\nLicense: whatever", "MIT License"),
        ("Classifier: License :: OSI Approved\nLicense: MIT", "MIT"),
        ("License: UNKNOWN", None),
        ("License: a whole\n        licence", None),
        ("Summary: nothing", None),
    ],
)
def test_licence(lines: str, expected: str | None, tmp_path: Path) -> None:
    info = tmp_path / "x-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: x\nVersion: 1\n{lines}\n")
    assert licence(email.message_from_bytes((info / "METADATA").read_bytes())) == expected


@pytest.mark.parametrize("content", [b"", b"\x08", b"\x3a\xff\xff\xff\xff\x0f", b"text, not protobuf", b"\xff" * 100])
def test_what_is_no_model_names_no_files(content: bytes, tmp_path: Path) -> None:
    model = tmp_path / "m.onnx"
    model.write_bytes(content)
    assert external_data(model) == ()


def test_a_model_names_its_files() -> None:
    corpus = Path(__file__).parents[2] / "testdata"
    assert external_data(corpus / "dependencies" / "projects" / "weights" / "models" / "split.onnx") == (
        "split.onnx.data",
    )
    assert external_data(corpus / "models" / "silero_vad_16k_op15.onnx") == ()


def test_what_the_sandbox_lacks() -> None:
    assert absence("ssl") == "there is no network"
    assert absence("json.decoder") is None
    assert absence("logging.config") is not None
    assert absence("os.path") is None
    assert uselessness("threading.Thread.start") == "threads cannot be started"
    assert uselessness("threading.Lock") is None
