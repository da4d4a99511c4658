"""Where to sign, and what to trust there, as Sigstore's public instance publishes it: `public_instance(network)`.

It is a repository of The Update Framework. Sigstore's client would read it over a network of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from remotemedia.errors import TrustError
from remotemedia.runtime._service import Service
from remotemedia.runtime._sigstore_http import refused
from remotemedia.runtime.home import home_directory
from remotemedia.trust import strict_json

if TYPE_CHECKING:
    from remotemedia.runtime.network import Network

__all__ = ["PUBLIC", "public_instance"]

PUBLIC: Final = "https://tuf-repo-cdn.sigstore.dev"

_CONFIG: Final = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
_PARTS: Final = {"trustedRoot": "trusted_root.json", "signingConfig": "signing_config.v0.2.json"}
_OK: Final = 200


def public_instance(network: Network, url: str = PUBLIC, root: bytes | None = None) -> str:
    """Fetch an instance's configuration, as JSON of a `ClientTrustConfig`.

    Its metadata are kept in the home directory, below `sigstore/`: what was seen once is never taken back.

    Args:
        network: how the repository is reached.
        url: of the repository.
        root: its first root of trust; default the one that Sigstore's client comes with.

    Raises:
        TrustError: RM506, it cannot be reached.
        tuf.api.exceptions.RepositoryError: what it gives is not signed as its root demands.
    """
    name = quote(url, safe="")
    place = home_directory(network.environ) / "sigstore" / name
    (place / "targets").mkdir(parents=True, exist_ok=True)
    fetcher = _Fetcher(Service(network, url, failed=_failed))
    updater = Updater(
        metadata_dir=str(place),
        metadata_base_url=url,
        target_dir=str(place / "targets"),
        target_base_url=f"{url}/targets/",
        fetcher=fetcher,
        bootstrap=root or files("sigstore._store").joinpath(name, "root.json").read_bytes(),
    )
    try:
        updater.refresh()
        return json.dumps({"mediaType": _CONFIG, **{part: _target(updater, file) for part, file in _PARTS.items()}})
    except Exception:
        if fetcher.failure is not None:
            raise fetcher.failure from None
        raise


def _target(updater: Updater, name: str) -> dict[str, Any]:
    info = updater.get_targetinfo(name)
    if info is None:
        raise refused(f"expected the Sigstore instance to have `{name}`, it has none", None)
    path = Path(updater.find_cached_target(info) or updater.download_target(info))
    return strict_json.loads_object(path.read_bytes())  # of the length that the metadata state


class _Fetcher(FetcherInterface):
    """Fetches files of the repository.

    Attributes:
        failure: why the repository could not be asked: the updater puts an exception of its own before it.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self.failure: TrustError | None = None

    def _fetch(self, url: str) -> Iterator[bytes]:
        try:
            answer = self._service.ask("GET", url)
        except TrustError as error:
            self.failure = error
            raise
        if answer.status != _OK:
            raise DownloadHTTPError(f"got the status {answer.status} for {url}", answer.status)
        return iter((answer.data,))


def _failed(why: str, hint: str | None) -> TrustError:
    return refused(f"expected the Sigstore instance's configuration: {why}", hint or "give one with `--trust-config`")
