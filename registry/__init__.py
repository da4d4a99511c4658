"""Where packages are: references, registries, layouts, archives, and the cache.

    from remotemedia.registry import Cache, HttpRegistry, Reference, copy

    reference = Reference.parse("oci://registry.example/voice_tts:1.0")
    registry = HttpRegistry(reference.host, reference.path)
    entry = Cache(home).add(registry, registry.resolve(reference.part), reference)

`HttpRegistry` and `LayoutDirectory` are sources and targets, `PackageArchive` (a `.rmpkg` file) is a source; `copy`
moves a package with its signatures from a source to a target. What a source gives has been checked against its digest;
who signed it is for `remotemedia.trust` to say: `Cache.add` takes a `judge` that is asked before any layer moves.
"""

from remotemedia.registry import media_types
from remotemedia.registry._archive import PackageArchive
from remotemedia.registry._cache import Cache, CacheEntry, Damage, Judge
from remotemedia.registry._copy import bundles_of, copy
from remotemedia.registry._credentials import Credentials, find_credentials
from remotemedia.registry._descriptor import Descriptor, Manifest
from remotemedia.registry._digest import digest_of, hex_of, is_digest, referrers_tag
from remotemedia.registry._layout import LayoutDirectory
from remotemedia.registry._ports import Progress, ProgressEvent, Source, Target
from remotemedia.registry._reference import Reference, Scheme
from remotemedia.registry._remote import HttpRegistry
from remotemedia.registry._retry import RetryPolicy

__all__ = [
    "Cache",
    "CacheEntry",
    "Credentials",
    "Damage",
    "Descriptor",
    "HttpRegistry",
    "Judge",
    "LayoutDirectory",
    "Manifest",
    "PackageArchive",
    "Progress",
    "ProgressEvent",
    "Reference",
    "RetryPolicy",
    "Scheme",
    "Source",
    "Target",
    "bundles_of",
    "copy",
    "digest_of",
    "find_credentials",
    "hex_of",
    "is_digest",
    "media_types",
    "referrers_tag",
]
