"""Where packages are: references, registries, layouts, archives, and the cache.

    from remotemedia.registry import Cache, HttpRegistry, Reference, copy

    reference = Reference.parse("oci://registry.example/voice_tts:1.0")
    registry = HttpRegistry(reference.host, reference.path)
    entry = Cache(home).add(registry, registry.resolve(reference.part), reference)

`HttpRegistry` and `LayoutDirectory` are sources and targets, `PackageArchive` (a `.rmpkg` file) is a source; `copy`
moves a package with its signatures from a source to a target. What a source gives has been checked against its digest;
who signed it is for `remotemedia.trust` to say: `Cache.add` takes a `judge` that is asked before any layer moves.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING
from typing import Any as _Any

from remotemedia.registry import media_types
from remotemedia.registry._archive import PackageArchive
from remotemedia.registry._cache import Cache, Judge
from remotemedia.registry._cache_damage import Damage
from remotemedia.registry._cache_entries import CacheEntry
from remotemedia.registry._cache_locks import Lease
from remotemedia.registry._content import BytesContent
from remotemedia.registry._copy import bundles_of, copy
from remotemedia.registry._credentials import Credentials, find_credentials
from remotemedia.registry._descriptor import Descriptor, Manifest
from remotemedia.registry._digest import digest_of, hex_of, is_digest, referrers_tag
from remotemedia.registry._layout import LayoutDirectory
from remotemedia.registry._login_store import erase_login, store_login
from remotemedia.registry._names import collision
from remotemedia.registry._ports import Content, Progress, ProgressEvent, Source, Target
from remotemedia.registry._reference import Reference, Scheme
from remotemedia.registry._retry import RetryPolicy
from remotemedia.registry._tls import TlsOptions

if TYPE_CHECKING:
    from remotemedia.registry._login import check_login
    from remotemedia.registry._remote import HttpRegistry

__all__ = [
    "BytesContent",
    "Cache",
    "CacheEntry",
    "Content",
    "Credentials",
    "Damage",
    "Descriptor",
    "HttpRegistry",
    "Judge",
    "LayoutDirectory",
    "Lease",
    "Manifest",
    "PackageArchive",
    "Progress",
    "ProgressEvent",
    "Reference",
    "RetryPolicy",
    "Scheme",
    "Source",
    "Target",
    "TlsOptions",
    "bundles_of",
    "check_login",
    "collision",
    "copy",
    "digest_of",
    "erase_login",
    "find_credentials",
    "hex_of",
    "is_digest",
    "media_types",
    "referrers_tag",
    "store_login",
]

# Importing urllib3 opens a socket, to see whether there is IPv6: not for those who only use what is here.
_ON_NETWORK = {"HttpRegistry": "_remote", "check_login": "_login"}


def __getattr__(name: str) -> _Any:
    """Fetch what uses the network when it is first used (PEP 562)."""
    if name not in _ON_NETWORK:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    value = globals()[name] = getattr(_import_module(f"{__name__}.{_ON_NETWORK[name]}"), name)
    return value
