"""The files of a repository of The Update Framework, signed by keys of its own: `TufRepository({"a.json": b"{}"})`.

with StaticServer(repository.files()) as server:
    Updater(…, metadata_base_url=server.url, target_base_url=f"{server.url}/targets", bootstrap=repository.root)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from securesystemslib.signer._crypto_signer import CryptoSigner
from tuf.api._payload import MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.metadata import Metadata

_ROLES = ("root", "timestamp", "snapshot", "targets")


class TufRepository:
    """One version of a repository, with consistent snapshots.

    Args:
        targets: what is published, by name.
    """

    def __init__(self, targets: Mapping[str, bytes]) -> None:
        self._targets = dict(targets)
        self._signer = CryptoSigner.generate_ed25519()
        self._expires = datetime.now(UTC) + timedelta(days=1)
        root = Root(expires=self._expires)
        for role in _ROLES:
            root.add_key(self._signer.public_key, role)
        self.root = self._signed(Metadata(root))

    def files(self) -> dict[str, bytes]:
        """Give all of them, by path."""
        listed = {name: TargetFile.from_data(name, data, ["sha256"]) for name, data in self._targets.items()}
        snapshot = Snapshot(expires=self._expires, meta={"targets.json": MetaFile(1)})
        timestamp = Timestamp(expires=self._expires, snapshot_meta=MetaFile(1))
        found = {
            "/timestamp.json": self._signed(Metadata(timestamp)),
            "/1.snapshot.json": self._signed(Metadata(snapshot)),
            "/1.targets.json": self._signed(Metadata(Targets(expires=self._expires, targets=listed))),
        }
        return found | {f"/targets/{it.hashes['sha256']}.{name}": self._targets[name] for name, it in listed.items()}

    def _signed(self, metadata: Metadata[Root] | Metadata[Timestamp] | Metadata[Snapshot] | Metadata[Targets]) -> bytes:
        metadata.sign(self._signer)
        return metadata.to_bytes()
