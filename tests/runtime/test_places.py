"""Where packages are: one place has one spelling, and nobody but its registry says what is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remotemedia.errors import RemoteMediaError, TrustError
from remotemedia.registry import HttpRegistry, Reference, copy
from remotemedia.runtime._places import patterns_of, place_of
from remotemedia.runtime._trust import Trust
from remotemedia.runtime.network import Network
from remotemedia.runtime.resolve import PullPolicy, ResolvedPackage, Resolver
from remotemedia.trust import KeyStore
from remotemedia.trust._policy import matches
from tests.registry.samples import KEY, Package, make_package
from tests.simulators.registry import RegistrySimulator


@pytest.fixture
def simulator() -> Iterator[RegistrySimulator]:
    with RegistrySimulator() as simulator:
        yield simulator


@pytest.fixture
def environ(home: Path) -> dict[str, str]:
    return {"REMOTEMEDIA_HOME": str(home), "REMOTEMEDIA_ENV": "development", "HOME": str(home)}


@pytest.fixture
def package() -> Package:
    """Signed by a key that is trusted once `trust` was called."""
    package = make_package("1", 4000)
    package.sign()
    return package


def trust(environ: dict[str, str]) -> None:
    KeyStore(Path(environ["REMOTEMEDIA_HOME"])).trust(KEY.public.to_pem(), "ann")


def write_rule(environ: dict[str, str], reference: object, grants: str = "") -> None:
    file = Path(environ["REMOTEMEDIA_HOME"], "policy.toml")
    file.parent.mkdir(exist_ok=True)
    file.write_text(f'[[rule]]\nname = "ours"\nreference = "{reference}"\n{grants}')
    file.chmod(0o600)


def push(package: Package, simulator: RegistrySimulator, name: str, path: Path) -> None:
    registry = HttpRegistry(simulator.host, name, environ={})
    copy(package.write(path / name.replace("/", "-")), registry, package.descriptor, tag="1")


def resolve(environ: dict[str, str], text: object, pull: str = "missing", **options: bool) -> ResolvedPackage:
    network = Network(environ=environ, **options)  # type: ignore[arg-type] # each test has its own
    return Resolver(environ, network).resolve(str(text), pull=PullPolicy(pull))


def outcome(environ: dict[str, str], text: object, pull: str = "missing", **options: bool) -> str:
    """Give the name of the rule that was met, or the code of the refusal."""
    try:
        found = resolve(environ, text, pull, **options)
    except RemoteMediaError as error:
        return error.code
    return found.rule.name if found.rule is not None else found.verdict.status


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "LocalHost"])
def test_a_rule_is_not_chosen_by_how_a_registry_is_spelled(
    package: Package, simulator: RegistrySimulator, environ: dict[str, str], tmp_path: Path, host: str
) -> None:
    port = simulator.host.partition(":")[2]
    push(package, simulator, "team/speech", tmp_path)
    write_rule(environ, f"oci://LocalHost:{port}/team/**")
    assert outcome(environ, f"oci://{host}:{port}/team/speech:1") == "RM517"
    assert outcome(environ, f"oci://127.0.0.1:{port}/team/speech:1") == "untrusted"  # a name that is another one


def test_a_rule_is_not_chosen_by_how_a_path_is_spelled(
    package: Package, environ: dict[str, str], tmp_path: Path
) -> None:
    for name in ("srv", "other"):
        (tmp_path / name).mkdir()
    ours = package.pack(tmp_path / "srv/s.rmpkg")
    theirs = package.pack(tmp_path / "other/own.rmpkg")
    package.write(tmp_path / "srv/layout")
    (tmp_path / "link").symlink_to(tmp_path / "srv")
    write_rule(environ, f"{tmp_path}/srv/**")
    for way in (ours, tmp_path / "other/../srv/s.rmpkg", tmp_path / "link/s.rmpkg"):
        assert outcome(environ, way) == "RM517"
    for way in (theirs, tmp_path / "srv/../other/own.rmpkg"):
        assert outcome(environ, way) == "untrusted"
    write_rule(environ, f"{tmp_path}/link/*")  # a rule may name a link: it is for what that leads to
    assert outcome(environ, ours) == "RM517"
    assert outcome(environ, theirs) == "untrusted"
    write_rule(environ, f"oci-layout:{tmp_path}/link/layout:*")
    assert outcome(environ, f"oci-layout:{tmp_path}/other/../srv/layout:1.0") == "RM517"


@pytest.mark.parametrize(
    ("pattern", "patterns"),
    [
        ("**", {"**"}),
        ("sha256:*", {"sha256:*"}),
        ("/**", {"/**"}),
        ("**/*.rmpkg", {"**/*.rmpkg"}),
        ("*", {"*"}),
        ("oci-layout:**", {"oci-layout:**"}),
        ("sha256:" + "0" * 64, {"sha256:" + "0" * 64}),
        ("oci://Registry.Example:443/a:*", {"oci://registry.example/a:*", "oci://registry.example:443/a:*"}),
        ("oci://registry.example:80/**", {"oci://registry.example/**", "oci://registry.example:80/**"}),
        ("oci://registry.example/**", {"oci://registry.example/**"}),
        ("oci://index.docker.io/library/*", {"oci://docker.io/library/*"}),
        ("oci://*.Example/**", {"oci://*.example/**"}),
        ("oci://**", {"oci://**"}),
        ("oci://*/**", {"oci://*/**"}),
        ("oci://R**.Example:1.0-RC", {"oci://r**.Example:1.0-RC", "oci://r**.example:1.0-rc"}),
        ("oci://r/team/a:1.0-RC*", {"oci://r/team/a:1.0-RC*"}),
        ("oci://r/**Beta@sha256:*", {"oci://r/**Beta@sha256:*"}),
        ("oci://r/a@sha256:" + "0" * 64, {"oci://r/a@sha256:" + "0" * 64}),
        ("oci://docker.io/*/*", {"oci://docker.io/*/*"}),
    ],
)
def test_patterns_are_spelled_as_places_are(pattern: str, patterns: set[str]) -> None:
    assert set(patterns_of([pattern])) == patterns


@pytest.mark.parametrize(
    ("pattern", "expected", "hint"),
    [
        ("registry.example/team/**", "`oci://HOST/REPO:TAG`", "`oci://registry.example/team/**`"),
        ("localhost:5000/team/**", "`oci://HOST/REPO:TAG`", "`oci://localhost:5000/team/**`"),
        ("https://registry.example/**", "`oci://HOST/REPO:TAG`", "`oci://registry.example/**`"),
        ("oci-layout:packages:*", "`oci-layout:/DIR:TAG`", "`oci-layout:/DIR/packages:*`"),
        ("oci-layout:*", "`oci-layout:/DIR:TAG`", "directories are absolute"),
        ("build/*.rmpkg", "`/DIR/FILE`", "`/DIR/build/*.rmpkg`"),
        ("./build.d/*.rmpkg", "`/DIR/FILE`", "`/DIR/build.d/*.rmpkg`"),
        ("*.rmpkg", "`/DIR/FILE`", "`**/*.rmpkg`"),
        ("sha256:abc", "`sha256:DIGEST`", "64 hexadecimal digits"),
        ("sha256:X*", "`sha256:DIGEST`", "64 hexadecimal digits"),
        ("oci://Registry.Example/Team/**", "a repository (`a-z 0-9 . _ - /`)", "`oci://Registry.Example/team/**`"),
        ("oci://r/team/** or all", "a repository (`a-z 0-9 . _ - /`)", ""),
        ("oci://r:99999/**", "a port from 1 to 65535", ""),
        ("oci://some host/**", "`HOST` or `HOST:PORT`", ""),
        ("oci://registry.example", "a repository behind the host", "`oci://registry.example/**`"),
        ("oci://*", "a host and a repository", "`oci://**`"),
        ("oci://r/team/a", "a tag or a digest", '`["oci://r/team/a:*", "oci://r/team/a@*"]`'),
        ("oci://r/team/a:", "expected a tag of letters", ""),
        ("oci://r/team/a@sha256:12", "64 hexadecimal digits", ""),
        ("oci://docker.io/alpine:*", "all of the repository's name", "`oci://docker.io/library/alpine:*`"),
        ("oci://index.docker.io/alpine:3", "all of the repository's name", "`oci://index.docker.io/library/alpine:3`"),
    ],
)
def test_a_rule_that_would_be_for_no_place_is_refused(
    environ: dict[str, str], pattern: str, expected: str, hint: str
) -> None:
    write_rule(environ, pattern)
    with pytest.raises(TrustError) as caught:
        Trust.of(environ)
    assert caught.value.code == "RM516"
    assert "rule ours: `reference`: expected " in caught.value.message
    assert expected in caught.value.message
    assert f"got `{pattern}`" in caught.value.message
    assert hint in (caught.value.hint or "")


TEXTS = [
    "oci://Registry.example:443/team/a",
    "oci://localhost:5000/a_b/c--d:1.0-RC@sha256:" + "0" * 64,
    "oci://[::1]:5000/a@sha256:" + "a" * 64,
    "oci://docker.io/alpine",
    "oci-layout:some/dir:tag",
    "./some.rmpkg",
]


@given(text=st.sampled_from(TEXTS), begin=st.floats(0, 1), end=st.floats(0, 1))
def test_no_pattern_is_refused_that_fits_a_place(text: str, begin: float, end: float) -> None:
    place = place_of(Reference.parse(text)) or ""
    scheme = place[: place.index("/") + 1]
    rest = place.removeprefix(scheme)
    first, last = sorted(round(it * len(rest)) for it in (begin, end))
    star = "**" if "/" in rest[first:last] else "*" * (last > first)
    pattern = f"{scheme}{rest[:first]}{star}{rest[last:]}"
    if pattern.startswith(("oci://", "oci-layout:/", "/")):
        assert any(matches(it, place) for it in patterns_of([pattern]))


def test_a_digest_of_the_cache_is_no_place() -> None:
    assert place_of(Reference.parse("sha256:" + "0" * 64)) is None


GRANTS = 'grants = ["python"]\n'


def test_a_digest_in_the_cache_does_not_answer_for_another_place(
    package: Package, simulator: RegistrySimulator, environ: dict[str, str], tmp_path: Path
) -> None:
    """Its registry is asked, once; without a network it is judged by where it is known to be from."""
    trust(environ)
    push(package, simulator, "someone/own", tmp_path)
    resolve(environ, f"oci://{simulator.host}/someone/own:1")
    named = f"oci://{simulator.host}/team/own@{package.digest}"
    write_rule(environ, f"oci://{simulator.host}/team/**", GRANTS)
    assert outcome(environ, named) == "RM402"
    assert outcome(environ, named, offline=True) == "trusted"
    assert outcome(environ, named, "never") == "trusted"
    assert outcome(environ, f"oci://{simulator.host}/someone/own@{package.digest}") == "trusted"
    push(package, simulator, "team/own", tmp_path)
    simulator.requests.clear()
    assert outcome(environ, named) == "ours"
    assert simulator.requests
    simulator.requests.clear()
    assert outcome(environ, named) == "ours"
    assert outcome(environ, named, offline=True) == "ours"
    assert simulator.requests == []


def test_without_such_a_rule_a_digest_in_the_cache_is_enough(
    package: Package, simulator: RegistrySimulator, environ: dict[str, str], tmp_path: Path
) -> None:
    push(package, simulator, "someone/own", tmp_path)
    resolve(environ, f"oci://{simulator.host}/someone/own:1")
    simulator.requests.clear()
    assert outcome(environ, f"oci://127.0.0.1:9/team/own@{package.digest}") == "untrusted"
    assert simulator.requests == []


@pytest.mark.parametrize("outer", ["file", "layout", "digest"])
def test_a_password_for_any_registry_is_for_none_that_a_file_names(
    environ: dict[str, str], tmp_path: Path, outer: str
) -> None:
    inner = make_package("inner", 40)
    environ |= {"REMOTEMEDIA_USERNAME": "ci-bot", "REMOTEMEDIA_PASSWORD": "hunter2"}
    with RegistrySimulator(auth="basic") as theirs, RegistrySimulator() as ours:
        node = {
            "id": "n",
            "node_type": "HFPipelineNode",
            "runtime": "pipeline",
            "params": {"name": "n"},
            "remote_ref": f"oci://{theirs.host}/x:1",
        }
        package = make_package("outer", 40, [node])
        theirs.repository("x").tags["1"] = inner.digest
        push(package, ours, "outer", tmp_path)
        assert resolve(environ, f"oci://{ours.host}/outer:1").digest == package.digest
        named = {
            "file": str(package.pack(tmp_path / "outer.rmpkg")),
            "layout": f"oci-layout:{tmp_path}/outer:1.0",
            "digest": package.digest,
        }
        resolver = Resolver(environ, Network(environ=environ))
        with pytest.raises(RemoteMediaError) as caught:
            resolver.resolve_all(named[outer])
        assert caught.value.code == "RM403"
        assert [it.authorization for it in theirs.requests if it.authorization] == []
        of_one = environ | {"REMOTEMEDIA_REGISTRY": theirs.host}  # it is for this one
        with pytest.raises(RemoteMediaError):
            Resolver(of_one, Network(environ=of_one)).resolve_all(named[outer])
        assert [it.authorization for it in theirs.requests if it.authorization] != []


def unsigned(package: Package) -> Package:
    return Package(package.manifest, package.blobs)


def test_a_mirror_without_the_signature_that_is_asked_for_does_not_have_it(
    package: Package, simulator: RegistrySimulator, environ: dict[str, str], tmp_path: Path
) -> None:
    trust(environ)
    environ["REMOTEMEDIA_ENV"] = "production"
    with RegistrySimulator() as bare:
        push(unsigned(package), bare, "a/b", tmp_path / "bare")
        push(package, simulator, "a/b", tmp_path / "whole")
        mirrors = {"127.0.0.1:9": (bare.host, simulator.host)}
        network = Network(environ=environ, mirrors=mirrors)
        found = Resolver(environ, network).resolve("oci://127.0.0.1:9/a/b:1")
        assert found.verdict.status == "trusted"
        assert bare.requests
    environ["REMOTEMEDIA_HOME"] += "-other"
    with RegistrySimulator() as bare:
        push(unsigned(package), bare, "a/b", tmp_path / "again")
        network = Network(environ=environ, mirrors={"127.0.0.1:9": (bare.host,)})
        with pytest.raises(RemoteMediaError) as caught:
            Resolver(environ, network).resolve("oci://127.0.0.1:9/a/b:1")
        assert caught.value.code == "RM404"
        assert "nor do its mirrors help" in caught.value.message
        assert "signature" in caught.value.message
