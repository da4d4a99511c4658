"""The whole way of a pipeline, on recorded speech: build, sign, push, pull, verify, run; then two attacks that fail.

`make demo` runs it. Everything happens in a temporary directory and against a registry on the loopback interface.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PIPELINE = REPOSITORY / "examples" / "speech_segments" / "pipeline.py"
SPEECH = REPOSITORY / "testdata" / "speech"
REMOTEMEDIA = Path(sysconfig.get_path("scripts")) / "remotemedia"

sys.path.insert(0, str(REPOSITORY))
from tests.simulators.registry import RegistrySimulator  # noqa: E402  (found beside this file's parent)

BOLD, DIM, RED, PLAIN = ("\033[1m", "\033[2m", "\033[31m", "\033[0m") if sys.stdout.isatty() else ("", "", "", "")


class Person:
    """Somebody with a home directory of their own, in development or in production."""

    def __init__(self, home: Path, mode: str) -> None:
        """Nothing is made before the first command."""
        self.environ = {**os.environ, "REMOTEMEDIA_HOME": str(home), "REMOTEMEDIA_ENV": mode}

    def types(self, *words: object, shown: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a `remotemedia` command as this person."""
        arguments = [str(word) for word in words]
        if shown:
            print(f"{BOLD}$ remotemedia {' '.join(map(short, arguments))}{PLAIN}")
        command = [str(REMOTEMEDIA), *arguments]
        return subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False)


def short(word: str) -> str:
    """A path as its last part, for the eye."""
    return Path(word).name if word.startswith("/") else word


def must(done: subprocess.CompletedProcess[str]) -> str:
    """The output of a command that has to succeed."""
    if done.returncode:
        raise SystemExit(f"{done.stdout}{done.stderr}\nexpected success, got exit status {done.returncode}")
    return done.stdout


def refused(done: subprocess.CompletedProcess[str], code: str) -> None:
    """Show the refusal of a command that has to be refused with this code."""
    if done.returncode != 3 or f"error[{code}]" not in done.stderr:  # noqa: PLR2004  (exit status of a refusal)
        raise SystemExit(f"{done.stdout}{done.stderr}\nexpected {code} and exit status 3, got {done.returncode}")
    print(f"{RED}{done.stderr.rstrip()}{PLAIN}\n{DIM}  exit status {done.returncode}{PLAIN}")


def step(title: str) -> None:
    """Begin a step."""
    print(f"\n{BOLD}── {title}{PLAIN}")


def main() -> None:
    """Walk the way."""
    with tempfile.TemporaryDirectory(prefix="remotemedia-demo-") as place, RegistrySimulator() as registry:
        walk(Path(place), f"oci://{registry.host}/demo/speech_segments:1.0")
    print(f"\n{BOLD}Done.{PLAIN} The pipeline is examples/speech_segments/pipeline.py; `make test` runs the tests.")


def walk(place: Path, reference: str) -> None:
    """All steps, in order."""
    author, operator = Person(place / "author", "development"), Person(place / "operator", "production")
    times: list[tuple[str, float]] = []

    def timed(name: str, person: Person, *words: object) -> str:
        started = time.perf_counter()
        out = must(person.types(*words))
        times.append((name, time.perf_counter() - started))
        return out

    step("The author builds: the program is analysed, never run, and signed with a key made on first use")
    built = json.loads(timed("build and sign", author, "build", PIPELINE, "-o", place, "--json"))
    package = Path(built["path"])
    print(f"  {package.name}  {package.stat().st_size / 1e6:.1f} MB  {built['digest']}")
    with tarfile.open(package) as archive:
        print("".join(f"    {entry.name}\n" for entry in archive if entry.islnk()), end="")

    step("… and pushes it to a registry")
    print(timed("push", author, "push", reference, package).rstrip())

    step("The operator, in production, trusts the author's public key and pulls")
    key = place / "author.pub"
    key.write_text(must(author.types("keys", "export", "--public")))
    must(operator.types("keys", "trust", key))
    print(timed("pull and verify", operator, "pull", reference).rstrip())

    step("… and runs it: Rust engine, ONNX model, the author's Python class in a WebAssembly sandbox")
    transcripts = dict(line.split("\t") for line in (SPEECH / "transcripts.tsv").read_text().splitlines()[1:])
    for sound, said in transcripts.items():
        out = timed(f"run {sound}", operator, "run", reference, "--input", SPEECH / sound, "--offline")
        print(f"{out.rstrip()}\n{DIM}  “{said}”{PLAIN}")

    step("Where the time went")
    for name, seconds in times:
        print(f"  {name:<24}{seconds:6.2f} s")

    step("A package with one byte changed is refused")
    refused(operator.types("run", tampered(package), "--input", SPEECH / "sense_0880.wav"), "RM302")

    step("So is one that somebody else signed")
    stranger = Person(place / "stranger", "development")
    foreign = json.loads(must(stranger.types("build", PIPELINE, "-o", place / "foreign", "--json", shown=False)))
    refused(operator.types("run", foreign["path"], "--input", SPEECH / "sense_0880.wav"), "RM502")


def tampered(package: Path) -> Path:
    """A copy in which one byte of the model is another."""
    copy = package.with_name("tampered.rmpkg")
    shutil.copyfile(package, copy)
    with tarfile.open(package) as archive:
        largest = max(archive, key=lambda entry: entry.size)
    with copy.open("r+b") as file:
        file.seek(largest.offset_data + largest.size // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    return copy


if __name__ == "__main__":
    main()
