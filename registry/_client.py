"""Requests to one repository: where they go, as whom, how often they are tried, and what a refusal means."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from remotemedia.errors import RegistryError
from remotemedia.registry._auth import Authorizer, Scopes
from remotemedia.registry._credentials import Credentials
from remotemedia.registry._retry import RetryPolicy, TransientError, parse_retry_after, retrying
from remotemedia.registry._transport import Body, Origin, Response, Transport, discard, joined, read_bounded
from remotemedia.trust import strict_json

_MAX_ERROR_BYTES = 64 << 10


class AnswerError(Exception):
    """A status outside 2xx that was not expected and will not pass; `error` is what the user is told."""

    def __init__(self, error: RegistryError, status: int) -> None:
        super().__init__(str(error))
        self.error = error
        self.status = status


class RepositoryClient:
    """Speaks with one repository, as one user; several threads may do so at once.

    Args:
        base: URL below which everything is, with a slash at the end.
        host: what the user calls the registry.
        repository: what the user calls the repository.
        name: what the registry calls it.
        transport: carries the requests.
        credentials: finds the user's, when a registry asks.
        policy: how often a request is sent again.
        login_hint: what a user can do where the registry refuses them.
    """

    def __init__(
        self,
        base: str,
        host: str,
        repository: str,
        *,
        name: str,
        transport: Transport,
        credentials: Callable[[], Credentials | None],
        policy: RetryPolicy,
        login_hint: str,
    ) -> None:
        self.host = host
        self.origin = Origin.of(base)
        self.transport = transport
        self.policy = policy
        self.pull: Scopes = (f"repository:{name}:pull",)
        self.push: Scopes = (f"repository:{name}:pull,push",)
        self._where = f"{host}/{repository}"
        self._base = base
        self._authorizer = Authorizer(transport, self.origin, name, credentials, hint=login_hint)

    def url(self, path: str) -> str:
        """Give the URL of a path below the repository; a whole URL stays what it is."""
        return joined(self._base, path)

    def request(
        self,
        method: str,
        path: str,
        expected: set[int],
        *,
        scopes: Scopes | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        missing: str | None = None,
    ) -> Response:
        """Send a request until it is answered; raises `RegistryError` for a status that is not expected.

        `missing` is what a 404 says is not there (RM402), empty for the repository. What passes by itself is tried
        again as the policy says.
        """
        try:
            return retrying(
                self.policy,
                lambda: self.once(method, path, expected, scopes=scopes, headers=headers, body=body, missing=missing),
            )
        except AnswerError as exc:
            raise exc.error from None

    def once(
        self,
        method: str,
        path: str,
        expected: set[int],
        *,
        scopes: Scopes | None = None,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        missing: str | None = None,
    ) -> Response:
        """Send a request once, and again if there was a challenge; raises `TransientError` and `AnswerError`.

        Who we are goes to the registry's own origin only.
        """
        url = self.url(path)
        headers = {"Accept": "*/*", **(headers or {})}
        scopes = scopes or self.pull
        ours = Origin.of(url) == self.origin
        authorization = self._authorizer.header(scopes) if ours else None
        response = self.transport.send(method, url, headers=headers, authorization=authorization, body=body)
        is_new = False
        while response.status == 401 and ours and not is_new:  # noqa: PLR2004 - HTTP
            discard(response)
            authorization, is_new = self._authorizer.answer(response, scopes, authorization)
            response = self.transport.send(method, url, headers=headers, authorization=authorization, body=body)
        if response.status in expected:
            return response
        raise self._failure(response, missing)

    def read(self, response: Response, limit: int) -> bytes:
        """Read a whole answer of at most `limit` bytes."""
        return read_bounded(response, self.host, limit, self.transport.timeouts.window)

    def stream(self, response: Response) -> Iterator[bytes]:
        """Give an answer's body in chunks as they come."""
        return self.transport.stream(response, self.host)

    def mismatch(self, digest: str, why: str) -> RegistryError:
        """Make the error for bytes that are not what they should be."""
        return RegistryError(
            f"what `{self._where}` sent does not match `{digest}`: {why}",
            code="RM405",
            hint="nothing of it was kept; if it happens again, the registry or a proxy before it is at fault",
            digest=digest,
        )

    def not_allowed(self, why: str) -> RegistryError:
        """Make the error for an answer outside the specification."""
        return RegistryError(
            f"registry `{self._where}`: {why}",
            code="RM406",
            hint="the registry, or a proxy before it, does not follow the distribution specification",
            host=self.host,
        )

    def _failure(self, response: Response, missing: str | None) -> AnswerError | TransientError:
        status = response.status
        said = self._said(response)
        where = f"`{self._where}`"
        if status in {401, 403}:
            error = RegistryError(
                f"registry {where} refused access{self._authorizer.tried(' to')} ({status}{said})",
                code="RM403",
                hint=f"{self._authorizer.hint}; the account must be allowed to do this",
                host=self.host,
            )
        elif status == 404 and missing is not None:  # noqa: PLR2004 - HTTP
            error = self._missing(missing)
        elif status in {429, 500} or status > 501:  # noqa: PLR2004 - HTTP; 501 will not pass
            error = RegistryError(
                f"registry {where} answered {status}{said}",
                code="RM404",
                hint="try again later; a cached package still runs with `--offline`",
                host=self.host,
            )
            return TransientError(error, parse_retry_after(response.headers.get("Retry-After")))
        else:
            error = self.not_allowed(f"got status {status}{said}")
        return AnswerError(error, status)

    def _missing(self, part: str) -> RegistryError:
        if not part:
            message, hint = f"there is no repository `{self._where}`", "check its name"
        else:
            message = f"there is no `{part}` in `{self._where}`"
            hint = f"check repository and tag; `remotemedia tags oci://{self._where}` lists the tags"
        return RegistryError(message, code="RM402", hint=hint, host=self.host)

    def _said(self, response: Response) -> str:
        """Give the first error that the registry names, escaped and cut (distribution-spec, "Error Codes")."""
        try:
            document: dict[str, Any] = strict_json.loads_object(self.read(response, _MAX_ERROR_BYTES))
            first = document["errors"][0]
            return f": {strict_json.shown(first.get('code'))} {strict_json.shown(first.get('message'), 200)}"
        except (ValueError, LookupError, TypeError, AttributeError, RegistryError, TransientError):
            return ""  # the status says enough
