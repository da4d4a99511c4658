"""An organisation's own certificate authority and clock, as cosign and npm are told of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from remotemedia.trust import CertificateSigner, SigningKey
from tests.full.tools import Tools
from tests.simulators.pki import Authority
from tests.simulators.tsa import TimestampAuthority

IDENTITY = "ci@example.test"


@dataclass(frozen=True)
class Organisation:
    """Certifies signers and proves times; files of its certificates are in `directory`.

    Attributes:
        issuing: the authority that certifies signers, below a root.
        clock: the timestamp authority.
        directory: has `chain.pem`, `clock.pem` and, for cosign and npm, `roots.json`.
    """

    issuing: Authority
    clock: TimestampAuthority
    directory: Path

    @classmethod
    def found(cls, directory: Path, tools: Tools) -> Organisation:
        """Make one, and have cosign write `roots.json`."""
        root = Authority("root")
        issuing, clock = root.authority("issuing", path_length=0), TimestampAuthority()
        (directory / "chain.pem").write_bytes(issuing.pem + root.pem)
        (directory / "clock.pem").write_bytes(clock.certificate.public_bytes(Encoding.PEM) + clock.root_pem)
        none = ["--no-default-fulcio", "--no-default-rekor", "--no-default-ctfe", "--no-default-tsa"]
        people = f"url=https://ca.test,certificate-chain={directory / 'chain.pem'},start-time=2020-01-01T00:00:00Z"
        times = f"url=https://clock.test,certificate-chain={directory / 'clock.pem'},start-time=2016-01-01T00:00:00Z"
        options = [*none, f"--fulcio={people}", f"--tsa={times}", "--out", directory / "roots.json"]
        tools.run("cosign", "trusted-root", "create", *options)
        return cls(issuing, clock, directory)

    def signer(self, key: SigningKey) -> CertificateSigner:
        """Make a signer whose certificate was valid for two days, a month ago."""
        now = datetime.now(UTC)
        span = (now - timedelta(days=31), now - timedelta(days=29))
        return self.issuing.signer(IDENTITY, valid=span, key=key)

    @property
    def for_cosign(self) -> list[str | Path]:
        """What makes cosign verify with the organisation's roots alone."""
        who = ["--certificate-identity", IDENTITY, "--certificate-oidc-issuer-regexp", ".*"]
        unlogged = ["--insecure-ignore-sct=true", "--insecure-ignore-tlog=true", "--use-signed-timestamps"]
        return ["--trusted-root", self.directory / "roots.json", *who, *unlogged]
