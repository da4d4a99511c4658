"""What `verify` costs beside hashing: whole processes, against OpenSSL hashing the same bytes.

A package of one model of random bytes, signed by a key, lies in a file, in an OCI layout directory and in the cache.
In turn, with the pages of all files in memory, OpenSSL hashes the file, and `verify` judges the signatures and hashes
every blob in each of the three places, and of a package that is next to nothing, which shows what is not hashing.
Medians are quoted; "beyond" is the median of the differences to OpenSSL in the same turn: what a user waits for apart
from the hash. `benchmarks/registry.py` has cosign beside it.

    python benchmarks/verify.py [MIB] [ROUNDS]
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.large_model import REMOTEMEDIA, environment, run, timed, write_project

HASHING = "openssl dgst -sha256"
SMALL = "verify, a small package"


def main() -> None:
    """Measure and print."""
    mib, rounds = (int(word) for word in (*sys.argv[1:], "1024", "9")[:2])
    with tempfile.TemporaryDirectory(prefix="remotemedia-bench-", dir=os.environ.get("BENCH_DIR")) as place:
        sides = sides_in(Path(place), mib << 20)
        turns = [{name: timed(work) for name, work in sides.items()} for _ in range(rounds + 1)][1:]
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {mib} MiB, {rounds} rounds, whole processes\n")
    print(f"{'':<28}{'wall s':>9}{'beyond':>9}{'CPU s':>9}{'beyond':>9}")
    for name in sides:
        shown = "".join(f"{_median(turns, name, at)}{_beyond(turns, name, at)}" for at in (0, 1))
        print(f"{name:<28}{shown}")


def sides_in(place: Path, size: int) -> Mapping[str, Callable[[], object]]:
    """Put a package into its places; what is measured, by name."""
    environ = environment(place / "home")

    def remotemedia(*words: object) -> bytes:
        return run(REMOTEMEDIA, *words, env=environ)

    def built(name: str, size: int) -> tuple[Path, str]:
        report = json.loads(remotemedia("build", write_project(place / name, size), "-o", place, "--json"))
        return Path(report["path"]), report["digest"]

    package, digest = built("large", size)
    small, _ = built("small", 1 << 10)
    layout = place / "layout"
    remotemedia("push", f"oci-layout:{layout}:1", package)
    shutil.copytree(layout, place / "home" / "pipelines" / digest.removeprefix("sha256:"))  # as a pull leaves it
    return {
        HASHING: lambda: run("openssl", "dgst", "-sha256", package),
        "verify, a file": lambda: remotemedia("verify", package),
        "verify, a layout directory": lambda: remotemedia("verify", f"oci-layout:{layout}:1"),
        "verify, the cache": lambda: remotemedia("verify", digest),
        SMALL: lambda: remotemedia("verify", small),
    }


def _median(turns: list[dict[str, tuple[float, float]]], name: str, at: int) -> str:
    return f"{statistics.median(turn[name][at] for turn in turns):9.3f}"


def _beyond(turns: list[dict[str, tuple[float, float]]], name: str, at: int) -> str:
    if name in {HASHING, SMALL}:
        return " " * 9
    return f"{statistics.median(turn[name][at] - turn[HASHING][at] for turn in turns):9.3f}"


if __name__ == "__main__":
    main()
