"""Digests of content (OCI image-spec, "Digests"); SHA-256 is the only algorithm in use here."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)

CHUNK_BYTES = 1 << 20


def digest_of(data: bytes) -> str:
    """Give `sha256:` and the 64 hexadecimal digits of the data."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def is_digest(text: str) -> bool:
    """Say whether the text is a digest this program can check."""
    return _DIGEST.fullmatch(text) is not None


def hex_of(digest: str) -> str:
    """Give the hexadecimal part; `ValueError` unless it is a digest, so that it is safe in a file name."""
    if not is_digest(digest):
        raise ValueError(f"expected `sha256:` and 64 hexadecimal digits, got `{digest[:80]}`")
    return digest.removeprefix("sha256:")


def referrers_tag(digest: str) -> str:
    """Give the tag under which referrers are listed where there is no referrers API (distribution-spec 1.1)."""
    return f"sha256-{hex_of(digest)}"


def is_referrers_tag(tag: str) -> bool:
    """Say whether the tag is the bookkeeping of referrers, not one that people gave."""
    return tag.startswith("sha256-") and is_digest(tag.replace("-", ":", 1))


def verified(chunks: Iterable[bytes], digest: str, size: int, refusal: Callable[[str], Exception]) -> Iterator[bytes]:
    """Pass chunks on while hashing them; raises `refusal(why)` at the end, or as soon as there is too much.

    Whoever consumes this may keep what it got only after the iterator is exhausted.
    """
    state = hashlib.sha256()
    received = 0
    for chunk in chunks:
        received += len(chunk)
        if received > size:
            raise refusal(f"expected {size} bytes, got more")
        state.update(chunk)
        yield chunk
    if received != size:
        raise refusal(f"expected {size} bytes, got {received}")
    got = f"sha256:{state.hexdigest()}"
    if got != digest:
        raise refusal(f"expected `{digest}`, got `{got}`")
