"""Environments of host Python: what a package locks, what is installed, and what becomes of it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from remotemedia.errors import PackageError, TrustError
from remotemedia.registry import Cache, PackageArchive, Reference
from remotemedia.runtime._envs import Environments
from remotemedia.runtime._garbage import collect_garbage
from remotemedia.runtime._installer import python_version
from remotemedia.runtime._lock import lock_of
from remotemedia.runtime._wheels import WheelPolicy
from remotemedia.runtime.network import Network
from remotemedia.runtime.publish import BuildRequest, build_package
from remotemedia.runtime.resolve import ResolvedPackage, Resolver
from tests.runtime.tiny import PROGRAM, install, make_wheel

_DAY_S = 24 * 3600

Built = Callable[..., ResolvedPackage]


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny distribution: installed, and the only one that pip finds."""
    index, site = tmp_path / "index", tmp_path / "site"
    index.mkdir()
    made = make_wheel(index)
    install(made, site)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return made


@pytest.fixture
def built(tmp_path: Path, home: Path, wheel: Path) -> Built:
    """Build the program that needs it, and resolve the package: `built(WheelPolicy.VENDOR)`."""
    assert wheel.is_file()

    def build(policy: WheelPolicy = WheelPolicy.NONE, **files: str) -> ResolvedPackage:
        project = tmp_path / "project"
        project.mkdir(exist_ok=True)
        for name, text in {"pipeline.py": PROGRAM, **files}.items():
            (project / name).write_text(text)
        package = build_package(
            project / "pipeline.py",
            tmp_path,
            environ={"REMOTEMEDIA_HOME": str(home)},
            request=BuildRequest(wheels=policy),
        )
        return Resolver(os.environ, Network()).resolve(str(package.path))

    return build


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def environment(package: ResolvedPackage) -> dict[str, Any]:
    return package.document("meta/environment.json")


