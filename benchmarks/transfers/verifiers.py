"""Verifying of the package by us and by cosign."""

from __future__ import annotations

from benchmarks.transfers.bench import Bench, Client
from benchmarks.transfers.clients import our_pull, our_push
from benchmarks.transfers.processes import Cost

ROWS = ("file", "cached", "registry")
# Pushed and pulled once, before what is measured.
REPOSITORY = "verified"


def our_file(bench: Bench, _: str) -> Cost:
    """Verify the package's file."""
    return bench.ours("verify", bench.subject.file)


def our_cached(bench: Bench, _: str) -> Cost:
    """Verify what is in the cache, with the signatures that it was pulled with."""
    return bench.ours("verify", "--offline", f"oci://{bench.url(REPOSITORY)}", home="pulled")


def our_registry(bench: Bench, _: str) -> Cost:
    """Verify what is in the cache, with what the registry now says of tag and signatures."""
    return bench.with_registry("verify", f"oci://{bench.url(REPOSITORY)}", home="pulled")


def push_and_pull(bench: Bench) -> None:
    """Have the package in the registry and in a cache."""
    our_push(bench, REPOSITORY)
    our_pull(bench, REPOSITORY)


def cosign_local(bench: Bench, _: str) -> Cost:
    """Verify the package's layout."""
    return _cosign(bench, "--local-image", bench.subject.layout)


def cosign_registry(bench: Bench, _: str) -> Cost:
    """Verify in the registry."""
    return _cosign(bench, *bench.plain("--allow-http-registry"), bench.url(REPOSITORY))


def _cosign(bench: Bench, *arguments: object) -> Cost:
    offline = ("--key", bench.subject.public_key, "--insecure-ignore-tlog=true")
    return bench.theirs("cosign", "verify", *offline, *arguments)


def openssl_hash(bench: Bench, _: str) -> Cost:
    """Hash the model."""
    return bench.theirs("openssl", "dgst", "-sha256", bench.subject.model)


def imports(bench: Bench, _: str) -> Cost:
    """Start Python and import what verifying imports, without doing anything."""
    return bench.python("import remotemedia.cli, remotemedia.runtime._trust, remotemedia.runtime.resolve, typer")


VERIFIERS = (
    Client(
        "cosign",
        {"file": cosign_local, "registry": cosign_registry},
        "cosign",
        notes={"file": "a layout; compares no layer with its digest", "registry": "reads no layer"},
    ),
    Client("ours", {"file": our_file, "cached": our_cached, "registry": our_registry}, prepare=push_and_pull),
    Client("openssl", {"cached": openssl_hash}, "openssl", notes={"cached": "hashes the model, nothing else"}),
    Client("imports", {"cached": imports}, notes={"cached": "starts Python, imports what `verify` does"}),
)
