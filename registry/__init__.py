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

if TYPE_CHECKING:
    from remotemedia.registry._archive import PackageArchive
    from remotemedia.registry._blob_check import BlobCheck
    from remotemedia.registry._cache import Cache, Judge
    from remotemedia.registry._cache_damage import Damage
    from remotemedia.registry._cache_entries import CacheEntry
    from remotemedia.registry._cache_locks import Lease
    from remotemedia.registry._cache_place import cached_place
    from remotemedia.registry._content import BytesContent
    from remotemedia.registry._copy import copy
    from remotemedia.registry._credentials import Credentials, find_credentials
    from remotemedia.registry._descriptor import Descriptor, Manifest
    from remotemedia.registry._digest import digest_of, hex_of, is_digest, referrers_tag
    from remotemedia.registry._documents import copy_documents
    from remotemedia.registry._hosts import canonical_host
    from remotemedia.registry._layout import LayoutDirectory
    from remotemedia.registry._layout_files import LayoutFiles
    from remotemedia.registry._login import check_login
    from remotemedia.registry._login_store import erase_login, store_login
    from remotemedia.registry._logins import known_logins
    from remotemedia.registry._names import collision
    from remotemedia.registry._ports import Content, Progress, ProgressEvent, Source, Target
    from remotemedia.registry._reference import Reference, Scheme
    from remotemedia.registry._referrers import Referrer, bundles_of, put_referrer, put_referrers
    from remotemedia.registry._remote import HttpRegistry
    from remotemedia.registry._retry import RetryPolicy, retrying
    from remotemedia.registry._shown import shown_url
    from remotemedia.registry._tls import TlsOptions, prepare_tls
    from remotemedia.registry._transport import Origin, Transport, read_bounded
    from remotemedia.registry._workers import Workers

__all__ = [
    "BlobCheck",
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
    "LayoutFiles",
    "Lease",
    "Manifest",
    "Origin",
    "PackageArchive",
    "Progress",
    "ProgressEvent",
    "Reference",
    "Referrer",
    "RetryPolicy",
    "Scheme",
    "Source",
    "Target",
    "TlsOptions",
    "Transport",
    "Workers",
    "bundles_of",
    "cached_place",
    "canonical_host",
    "check_login",
    "collision",
    "copy",
    "copy_documents",
    "digest_of",
    "erase_login",
    "find_credentials",
    "hex_of",
    "is_digest",
    "known_logins",
    "media_types",
    "prepare_tls",
    "put_referrer",
    "put_referrers",
    "read_bounded",
    "referrers_tag",
    "retrying",
    "shown_url",
    "store_login",
]

# Each is imported when it is first used: together they take as long as a command that needs three of them. And urllib3,
# as those on the network import it, opens a socket to see whether there is IPv6.
_HOMES = {
    "BlobCheck": "_blob_check",
    "BytesContent": "_content",
    "Cache": "_cache",
    "CacheEntry": "_cache_entries",
    "Content": "_ports",
    "Credentials": "_credentials",
    "Damage": "_cache_damage",
    "Descriptor": "_descriptor",
    "HttpRegistry": "_remote",
    "Judge": "_cache",
    "LayoutDirectory": "_layout",
    "LayoutFiles": "_layout_files",
    "Lease": "_cache_locks",
    "Manifest": "_descriptor",
    "Origin": "_transport",
    "PackageArchive": "_archive",
    "Progress": "_ports",
    "ProgressEvent": "_ports",
    "Reference": "_reference",
    "Referrer": "_referrers",
    "RetryPolicy": "_retry",
    "Scheme": "_reference",
    "Source": "_ports",
    "Target": "_ports",
    "TlsOptions": "_tls",
    "Transport": "_transport",
    "Workers": "_workers",
    "bundles_of": "_referrers",
    "cached_place": "_cache_place",
    "canonical_host": "_hosts",
    "check_login": "_login",
    "collision": "_names",
    "copy": "_copy",
    "copy_documents": "_documents",
    "digest_of": "_digest",
    "erase_login": "_login_store",
    "find_credentials": "_credentials",
    "hex_of": "_digest",
    "is_digest": "_digest",
    "known_logins": "_logins",
    "prepare_tls": "_tls",
    "put_referrer": "_referrers",
    "put_referrers": "_referrers",
    "read_bounded": "_transport",
    "referrers_tag": "_digest",
    "retrying": "_retry",
    "shown_url": "_shown",
    "store_login": "_login_store",
}


def __getattr__(name: str) -> _Any:
    """Fetch a name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    value = globals()[name] = getattr(_import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
