"""What `make bench-registry` prints: a large package pushed, pulled and verified, beside those who do the like.

    python benchmarks/registry.py [http] [tls] [pack] [verify]

A package with a model of random bytes goes to a registry (distribution 3.1) on this machine and back, by every client
in turn, round by round, each time into a repository and a directory of its own. Pulls of ours are verified; the others
look at no signature. `pack` and `verify` set building and verifying beside modctl and cosign.

Medians are quoted: wall and processor time of the client alone, its memory, and the ratios to the table's first client
in the same round. Where a client is not installed (`scripts/foreign_tools.py`) its row says so. ROUNDS and MIB (of the
model) can be set; TMPDIR says where it all is, and `/dev/shm` keeps the disk out of the figures: eight times the model
have to fit.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
ROUNDS = int(os.environ.get("ROUNDS", "5"))
MIB = int(os.environ.get("MIB", "1024"))

sys.path.insert(0, str(REPOSITORY))
from benchmarks.transfers import clients, packers, subject, verifiers  # noqa: E402 - found beside this file's parent
from benchmarks.transfers.bench import Bench  # noqa: E402
from benchmarks.transfers.processes import median  # noqa: E402
from benchmarks.transfers.server import Server  # noqa: E402
from benchmarks.transfers.table import Comparison, Costs  # noqa: E402
from tests.simulators.authority import Authority  # noqa: E402

UNCHANGED = {"unchanged push": "≤ 0.3 s", "unchanged pull": "≤ 0.3 s"}
HTTP_GOALS = {"push": "wall ≤ 0.75 x, CPU ≤ 0.6 x oras", "pull": "wall ≤ 0.95 x oras", **UNCHANGED}
TLS_GOALS = {"push": "wall ≤ 0.75 x oras", "pull": "wall ≤ 0.75 x oras", **UNCHANGED}
COMPARISONS = {
    "http": Comparison(clients.ROWS, clients.CLIENTS, "oras", HTTP_GOALS),
    "tls": Comparison(clients.ROWS, clients.CLIENTS, "oras", TLS_GOALS),
    "pack": Comparison(packers.ROWS, packers.PACKERS, "modctl", {}),
    "verify": Comparison(verifiers.ROWS, verifiers.VERIFIERS, "cosign", {}),
}


def beyond_imports(costs: Costs) -> str:
    """The memory that transfers of ours take."""
    most = max(median(costs[row, "ours"], "memory") for row in ("push", "pull"))
    rest = most - median(costs["unchanged pull", "imports"], "memory")
    return f"memory of ours beyond imports: {rest:.0f} MiB   ≤ 60 MiB"


def beyond_hashing(costs: Costs) -> str:
    """The time that verifying of ours takes."""
    ours, hashing, imports = (median(costs["cached", it], "wall") for it in ("ours", "openssl", "imports"))
    return f"cached, ours beyond imports and hashing: {(ours - hashing - imports) * 1e3:.0f} ms   ≤ 50 ms"


REMARKS = {"http": beyond_imports, "tls": beyond_imports, "verify": beyond_hashing}


def installed() -> Mapping[str, str | None]:
    """The clients that are here."""
    installer = [sys.executable, str(REPOSITORY / "scripts" / "foreign_tools.py"), "--paths"]
    programs = json.loads(subprocess.run(installer, check=True, stdout=subprocess.PIPE).stdout)
    if programs["registry"] is None:
        raise SystemExit("expected `registry`: `python scripts/foreign_tools.py registry` installs it")
    return {**programs, "openssl": shutil.which("openssl")}


def main() -> None:
    """Measure what is asked for, or everything."""
    if unknown := set(sys.argv[1:]) - set(COMPARISONS):
        raise SystemExit(f"expected {', '.join(COMPARISONS)}, got {', '.join(sorted(unknown))}")
    programs = installed()
    version = Path(str(programs["registry"])).parent.name.rpartition("-")[2]
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, registry {version}", end=", ")
    print(f"{ROUNDS} rounds, a model of {MIB} MiB\n")
    with tempfile.TemporaryDirectory(prefix="remotemedia-bench-") as name:
        place = Path(name)
        package = subject.make(place, MIB)
        authority = Authority(place)
        for what in sys.argv[1:] or COMPARISONS:
            certificate = authority.issue("127.0.0.1") if what == "tls" else None
            server = Server(place, str(programs["registry"]), certificate)
            print(what)
            with server.running() as host:
                bench = Bench(package, server, host, authority.file if certificate else None, programs)
                costs = COMPARISONS[what].measure(bench, ROUNDS)
            COMPARISONS[what].show(costs)
            if what in REMARKS:
                print(REMARKS[what](costs))
            print(flush=True)


if __name__ == "__main__":
    main()
