"""Pushes and pulls of the package by each client, as its manual tells to."""

from __future__ import annotations

import shutil
from dataclasses import replace

from benchmarks.transfers.bench import Bench, Client
from benchmarks.transfers.processes import Cost

ROWS = ("push", "pull", "unchanged push", "unchanged pull")


def our_push(bench: Bench, name: str) -> Cost:
    """Push the package's file."""
    return bench.with_registry("push", f"oci://{bench.url(name)}", bench.subject.file)


def our_pull(bench: Bench, name: str) -> Cost:
    """Pull into an empty cache; the signing key is known there."""
    shutil.rmtree(bench.place / "pulled", ignore_errors=True)
    shutil.copytree(bench.place / "home", bench.place / "pulled", ignore=shutil.ignore_patterns("blobs", "pipelines"))
    return our_unchanged_pull(bench, name)


def our_unchanged_push(bench: Bench, name: str) -> Cost:
    """Push what is there."""
    return our_push(bench, name)


def our_unchanged_pull(bench: Bench, name: str) -> Cost:
    """Pull what is in the cache."""
    return bench.with_registry("pull", f"oci://{bench.url(name)}", home="pulled")


def oras_push(bench: Bench, name: str) -> Cost:
    """Push the same files."""
    arguments = ("push", *bench.plain("--plain-http"), bench.url(name), *bench.subject.titled())
    return bench.theirs("oras", *arguments, where=bench.subject.layout)


def oras_pull(bench: Bench, name: str) -> Cost:
    """Pull them into an empty directory."""
    target = bench.empty("files")
    return bench.theirs("oras", "pull", *bench.plain("--plain-http"), bench.url(name), "--output", target)


def regctl_push(bench: Bench, name: str) -> Cost:
    """Copy the layout."""
    return _regctl_copy(bench, f"ocidir://{bench.subject.layout}:0.0.0", bench.url(name))


def regctl_pull(bench: Bench, name: str) -> Cost:
    """Copy into an empty layout."""
    return _regctl_copy(bench, bench.url(name), f"ocidir://{bench.empty('files')}:1")


def _regctl_copy(bench: Bench, source: str, target: str) -> Cost:
    tls = "disabled" if bench.authority is None else "enabled"
    return bench.theirs("regctl", "--host", f"reg={bench.host},tls={tls}", "image", "copy", source, target)


def crane_push(bench: Bench, name: str) -> Cost:
    """Push the layout; on this machine it tries plain http by itself."""
    return bench.theirs("crane", "push", bench.subject.single, bench.url(name))


def crane_pull(bench: Bench, name: str) -> Cost:
    """Pull into an empty layout."""
    return bench.theirs("crane", "pull", "--format=oci", bench.url(name), bench.empty("files"))


def skopeo_push(bench: Bench, name: str) -> Cost:
    """Copy the layout to a registry that it has never seen.

    It remembers which repository of a registry has a blob, and would have it mounted from there.
    """
    with bench.server.running() as host:
        elsewhere = replace(bench, host=host)
        plain = bench.plain("--dest-tls-verify=false")
        source = f"oci:{bench.subject.layout}:0.0.0"
        return bench.theirs("skopeo", "copy", *plain, source, f"docker://{elsewhere.url(name)}")


def skopeo_pull(bench: Bench, name: str) -> Cost:
    """Copy into an empty layout."""
    target, plain = bench.empty("files"), bench.plain("--src-tls-verify=false")
    return bench.theirs("skopeo", "copy", *plain, f"docker://{bench.url(name)}", f"oci:{target}:1")


def modctl_push(bench: Bench, name: str) -> Cost:
    """Push what was packed."""
    _modctl(bench, "tag", _packed(bench), bench.url(name))
    return _modctl(bench, "push", *bench.plain("--plain-http"), bench.url(name))


def modctl_pull(bench: Bench, name: str) -> Cost:
    """Pull into an empty storage."""
    bench.empty("files")
    return _modctl(bench, "pull", *bench.plain("--plain-http"), bench.url(name), storage="files")


def modctl_pack(bench: Bench, _: str = "") -> Cost:
    """Make a package of its kind, in an empty storage; digests that it remembers are forgotten."""
    bench.empty("packed")
    (bench.place / "modctl-cache.json").unlink(missing_ok=True)
    project = bench.subject.project
    return _modctl(bench, "build", "--target", _packed(bench), "--modelfile", project / "Modelfile", project)


def _packed(bench: Bench) -> str:
    return f"{bench.host}/packed:1"


def _modctl(bench: Bench, *arguments: object, storage: str = "packed") -> Cost:
    places = ("--storage-dir", bench.place / storage, "--log-dir", bench.place / "modctl-log")
    return bench.theirs("modctl", *places, "--no-progress", *arguments)


def imports(bench: Bench, _: str) -> Cost:
    """Start Python and import what a transfer imports, without doing anything."""
    return bench.python("import remotemedia.cli, remotemedia.runtime._push, remotemedia.runtime.resolve, urllib3")


OURS = {"push": our_push, "pull": our_pull, "unchanged push": our_unchanged_push, "unchanged pull": our_unchanged_pull}
# In the order they run: what was pushed is pulled.
CLIENTS = (
    Client("oras", {"push": oras_push, "pull": oras_pull}, "oras"),
    Client("ours", OURS),
    Client("regctl", {"push": regctl_push, "pull": regctl_pull}, "regctl"),
    Client("crane", {"push": crane_push, "pull": crane_pull}, "crane"),
    Client("skopeo", {"push": skopeo_push, "pull": skopeo_pull}, "skopeo", pulls_of="ours"),
    Client(
        "modctl",
        {"push": modctl_push, "pull": modctl_pull},
        "modctl",
        notes={"push": "a package of its kind, packed before"},
        prepare=modctl_pack,
    ),
    Client("imports", {"unchanged pull": imports}, notes={"unchanged pull": "starts Python, imports what a pull does"}),
)
