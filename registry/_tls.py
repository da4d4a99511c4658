"""TLS as the user wants it: additional authorities, a client certificate, and what a failed handshake means."""

import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from remotemedia.errors import RegistryError
from remotemedia.registry._zones import is_loopback

# What a server says, by alert, of a client's certificate (RFC 8446, section 6.2), as OpenSSL names it.
_CLIENT_REFUSED = ("CERTIFICATE_REQUIRED", "UNKNOWN_CA", "BAD_CERTIFICATE", "CERTIFICATE_EXPIRED", "ALERT_CERTIFICATE")
_NOT_AGREED = "HANDSHAKE_FAILURE"  # what TLS 1.2 says of a missing certificate, and of much else
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL")
# The connection was lost, or its bytes were damaged on the way: another one may do better.
_PASSING = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)


@dataclass(frozen=True)
class TlsOptions:
    """What TLS needs beside what the system has.

    Attributes:
        ca_file: PEM; authorities trusted in addition to the system's.
        client_certificate: PEM; shown to the registry itself, never to a host that it redirects to.
        client_key: PEM; its key, if it is not in the same file.
    """

    ca_file: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None

    def context(self, *, as_client: bool) -> ssl.SSLContext:
        """Give a context, with the client certificate or without; raises `RegistryError` RM411 for a bad file."""
        with _making:
            return _context(self, as_client=as_client)


def scheme_of(host: str, *, plain_http: bool, tls: TlsOptions | None) -> str:
    """Say how to speak with `HOST[:PORT]`: `https`; `http` when asked, or on this machine if nothing is said of TLS."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
    return "http" if plain_http or (is_loopback(name) and tls in {None, TlsOptions()}) else "https"


def prepare_tls(host: str, *, plain_http: bool, tls: TlsOptions) -> None:
    """Begin, in a thread, what takes longest of asking `HOST[:PORT]` first: reading the system's authorities.

    Meanwhile whoever calls may import what will ask. What is wrong is told then.
    """

    def prepare() -> None:
        with suppress(RegistryError):
            tls.context(as_client=True)

    if scheme_of(host, plain_http=plain_http, tls=tls) == "https":
        threading.Thread(target=prepare, name="authorities", daemon=True).start()


_making = threading.Lock()


@cache
def _context(options: TlsOptions, *, as_client: bool) -> ssl.SSLContext:
    """Reading the system's authorities takes 20 ms or more, so that is done once."""
    context = ssl.create_default_context()
    if options.ca_file is not None:
        try:
            context.load_verify_locations(options.ca_file)
        except OSError as exc:
            raise _unusable(options.ca_file, "certificates of authorities, in PEM", exc) from exc
    if as_client and options.client_certificate is not None:
        try:
            context.load_cert_chain(options.client_certificate, options.client_key, password=_no_password)
        except (OSError, ValueError) as exc:
            raise _unusable(options.client_certificate, "a client certificate and its key, in PEM", exc) from exc
    return context


def _no_password() -> str:
    raise ValueError("the key is encrypted")


def _unusable(path: Path, expected: str, exc: Exception) -> RegistryError:
    why = exc.strerror.lower() if isinstance(exc, OSError) and exc.strerror and not _reason(exc) else _reason(exc)
    return RegistryError(
        f"expected {expected}, in `{path}`: {why or exc}",
        code="RM411",
        hint="`--ca-file`, `--client-cert` and `--client-key` take PEM files; a key must not be encrypted",
        path=str(path),
    )


def tls_failure(host: str, exc: BaseException) -> RegistryError | None:
    """Say what a failed handshake means; None for a connection that was lost, which may be tried again."""
    if isinstance(exc, _PASSING):
        return None
    if isinstance(exc, ssl.SSLCertVerificationError):
        return RegistryError(
            f"the certificate of registry `{host}` is not accepted: {exc.verify_message.rstrip('.')}",
            code="RM409",
            hint="name the authority that issued it with `--ca-file FILE`; never switch the check off",
            host=host,
        )
    reason = _reason(exc)
    if any(one in reason for one in _CLIENT_REFUSED):
        return RegistryError(
            f"registry `{host}` wants another client certificate: {_said(reason)}",
            code="RM410",
            hint="give it with `--client-cert FILE --client-key FILE`",
            host=host,
        )
    hint = "check host, port and proxy"
    if _NOT_AGREED in reason:
        hint = "it may want a client certificate, which `--client-cert FILE --client-key FILE` gives"
    elif any(one in reason for one in _NOT_TLS):
        hint = "this port does not speak TLS; `--plain-http` asks without, which is for networks that you trust"
    return RegistryError(
        f"registry `{host}` cannot be reached: TLS failed ({_said(reason) or 'no reason given'})",
        code="RM404",
        hint=hint,
        host=host,
    )


def _reason(exc: BaseException) -> str:
    return str(getattr(exc, "reason", None) or "")


def _said(reason: str) -> str:
    return reason.replace("_", " ").lower()
