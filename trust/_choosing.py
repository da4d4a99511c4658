"""Which bundles are judged where there are more than can be: those first that name somebody trusted.

Whoever may write to a registry can attach as much to a package as they like. What they attach is passed over then, not
what the package's author did. That a bundle names somebody is no proof of anything; each is judged all the same.
"""

from collections.abc import Sequence

from remotemedia.errors import TrustError
from remotemedia.trust._bundle import Bundle
from remotemedia.trust._keyring import Keyring


def chosen(bundles: Sequence[bytes], keyring: Keyring, most: int) -> Sequence[bytes]:
    """Give at most so many bundles, in their order apart from those that are preferred."""
    if len(bundles) <= most:
        return bundles
    return sorted(bundles, key=lambda data: not (names_key(data, keyring) or _names_authority(data, keyring)))[:most]


def names_key(data: bytes, keyring: Keyring) -> bool:
    """Say whether the hint of a trusted key stands anywhere in a bundle, which need not be readable."""
    return any(trusted.key.hint.encode() in data for trusted in keyring)


def _names_authority(data: bytes, keyring: Keyring) -> bool:
    """Say whether a bundle has a certificate that names an authority of the keyring as its issuer."""
    certificates = [one for authority in keyring.roots for one in authority.certificates]
    certificates += [one for identity in keyring.identities for one in identity.authorities]
    if not certificates:
        return False
    from remotemedia.trust._certificates import load_leaf  # noqa: PLC0415 - X.509 is slow to import

    try:
        signer = Bundle.parse(data).signer
    except TrustError:
        return False
    leaf = load_leaf(signer) if isinstance(signer, bytes) else None
    return leaf is not None and leaf.issuer in {one.subject for one in certificates}
