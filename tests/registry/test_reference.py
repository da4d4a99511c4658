"""References as people write them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remotemedia.errors import RegistryError
from remotemedia.registry import Reference, Scheme

DIGEST = "sha256:" + "0a" * 32

HOSTS = st.sampled_from(["registry.ai", "localhost:5000", "127.0.0.1:81", "[::1]:5000", "[fe80::1]", "a-b.example"])
COMPONENTS = st.from_regex(r"[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}", fullmatch=True)
REPOSITORIES = st.lists(COMPONENTS, min_size=1, max_size=4).map("/".join)
TAGS = st.none() | st.from_regex(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}", fullmatch=True)
DIGESTS = st.none() | st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)
PATHS = st.from_regex(r"[a-zA-Z0-9 .:@é/_-]{0,20}/[a-zA-Z0-9 .é_-]{1,10}", fullmatch=True)


@given(HOSTS, REPOSITORIES, TAGS, DIGESTS)
def test_registry_references_round_trip(host: str, repository: str, tag: str | None, digest: str | None) -> None:
    reference = Reference(Scheme.REGISTRY, host, repository, tag, digest)
    assert Reference.parse(str(reference)) == reference


@given(PATHS, TAGS, DIGESTS)
def test_layout_references_round_trip(path: str, tag: str | None, digest: str | None) -> None:
    reference = Reference(Scheme.LAYOUT, path=path, tag=tag, digest=digest)
    assert Reference.parse(str(reference)) == reference


@given(st.text(max_size=60) | st.from_regex(r"(oci://|oci-layout:|sha256:)[a-z0-9:@/._-]{0,60}", fullmatch=True))
def test_any_text_has_one_form_or_is_refused(text: str) -> None:
    try:
        reference = Reference.parse(text)
    except RegistryError as error:
        assert error.code == "RM401"  # noqa: PT017 - either outcome is right
    else:
        assert Reference.parse(str(reference)) == reference
        assert reference.scheme is Scheme.REGISTRY or str(reference) == text


@pytest.mark.parametrize(
    ("text", "reference", "part"),
    [
        ("oci://registry.ai/voice_tts:1.0", Reference(Scheme.REGISTRY, "registry.ai", "voice_tts", "1.0"), "1.0"),
        ("oci://localhost:5000/a/b", Reference(Scheme.REGISTRY, "localhost:5000", "a/b"), "latest"),
        (f"oci://r/a:1@{DIGEST}", Reference(Scheme.REGISTRY, "r", "a", "1", DIGEST), DIGEST),
        ("oci-layout:dist", Reference(Scheme.LAYOUT, path="dist"), None),
        ("oci-layout:/a:b/c:1", Reference(Scheme.LAYOUT, path="/a:b/c", tag="1"), "1"),
        ("oci-layout:/a:b/c", Reference(Scheme.LAYOUT, path="/a:b/c"), None),
        (f"oci-layout:dist@{DIGEST}", Reference(Scheme.LAYOUT, path="dist", digest=DIGEST), DIGEST),
        ("dist/speech-0a.rmpkg", Reference(Scheme.FILE, path="dist/speech-0a.rmpkg"), None),
        (DIGEST, Reference(Scheme.CACHE, digest=DIGEST), DIGEST),
    ],
)
def test_forms(text: str, reference: Reference, part: str | None) -> None:
    assert Reference.parse(text) == reference
    assert Reference.parse(text).part == part


def test_an_existing_file_of_any_name_is_a_reference(tmp_path: Path) -> None:
    (tmp_path / "speech").touch()
    assert Reference.parse(str(tmp_path / "speech")).scheme is Scheme.FILE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "registry.ai/voice:1",
        "https://registry.ai/voice",
        "oci://",
        "oci://registry.ai",
        "oci://registry.ai/",
        "oci:///voice",
        "oci://registry.ai/Voice",
        "oci://registry.ai/a//b",
        "oci://registry.ai/../b",
        "oci://registry.ai/a:",
        "oci://registry.ai/a:-1",
        "oci://registry.ai/a:1:2",
        "oci://registry.ai/a@sha256:12",
        f"oci://registry.ai/a@{DIGEST.upper()}",
        "oci://user@registry.ai/a",
        "oci://registry.ai:port/a",
        "oci://registry.ai/" + "a" * 256,
        "oci-layout:",
        "oci-layout::1",
        "oci-layout:dist:a b",
        "sha256:12",
        "missing",
        "a\0b.rmpkg",
        "x" * 5000 + ".rmpkg",
    ],
)
def test_malformed_references_are_refused(text: str) -> None:
    with pytest.raises(RegistryError) as caught:
        Reference.parse(text)
    assert caught.value.code == "RM401"
    assert str(caught.value).startswith("expected")
    assert len(str(caught.value)) < 400


def test_the_hint_guesses_what_was_meant(tmp_path: Path) -> None:
    with pytest.raises(RegistryError) as caught:
        Reference.parse("registry.ai/voice:1")
    assert caught.value.hint == "for a registry write `oci://registry.ai/voice:1`"
    with pytest.raises(RegistryError) as caught:
        Reference.parse(str(tmp_path))
    assert caught.value.hint == f"for an OCI layout directory write `oci-layout:{tmp_path}`"[:200]


def test_the_canonical_form_names_the_tag() -> None:
    assert Reference.parse("oci://r/a").canonical == Reference.parse("oci://r/a:latest").canonical
    assert Reference.parse("oci-layout:a").canonical == "oci-layout:a"


@pytest.mark.parametrize("text", ["x" * 300, "a/" * 2000, "x" * 300 + "/y"])
def test_a_name_that_no_file_can_have_is_no_reference(text: str) -> None:
    with pytest.raises(RegistryError) as caught:
        Reference.parse(text)
    assert caught.value.code == "RM401"
