"""What must not become part of a package: files that `.rmignore` excludes, and what looks like a secret.

A package is for everyone who can pull it. Names are those under which tools keep credentials; contents, of sources
too, are looked at for private keys and for tokens that tell by their first characters whose they are.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Final

from remotemedia.compiler import Ignored, Program
from remotemedia.errors import PackageError

_NAMES: Final = (
    ".env",
    ".env.*",
    ".netrc",
    "_netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".git-credentials",
    ".htpasswd",
    "credentials",
    "credentials.json",
    "service-account*.json",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keystore",
    "*.kdbx",
    "*.ppk",
    "cosign.key",
)
_TEMPLATES: Final = (".env.example", ".env.sample", ".env.template")
_CONFIGS: Final = frozenset({".docker/config.json", ".kube/config", ".aws/config", ".cargo/credentials.toml"})

_CONTENT: Final = re.compile(
    rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----\s*[\r\n]"  # RFC 7468, and the forms before it
    rb"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # AWS
    rb"|\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{22,}"  # GitHub
    rb"|\bglpat-[\w-]{20,}"  # GitLab
    rb"|\bhf_[A-Za-z0-9]{30,}"  # Hugging Face
    rb"|\bxox[abprs]-[A-Za-z0-9-]{20,}"  # Slack
    rb"|\bAIza[\w-]{35}\b"  # Google
    rb"|\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}"  # Anthropic, OpenAI
)
_LOOKED_AT: Final = 256 << 10
"""Bytes at the beginning of a file; what is text and holds a secret is seldom longer."""


def screen(program: Program) -> None:
    """Refuse what must not become part of a package.

    Raises:
        PackageError: a file looks like a secret, or a source contains one (RM309); a file is named by the program and
            excluded (RM310).
    """
    ignored = Ignored(program.root)
    for module in program.modules:
        found = None if ignored.admits(module.path) else _token(module.text.encode()[:_LOOKED_AT])
        if found is not None:
            raise PackageError(
                f"`{module.path}` is packed and has a secret: {found}",
                code="RM309",
                hint=f"give secrets when the package is run (`p.secret`), or admit it with a line `!/{module.path}` "
                "in `.rmignore`",
                path=module.path,
            )
    for path, is_named in _packed(program):
        line = ignored.excluding_line(path)
        if line is not None and is_named:
            raise PackageError(
                f"the program names `{path}`, which the line `{line}` of `.rmignore` excludes",
                code="RM310",
                hint="take the line out, or do not name the file",
                path=path,
            )
        why = None if ignored.admits(path) else _secret(program.root / path, path)
        if why is not None:
            raise PackageError(
                f"`{path}` looks like a secret: {why}",
                code="RM309",
                hint=f"leave it out with a line `/{path}` in `.rmignore`, give secrets when the package is run "
                f"(`p.secret`), or admit it with a line `!/{path}`",
                path=path,
            )


def _packed(program: Program) -> Iterator[tuple[str, bool]]:
    """Every file that is no source, and whether the program names it as a value."""
    for file in program.files:
        if file.kind != "input":
            yield file.path, True
    for file in program.resources:
        yield file.path, False


def _secret(file: Path, path: str) -> str | None:
    """Why a file looks like one, a clause; None if it does not."""
    name = PurePosixPath(path).name.lower()
    if name not in _TEMPLATES and any(fnmatchcase(name, pattern) for pattern in _NAMES):
        return "of its name"
    if any(f"/{path}".endswith(f"/{config}") for config in _CONFIGS):
        return "of its name"
    try:
        with file.open("rb") as stream:
            head = stream.read(_LOOKED_AT)
    except OSError:  # the packer says so
        return None
    return None if b"\0" in head[:1024] else _token(head)


def _token(head: bytes) -> str | None:
    """The beginning of the first key or token in a text, as a clause; None if there is none."""
    found = _CONTENT.search(head)
    return None if found is None else f"it contains `{found[0][:12].decode('ascii', 'replace').strip()}…`"
