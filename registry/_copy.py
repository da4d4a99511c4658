"""Copying a package from anywhere to anywhere: the manifest last."""

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial

from remotemedia.errors import PackageError, RegistryError
from remotemedia.registry._content import SourceContent
from remotemedia.registry._descriptor import Descriptor, Manifest
from remotemedia.registry._ports import Mounting, Progress, ProgressEvent, Source, Target
from remotemedia.registry._referrers import JOBS, LEFT, Referrer, fetch_signatures, notes_of, put_referrers, unlisted
from remotemedia.registry._workers import Workers

_log = logging.getLogger(__name__)


def copy(
    source: Source,
    target: Target,
    descriptor: Descriptor,
    *,
    tag: str | None = None,
    progress: Progress | None = None,
    jobs: int = JOBS,
    notes: bool = True,
) -> None:
    """Copy a package with its signatures, and with `notes` what else refers to it; what the target has is skipped.

    The order makes the target consistent at every moment: whoever sees the tag finds all bytes and all signatures.
    Bytes that do not match their digest end the copy (RM405 from a registry, RM302 from a file) and are not stored;
    those of a signature or a note stay behind with it, which is logged.
    `jobs` blobs move at the same time; `progress` is called from several threads, but never by two at once.
    """
    digest = descriptor.digest
    manifest = Manifest.parse(source.manifest(digest))
    signatures = unlisted(target, digest, fetch_signatures(source, digest, jobs=jobs))
    others, left = notes_of(source, digest) if notes else ([], [])
    beside = [partial(put_referrers, target, digest, signatures)] if signatures else []
    copy_blobs(source, target, manifest, progress, jobs, beside=beside)
    moved = [it for it in unlisted(target, digest, others) if _moved(source, target, it, progress, jobs, left)]
    put_referrers(target, digest, moved)
    target.put_manifest(manifest.raw, tag)
    if left:
        message = "%d of what others attached to the package cannot be copied and stays behind, the first as %s"
        _log.warning(message, len(left), left[0])


def copy_blobs(
    source: Source,
    target: Target,
    manifest: Manifest,
    progress: Progress | None = None,
    jobs: int = JOBS,
    *,
    beside: Sequence[Callable[[], None]] = (),
) -> None:
    """Copy configuration and layers, several at a time, while something else is done beside.

    They are started in the order of the manifest.
    """
    workers = Workers(jobs)
    telling = threading.Lock()

    def tell(event: ProgressEvent) -> None:
        if progress is not None:
            with telling:
                progress(event)

    def move(descriptor: Descriptor) -> None:
        told = partial(ProgressEvent, digest=descriptor.digest, title=descriptor.title, total=descriptor.size)
        if target.has_blob(descriptor) or _mounted(source, target, descriptor):
            tell(told("skip", done=descriptor.size))
        else:
            target.put_blob(descriptor, SourceContent(source, descriptor, tell, workers.check))
            tell(told("finish", done=descriptor.size))

    workers.run([*beside, *(partial(move, descriptor) for descriptor in manifest.blobs)])


def _moved(  # noqa: PLR0917 - those of `copy`
    source: Source, target: Target, note: Referrer, progress: Progress | None, jobs: int, left: list[str]
) -> bool:
    """Copy what a note consists of; False, and why in `left`, if the source does not have it as it should be."""
    try:
        copy_blobs(source, target, note.manifest, progress, jobs)
    except (PackageError, RegistryError) as error:
        if error.code not in LEFT:
            raise
        left.append(error.message)
        return False
    return True


def _mounted(source: Source, target: Target, descriptor: Descriptor) -> bool:
    """Let a registry copy within itself what it has in another repository."""
    if not isinstance(source, Mounting) or not isinstance(target, Mounting):
        return False
    return source.host == target.host and target.mount_blob(descriptor, source.repository)