def doubled(python: Any) -> str:
    """What the library gives in the environment, with the search path of the plan and nothing else."""
    code = f"import sys; sys.path[:0] = {python['path']!r}; import tinynative, remotemedia.errors; "
    command = [python["interpreter"], "-I", "-S", "-c", code + "print(tinynative.double(21), tinynative.__file__)"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_vendored_wheel_is_installed_without_a_network(built: Built, home: Path, wheel: Path) -> None:
    package = built(WheelPolicy.VENDOR)
    assert environment(package)["packages"] == [
        {"name": "tinynative", "version": "1.0", "sha256": [sha256(wheel)], "wheel": wheel.name}
    ]
    wheel.unlink()
    said: list[str] = []
    with Environments(home).python_of(package, ["Double"], offline=True, notice=said.append) as python:
        value, file = doubled(python["Double"]).split()
    assert value == "42"
    assert Path(file).is_relative_to(home / "envs" / lock_of(package).digest)
    assert said == ["making the Python environment of `tiny`: tinynative 1.0"]
    assert not list((home / "envs").glob(".new-*"))


def test_it_is_made_once_and_shared_by_what_states_the_same(built: Built, home: Path) -> None:
    vendored, locked = built(WheelPolicy.VENDOR), built(WheelPolicy.LOCK)
    assert vendored.digest != locked.digest
    said: list[str] = []
    with ThreadPoolExecutor() as pool:

        def use(package: ResolvedPackage) -> Any:
            with Environments(home).python_of(package, ["Double"], notice=said.append) as python:
                return dict(python["Double"])

        first, second, third = pool.map(use, [vendored, vendored, locked])
    assert first == second == third
    (made,) = Environments(home).all()
    before = made.path.stat().st_ino
    said.clear()
    use(locked)
    assert not said
    assert Environments(home).all()[0].path.stat().st_ino == before


def test_hashes_come_from_the_index_where_that_is_asked_for(built: Built, wheel: Path) -> None:
    (package,) = environment(built(WheelPolicy.LOCK))["packages"]
    assert package == {"name": "tinynative", "version": "1.0", "sha256": [sha256(wheel)]}


def test_hashes_come_from_a_lock_file_without_asking(built: Built, wheel: Path) -> None:
    locked = f"tinynative==1.0 --hash=sha256:{sha256(wheel)}\n"
    (package,) = environment(built(**{"requirements.txt": locked}))["packages"]
    assert package["sha256"] == [sha256(wheel)]


def test_what_is_locked_need_not_be_installed_where_the_package_is_built(
    built: Built, home: Path, wheel: Path, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "site")
    package = built(**{"requirements.txt": f"tinynative==1.0 --hash=sha256:{sha256(wheel)}\n"})
    with Environments(home).python_of(package, ["Double"]) as python:
        assert doubled(python["Double"]).startswith("42")


def test_built_in_nodes_on_host_python_have_their_libraries_locked(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(
        "from remotemedia import Pipeline\nfrom remotemedia.nodes.video import VideoResizer\n\n"
        "p = Pipeline('small')\np.add(VideoResizer())\n"
    )
    environ = {"REMOTEMEDIA_HOME": str(tmp_path / "home"), "REMOTEMEDIA_ENV": "development"}
    built = build_package(tmp_path / "pipeline.py", tmp_path, environ=environ)
    package = Resolver(environ, Network()).resolve(str(built.path))
    assert "numpy" in {it["name"] for it in environment(package)["packages"]}


def test_without_hashes_nothing_is_installed(built: Built, home: Path) -> None:
    with pytest.raises(TrustError) as caught, Environments(home).python_of(built(), ["Double"]):
        pass
    assert caught.value.code == "RM510"
    assert "`tinynative` 1.0" in caught.value.message
    assert "--vendor-wheels" in str(caught.value.hint)


def test_another_wheel_than_the_locked_one_is_refused_with_pips_words(
    built: Built, home: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = built(WheelPolicy.LOCK)
    with wheel.open("ab") as file:
        file.write(b"\0")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    with pytest.raises(TrustError) as caught, Environments(home).python_of(package, ["Double"]):
        pass
    assert caught.value.code == "RM510"
    assert "DO NOT MATCH THE HASHES" in caught.value.message
    assert Environments(home).all() == ()
    assert not list((home / "envs").glob(".new-*"))


def test_offline_needs_the_wheels_in_the_package(built: Built, home: Path) -> None:
    package = built(WheelPolicy.LOCK)
    with pytest.raises(TrustError) as caught, Environments(home).python_of(package, ["Double"], offline=True):
        pass
    assert caught.value.code == "RM510"


def test_a_build_cannot_lock_what_no_index_has(built: Built, wheel: Path) -> None:
    wheel.unlink()
    for policy in (WheelPolicy.LOCK, WheelPolicy.VENDOR):
        with pytest.raises(TrustError) as caught:
            built(policy)
        assert caught.value.code == "RM510"
        assert "tinynative==1.0" in caught.value.message


def test_one_that_is_damaged_is_made_again(built: Built, home: Path) -> None:
    package = built(WheelPolicy.VENDOR)
    environments = Environments(home)
    with environments.python_of(package, ["Double"]):
        pass
    (made,) = environments.all()
    (made.path / "remotemedia.json").write_text('{"digest": "another"}')
    (made.path / "lib" / f"python{python_version()}" / "site-packages" / "tinynative" / "__init__.py").unlink()
    with environments.python_of(package, ["Double"]) as python:
        assert doubled(python["Double"]).startswith("42")


def test_another_version_of_python_is_asked_for_by_name(
    built: Built, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = built(WheelPolicy.VENDOR)
    monkeypatch.setattr("remotemedia.runtime._installer.python_version", lambda: "3.99")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(TrustError) as caught, Environments(home).python_of(package, ["Double"]):
        pass
    assert f"expected Python {python_version()}" in caught.value.message


@pytest.mark.parametrize(
    "change",
    [
        {"packages": [{"name": "--index-url=http://x", "version": "1", "sha256": []}]},
        {"packages": [{"name": "a", "version": "1 -r /etc/passwd", "sha256": []}]},
        {"packages": [{"name": "a", "version": "1", "sha256": ["0"]}]},
        {"packages": [{"name": "a", "version": "1", "sha256": [], "wheel": "../a.whl"}]},
        {"python": "2.7; rm"},
        {"schemaVersion": 2},
    ],
)
def test_a_lock_that_is_none_is_refused(change: dict[str, Any]) -> None:
    class Package:
        def has(self, title: str) -> bool:
            return title == "meta/environment.json"

        def document(self, _title: str) -> dict[str, Any]:
            return {"schemaVersion": 1, "python": "3.11", "packages": [], **change}

    with pytest.raises(PackageError) as caught:
        lock_of(Package())
    assert caught.value.code == "RM303"


def test_what_needs_nothing_gets_an_empty_environment(tmp_path: Path, home: Path) -> None:
    (tmp_path / "pipeline.py").write_text(
        "from remotemedia import Node, Pipeline\n\n\nclass Same(Node):\n    def process(self, value):\n"
        "        return value\n\n\np = Pipeline('same')\np.add(Same())\n"
    )
    built = build_package(tmp_path / "pipeline.py", tmp_path, environ={})
    package = Resolver(os.environ, Network()).resolve(str(built.path))
    assert not package.has("meta/environment.json")
    with Environments(home).python_of(package, ["Same"], offline=True) as python:
        assert Path(python["Same"]["interpreter"]).exists()


def test_garbage_is_what_no_cached_package_needs(built: Built, home: Path) -> None:
    package = built(WheelPolicy.VENDOR)
    environments = Environments(home)
    with environments.python_of(package, ["Double"]):
        age(environments, days=2)
        assert collect_garbage(home, older_than_days=0, dry_run=False) == ()  # it is in use
    with PackageArchive(package.path) as archive:
        descriptor = archive.resolve(None)
        Cache(home).add(archive, descriptor, None)
    assert collect_garbage(home, older_than_days=30, dry_run=False) == ()
    Cache(home).remove(Reference.parse(package.digest))
    (found,) = collect_garbage(home, older_than_days=30, dry_run=True)
    assert (found.kind, found.why) == ("environment", "no cached package needs it")
    assert len(environments.all()) == 1
    assert collect_garbage(home, older_than_days=30, dry_run=False) == (found,)
    assert environments.all() == ()


def test_garbage_is_what_was_long_not_used_and_blobs_of_no_package(built: Built, home: Path) -> None:
    environments = Environments(home)
    with environments.python_of(built(WheelPolicy.VENDOR), ["Double"]):
        pass
    stray = home / "blobs" / "sha256" / ("0" * 64)
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"stray")
    assert [it.kind for it in collect_garbage(home, older_than_days=30, dry_run=False)] == ["blob"]
    assert not stray.exists()
    age(environments, days=31)
    (found,) = collect_garbage(home, older_than_days=30, dry_run=False)
    assert found.why == "not used for 31 days"


def age(environments: Environments, *, days: float) -> None:
    """Let all of them be last used so long ago."""
    then = time.time() - days * _DAY_S
    for it in environments.all():
        os.utime(it.path / "remotemedia.json", (then, then))
        assert json.loads((it.path / "remotemedia.json").read_text())["digest"] == it.digest
