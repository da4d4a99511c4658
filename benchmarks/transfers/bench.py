"""Where a measurement takes place: the package, a registry, and the programs that are there."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.transfers.processes import Cost, measured
from benchmarks.transfers.server import Server
from benchmarks.transfers.subject import Subject, our_command, our_environ


@dataclass(frozen=True)
class Bench:
    """Where everything is.

    Attributes:
        subject: the package.
        server: how the registry is run.
        host: where it runs.
        authority: the file of the registry's authority, if it speaks TLS.
        programs: other clients by name; None where one is not installed.
    """

    subject: Subject
    server: Server
    host: str
    authority: Path | None
    programs: Mapping[str, str | None]

    @property
    def place(self) -> Path:
        """The directory that everything is in."""
        return self.subject.place

    def ours(self, *arguments: object, home: str = "home") -> Cost:
        """Run a command of this project."""
        return measured(our_command(*arguments), our_environ(self.place / home), self.place)

    def with_registry(self, *arguments: object, home: str = "home") -> Cost:
        """Run a command of this project that speaks with the registry."""
        trusted = [] if self.authority is None else ["--ca-file", self.authority]
        return self.ours(*arguments, *trusted, home=home)

    def python(self, program: str) -> Cost:
        """Run a few lines of Python."""
        return measured([sys.executable, "-c", program], our_environ(self.place / "home"), self.place)

    def theirs(self, program: str, *arguments: object, where: Path | None = None) -> Cost:
        """Run another client, with a home directory and a place for its temporary files."""
        environ = {**os.environ, "HOME": str(self.place), "TMPDIR": str(self.place)}
        if self.authority is not None:
            environ["SSL_CERT_FILE"] = str(self.authority)
        return measured([self.programs[program] or program, *arguments], environ, where or self.place)

    def plain(self, *options: str) -> tuple[str, ...]:
        """The options that a client needs for plain http, if that is spoken."""
        return options if self.authority is None else ()

    def url(self, name: str) -> str:
        """A reference as the others write it."""
        return f"{self.host}/{name}:1"

    def empty(self, name: str) -> Path:
        """An empty directory."""
        path = self.place / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path


Step = Callable[[Bench, str], Cost]


@dataclass(frozen=True)
class Client:
    """A program that is measured.

    Attributes:
        name: how the table calls it.
        steps: what it does, by row of the table, in the order it is done; each gets the repository.
        program: its name in `scripts/foreign_tools.py`; None for what is always there.
        notes: what one should know of a figure, by row.
        prepare: what is done once, before all rounds.
        pulls_of: whose repository it uses, if not its own.
    """

    name: str
    steps: Mapping[str, Step]
    program: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Bench], object] | None = None
    pulls_of: str | None = None

    def is_there(self, bench: Bench) -> bool:
        """Whether it can be measured."""
        return self.program is None or bench.programs[self.program] is not None
