"""What references pointed to when they were pulled last: one small file for each."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from remotemedia.errors import RegistryError
from remotemedia.registry._digest import digest_of, hex_of, is_digest
from remotemedia.registry._reference import Reference
from remotemedia.registry._unwritable import cannot_write
from remotemedia.trust import strict_json
from remotemedia.trust.whole_files import replace_file

_TEMPORARY = "."
_MAX_BYTES = 16 << 10


class CachedReferences:
    """The directory `refs/`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def get(self, text: str) -> str | None:
        """Give the digest of a reference in its canonical form."""
        found = _read(self._path(text))
        return found[1] if found is not None and found[0] == text else None

    def all(self) -> Mapping[str, str]:
        """Give all references with their digests."""
        return dict(sorted(found for path in self._directory.glob("[0-9a-f]*.json") if (found := _read(path))))

    def to(self, digest: str) -> tuple[str, ...]:
        """Give the references to a digest."""
        return tuple(text for text, known in self.all().items() if known == digest)

    def of_repository(self, reference: Reference) -> Mapping[str, str]:
        """Give the references to the same repository or place, with their digests."""
        found = {}
        for text, digest in self.all().items():
            with suppress(RegistryError):
                known = Reference.reread(text)
                if (known.scheme, known.host, known.path) == (reference.scheme, reference.host, reference.path):
                    found[text] = digest
        return found

    def remember(self, text: str, digest: str) -> None:
        """Let a reference point to a digest. What a tag pointed to before stays known as one of its repository."""
        path, before = self._path(text), self.get(text)
        if before == digest:
            return
        if before is not None:
            self.remember(str(replace(Reference.reread(text), tag=None, digest=before)), before)
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            replace_file(path, strict_json.dumps({"reference": text, "digest": digest}), 0o644)
        except OSError as exc:
            raise cannot_write(path, exc) from exc

    def forget(self, text: str) -> None:
        """Forget a reference, known or not."""
        self._path(text).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what killed processes left, and files that are not whole."""
        for path in (*self._directory.glob(f"{_TEMPORARY}*"), *self._directory.glob("[0-9a-f]*.json")):
            if path.name.startswith(_TEMPORARY) or _read(path) is None:
                path.unlink(missing_ok=True)

    def _path(self, text: str) -> Path:
        return self._directory / f"{hex_of(digest_of(text.encode()))}.json"


def _read(path: Path) -> tuple[str, str] | None:
    """Give reference and digest; a file that is not whole is as good as none: the reference is pulled again."""
    try:
        with path.open("rb") as file:
            document = strict_json.loads_object(file.read(_MAX_BYTES + 1), max_bytes=_MAX_BYTES)
        reference, digest = document["reference"], document["digest"]
    except (OSError, ValueError, KeyError):
        return None
    if not isinstance(reference, str) or not isinstance(digest, str) or not is_digest(digest):
        return None
    return reference, digest
