"""OCI image layouts: the directory and the tar."""

import io
import json
import tarfile
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remotemedia.errors import PackageError, RegistryError, RemoteMediaError
from remotemedia.registry import (
    Descriptor,
    LayoutDirectory,
    Manifest,
    PackageArchive,
    Source,
    bundles_of,
    copy,
    media_types,
    referrers_tag,
)
from remotemedia.trust import SIGNATURE_PREDICATE, Bundle
from tests.registry.samples import KEY, Package, make_package, signed_package, write_tar


def index_of(path: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((path / "index.json").read_bytes())["manifests"]
    return entries


def read_all(source: Source, package: Package) -> None:
    """Check that a source gives every byte of a package."""
    assert source.manifest(package.digest) == package.manifest
    for blob in Manifest.parse(package.manifest).blobs:
        assert b"".join(source.open_blob(blob)) == package.blobs[blob.digest]
    assert {one.digest for one in source.referrers(package.digest)} == {
        Manifest.parse(raw).descriptor.digest for raw in package.referrers
    }


def test_the_index_has_the_shape_that_every_tool_reads(tmp_path: Path, package: Package) -> None:
    package.write(tmp_path / "layout", "1.0")
    artifact, referrers = index_of(tmp_path / "layout")
    assert artifact == {
        "mediaType": media_types.MANIFEST,
        "digest": package.digest,
        "size": len(package.manifest),
        "artifactType": media_types.PACKAGE,
        "annotations": {media_types.REF_NAME: "1.0", media_types.KIND: media_types.KIND_IMAGE},
    }
    assert referrers["mediaType"] == media_types.INDEX
    assert referrers["annotations"] == {media_types.REF_NAME: referrers_tag(package.digest)}
    blob = tmp_path / "layout/blobs/sha256" / referrers["digest"].removeprefix("sha256:")
    listed = json.loads(blob.read_bytes())["manifests"]
    assert [entry["artifactType"] for entry in listed] == [media_types.BUNDLE] * 2
    assert {entry["annotations"][media_types.BUNDLE_CONTENT] for entry in listed} == {"dsse-envelope"}
    names = {path.name for path in (tmp_path / "layout").iterdir()}
    assert names == {"oci-layout", "index.json", "blobs"}


def test_only_the_newest_list_of_referrers_stays(tmp_path: Path, package: Package) -> None:
    package.write(tmp_path)
    blobs = len(package.blobs) + len(package.referrers) + 2  # the manifest, and one list
    assert len(list((tmp_path / "blobs/sha256").iterdir())) == blobs


def test_directory_and_archive_give_the_same(tmp_path: Path, package: Package) -> None:
    layout = package.write(tmp_path / "layout")
    with PackageArchive(package.pack(tmp_path / "x.rmpkg")) as archive:
        for source in (layout, archive):
            assert source.tags() == ["1.0"]
            for part in ("1.0", package.digest, None):
                assert source.resolve(part).digest == package.digest
            read_all(source, package)


def test_an_unsigned_package_has_one_entry(tmp_path: Path) -> None:
    package = make_package()
    package.write(tmp_path)
    assert len(index_of(tmp_path)) == 1
    assert LayoutDirectory(tmp_path).referrers(package.digest) == []


def test_referrers_can_be_asked_for_by_type(tmp_path: Path, package: Package) -> None:
    layout = package.write(tmp_path)
    assert len(layout.referrers(package.digest, media_types.BUNDLE)) == 2
    assert layout.referrers(package.digest, "application/spdx+json") == []


def test_referrers_in_the_index_itself_are_found(tmp_path: Path, package: Package) -> None:
    """As `oras copy --recursive` leaves them."""
    layout = package.write(tmp_path)
    document = json.loads((tmp_path / "index.json").read_bytes())
    document["manifests"] = [
        document["manifests"][0],
        *(Manifest.parse(raw).descriptor.to_json() for raw in package.referrers),
    ]
    (tmp_path / "index.json").write_text(json.dumps(document))
    read_all(layout, package)
    assert layout.resolve(None).digest == package.digest


def test_a_tag_moves_and_the_older_package_stays_by_its_digest(tmp_path: Path) -> None:
    old, new = signed_package("1"), signed_package("2")
    layout = old.write(tmp_path, "latest")
    new.write(tmp_path, "latest")
    assert layout.resolve("latest").digest == new.digest
    assert layout.resolve(None).digest == new.digest
    assert layout.resolve(old.digest).digest == old.digest
    assert layout.tags() == ["latest"]
    read_all(layout, old)
    read_all(layout, new)


def test_one_package_may_have_several_tags(tmp_path: Path, package: Package) -> None:
    layout = package.write(tmp_path, "1.0")
    layout.put_manifest(package.manifest, "latest")
    layout.put_manifest(package.manifest, "latest")
    layout.put_manifest(package.manifest)
    assert layout.tags() == ["1.0", "latest"]
    assert len(index_of(tmp_path)) == 3
    assert layout.resolve(None).digest == package.digest


def test_referrers_are_added_once_and_replaced(tmp_path: Path) -> None:
    package = signed_package()
    layout = package.write(tmp_path)
    layout.add_referrer(package.referrers[0])
    assert len(layout.referrers(package.digest)) == 2
    layout.replace_referrers(package.digest, package.referrers[1:])
    assert [one.digest for one in layout.referrers(package.digest)] == [
        Manifest.parse(package.referrers[1]).descriptor.digest
    ]
    layout.replace_referrers(package.digest, [])
    assert len(index_of(tmp_path)) == 1


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    packages = [make_package(str(number), 10) for number in range(8)]
    threads = [threading.Thread(target=one.write, args=(tmp_path, f"v{place}")) for place, one in enumerate(packages)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert LayoutDirectory(tmp_path).tags() == [f"v{number}" for number in range(8)]


def test_bundles_are_found(tmp_path: Path, package: Package) -> None:
    bundles = [Bundle.parse(data) for data in bundles_of(package.write(tmp_path), package.digest)]
    assert {bundle.signer for bundle in bundles} == {KEY.public.hint}
    assert SIGNATURE_PREDICATE in {bundle.statement.predicate_type for bundle in bundles}


def test_copy_from_an_archive_to_a_directory_and_on(tmp_path: Path, package: Package) -> None:
    first, second = LayoutDirectory(tmp_path / "a"), LayoutDirectory(tmp_path / "b")
    with PackageArchive(package.pack(tmp_path / "x.rmpkg")) as archive:
        copy(archive, first, archive.resolve(None), tag="2.0")
    copy(first, second, first.resolve("2.0"))
    read_all(second, package)
    assert second.tags() == []


def test_a_changed_blob_is_refused_and_not_copied(tmp_path: Path, package: Package) -> None:
    layout = package.write(tmp_path / "a")
    path = tmp_path / "a/blobs/sha256" / package.model.digest.removeprefix("sha256:")
    path.write_bytes(b"X" + path.read_bytes()[1:])
    target = LayoutDirectory(tmp_path / "b")
    with pytest.raises(PackageError) as caught:
        copy(layout, target, layout.resolve("1.0"))
    assert caught.value.code == "RM302"
    assert not target.has_blob(package.model)
    assert target.tags() == []
    assert not list((tmp_path / "b/blobs/sha256").glob(".*"))


@pytest.mark.parametrize("data", [b"", b"short", b"x" * (3 << 20)])
def test_a_blob_of_another_size_is_refused(tmp_path: Path, package: Package, data: bytes) -> None:
    layout = package.write(tmp_path)
    path = tmp_path / "blobs/sha256" / package.model.digest.removeprefix("sha256:")
    path.chmod(0o644)
    path.write_bytes(data)
    with pytest.raises(PackageError) as caught:
        b"".join(layout.open_blob(package.model))
    assert caught.value.code == "RM302"


def test_a_changed_manifest_is_refused(tmp_path: Path, package: Package) -> None:
    layout = package.write(tmp_path)
    path = tmp_path / "blobs/sha256" / package.digest.removeprefix("sha256:")
    path.write_bytes(package.manifest + b" ")
    with pytest.raises(PackageError) as caught:
        layout.manifest(package.digest)
    assert caught.value.code == "RM302"


def test_a_tag_that_is_not_there_names_those_that_are(tmp_path: Path, package: Package) -> None:
    with pytest.raises(RegistryError) as caught:
        package.write(tmp_path).resolve("2.0")
    assert caught.value.code == "RM402"
    assert "`1.0`" in str(caught.value)


NO_LAYOUTS = {
    "nothing": {},
    "no index": {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'},
    "other version": {"oci-layout": b'{"imageLayoutVersion":"2.0.0"}', "index.json": b'{"manifests":[]}'},
    "index not JSON": {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": b"{"},
    "index no list": {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": b'{"manifests":{}}'},
    "escaping digest": {
        "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
        "index.json": b'{"manifests":[{"mediaType":"x","size":1,"digest":"sha256:../../../etc/passwd"}]}',
    },
    "index too large": {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": b" " * (5 << 20)},
}


@pytest.mark.parametrize("name", NO_LAYOUTS)
def test_what_is_no_layout_is_refused(tmp_path: Path, name: str) -> None:
    for file, data in NO_LAYOUTS[name].items():
        (tmp_path / file).write_bytes(data)
    with pytest.raises(PackageError) as caught:
        LayoutDirectory(tmp_path).resolve(None)
    assert caught.value.code == "RM301"


# Archives


def refused(path: Path) -> str:
    with pytest.raises(RemoteMediaError) as caught, PackageArchive(path) as archive:
        archive.resolve(None)
    return caught.value.code


@pytest.mark.parametrize("data", [b"", b"text", b"\0" * 10240, b"\x1f\x8b" + b"x" * 600])
def test_what_is_no_tar_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.rmpkg").write_bytes(data)
    assert refused(tmp_path / "x.rmpkg") == "RM301"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "x.rmpkg") == "RM319"


def test_what_is_there_instead_of_a_missing_file_is_told(tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.rmpkg").touch()
    with pytest.raises(PackageError) as caught:
        PackageArchive(tmp_path / "x.rmpkg")
    assert str(caught.value.hint) == "here are " + ", ".join(f"`{tmp_path / name}.rmpkg`" for name in "abc")


def test_a_missing_directory_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(PackageError) as caught:
        LayoutDirectory(tmp_path / "nothere").resolve("1")
    assert caught.value.code == "RM319"
    assert "no such directory" in str(caught.value)


def test_a_tar_without_a_layout_is_refused(tmp_path: Path) -> None:
    write_tar(tmp_path / "x.rmpkg", [("oci-layout", b"{}")])
    assert refused(tmp_path / "x.rmpkg") == "RM301"


BLOB = "blobs/sha256/" + "ab" * 32
HOSTILE_NAMES = ["/etc/passwd", "../x", "models/../../x", "./index.json", "models//x", "a\\b", "a\nb", "x" * 5000]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_names_that_escape_are_refused(tmp_path: Path, package: Package, name: str) -> None:
    blob = next(name for name, content in package.members() if name.startswith("blobs/"))
    write_tar(tmp_path / "x.rmpkg", [*package.members(), (name, blob)])
    assert refused(tmp_path / "x.rmpkg") == "RM304"


@pytest.mark.parametrize(
    "member",
    [
        ("manifest.json", "/etc/passwd"),
        ("modules/x", "manifest.json"),
        ("modules/x", "../x"),
        ("modules/x", BLOB),
        (BLOB, "index.json"),
        ("modules/x", b"a plain file, no blob"),
        ("blobs/sha256/short", b""),
        ("index.json", b"{}"),
    ],
    ids=["outside", "link to link", "escaping", "not there", "blob as link", "plain file", "blob name", "twice"],
)
def test_unsafe_entries_are_refused(tmp_path: Path, package: Package, member: tuple[str, bytes | str]) -> None:
    write_tar(tmp_path / "x.rmpkg", [*package.members(), member])
    assert refused(tmp_path / "x.rmpkg") == "RM304"


def test_a_link_before_its_blob_is_refused(tmp_path: Path, package: Package) -> None:
    links = [member for member in package.members() if isinstance(member[1], str)]
    files = [member for member in package.members() if isinstance(member[1], bytes)]
    write_tar(tmp_path / "x.rmpkg", [*files[:2], *links, *files[2:]])
    assert refused(tmp_path / "x.rmpkg") == "RM304"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE])
def test_special_entries_are_refused(tmp_path: Path, package: Package, kind: bytes) -> None:
    path = package.pack(tmp_path / "x.rmpkg")
    with tarfile.open(path, "a") as archive:
        info = tarfile.TarInfo("models/x")
        info.type, info.linkname = kind, BLOB
        archive.addfile(info)
    assert refused(path) == "RM304"


def test_directories_are_tolerated(tmp_path: Path, package: Package) -> None:
    path = tmp_path / "x.rmpkg"
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("blobs")
        info.type = tarfile.DIRTYPE
        archive.addfile(info)
        for name, content in package.members():
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.LNKTYPE, content
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    with PackageArchive(path) as archive_source:
        read_all(archive_source, package)


def test_a_record_that_claims_gigabytes_is_not_read(tmp_path: Path) -> None:
    """A PAX header of 7 GiB in a sparse file."""
    path = tmp_path / "x.rmpkg"
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 7 << 30
    with path.open("wb") as file:
        file.write(info.tobuf(tarfile.USTAR_FORMAT))
        file.truncate(8 << 30)
    assert refused(path) == "RM304"


@pytest.mark.parametrize("size", [512, 4000, 20_000, 1 << 20])
def test_a_package_that_is_cut_off_is_refused(tmp_path: Path, package: Package, size: int) -> None:
    path = package.pack(tmp_path / "x.rmpkg")
    path.write_bytes(path.read_bytes()[:size])
    assert refused(path) in {"RM301", "RM302"}


def test_a_plain_tree_that_shows_something_else_is_refused(tmp_path: Path, package: Package) -> None:
    other = next(content for name, content in package.members() if name == "modules/speech.pynode")
    members = [(name, other if name == "manifest.json" else content) for name, content in package.members()]
    place = [name for name, _ in members].index("manifest.json")
    write_tar(tmp_path / "x.rmpkg", [*members[:place], *members[place + 1 :], members[place]])
    assert refused(tmp_path / "x.rmpkg") == "RM303"


SMALL = make_package(model_size=300)
SMALL.sign()


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 40_000), flip=st.integers(1, 255))
def test_a_changed_byte_of_an_archive_is_refused_or_does_not_matter(tmp_path: Path, position: int, flip: int) -> None:
    data = bytearray(SMALL.pack(tmp_path / "x.rmpkg").read_bytes())
    data[position % len(data)] ^= flip
    (tmp_path / "y.rmpkg").write_bytes(data)
    try:
        with PackageArchive(tmp_path / "y.rmpkg") as archive:
            assert archive.resolve(SMALL.digest).digest == SMALL.digest
            for blob in Manifest.parse(archive.manifest(SMALL.digest)).blobs:
                assert b"".join(archive.open_blob(blob)) == SMALL.blobs[blob.digest]
            bundles_of(archive, SMALL.digest)
    except (PackageError, RegistryError) as error:
        assert error.code in {"RM301", "RM302", "RM303", "RM304", "RM402"}  # noqa: PT017 - either outcome is right


def test_names_may_be_of_any_language_and_length(tmp_path: Path) -> None:
    package = make_package()
    name = "models/" + "modèle de langue 音声 \u00a0" * 20
    blob = f"blobs/sha256/{package.model.digest.removeprefix('sha256:')}"
    write_tar(tmp_path / "x.rmpkg", [*package.members(), (name, blob)])
    with PackageArchive(tmp_path / "x.rmpkg") as archive:
        read_all(archive, package)


def test_two_blobs_are_read_in_turn(tmp_path: Path, package: Package) -> None:
    config = Manifest.parse(package.manifest).config
    with PackageArchive(package.pack(tmp_path / "x.rmpkg")) as archive:
        chunks = archive.open_blob(package.model)
        first = next(chunks)
        assert b"".join(archive.open_blob(config)) == package.blobs[config.digest]
        assert first + b"".join(chunks) == package.blobs[package.model.digest]


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"mediaType": "x", "digest": "sha256:12", "size": 1},
        {"mediaType": "x", "digest": "sha256:" + "ab" * 32, "size": -1},
        {"mediaType": "x", "digest": "sha256:" + "ab" * 32, "size": True},
        {"mediaType": "x", "digest": "sha256:" + "ab" * 32, "size": 1.0},
        {"mediaType": 1, "digest": "sha256:" + "ab" * 32, "size": 1},
        {"mediaType": "x", "digest": "sha256:" + "ab" * 32, "size": 1, "annotations": {"a": 1}},
    ],
)
def test_malformed_descriptors_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        Descriptor.from_json(value)


def test_a_layout_below_a_file_is_refused(tmp_path: Path, package: Package) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RegistryError, match="Not a directory") as caught:
        package.write(tmp_path / "file/layout")
    assert caught.value.code == "RM408"


def test_a_list_that_is_replaced_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    package = signed_package()
    layout = package.write(tmp_path)

    class Late(LayoutDirectory):
        """Reads the index, and then a writer replaces the list that it names."""

        replacements = [package.referrers[:1], package.referrers]  # noqa: RUF012 - of one test

        def _raw_index(self) -> list[dict[str, Any]]:
            entries = super()._raw_index()
            if self.replacements:
                layout.replace_referrers(package.digest, self.replacements.pop())
            return entries

    layout.replace_referrers(package.digest, [])
    layout.replace_referrers(package.digest, package.referrers[1:])
    assert len(Late(tmp_path).referrers(package.digest)) == 1
