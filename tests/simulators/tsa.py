"""A timestamp authority (RFC 3161) with a clock of its own, in memory and over HTTP on this machine.

    authority = TimestampAuthority()
    authority.now = datetime(2020, 1, 1, tzinfo=UTC)
    response = authority.answer(request)          # DER in, DER out

    with TimestampServer(authority) as server:    # POST server.url

It can misbehave: `refuse`, `other_imprint`, `other_nonce`, and the server's `status`, `content_type` and `body`.
"""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.simulators.secure import LoopbackServer

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"
_POLICY = "1.3.6.1.4.1.57264.2"

_INTEGER, _OCTETS, _OID, _TIME, _SEQUENCE, _SET = 0x02, 0x04, 0x06, 0x18, 0x30, 0x31


class TimestampAuthority:
    """Signs the time; `root` is what its users trust."""

    def __init__(self, *, name: str = "timestamps", valid: tuple[datetime, datetime] | None = None) -> None:
        start, end = valid or (datetime(2015, 1, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(days=3650))
        root_key, self._key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        self.root = _certificate(f"{name} root", root_key, f"{name} root", root_key, start, end)
        self.certificate = _certificate(name, self._key, f"{name} root", root_key, start, end)
        self.now = datetime.now(UTC)
        self.refuse = False
        self.other_imprint = False
        self.other_nonce = False
        self._serial = 0

    @property
    def root_pem(self) -> bytes:
        """The root as PEM."""
        return self.root.public_bytes(Encoding.PEM)

    def stamp(self, signature: bytes) -> bytes:
        """A response for SHA-256 of `signature`, as if it had been asked for over the network."""
        imprint = _sequence(_algorithm(_SHA256), _der(_OCTETS, hashlib.sha256(signature).digest()))
        return self.answer(_sequence(_integer(1), imprint, _integer(7)))

    def answer(self, request: bytes) -> bytes:
        """The DER of a `TimeStampResp` for the DER of a `TimeStampReq`."""
        if self.refuse:
            return _sequence(_sequence(_integer(2)))
        _, imprint, *rest = _members(_content(request))
        nonce = next((it for it in rest if it[0] == _INTEGER), b"")
        if self.other_imprint:
            imprint = _sequence(_algorithm(_SHA256), _der(_OCTETS, bytes(32)))
        if self.other_nonce:
            nonce = _integer(42)
        self._serial += 1
        moment = _der(_TIME, self.now.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())
        info = _sequence(_integer(1), _oid(_POLICY), imprint, _integer(self._serial), moment, nonce)
        return _sequence(_sequence(_integer(0)), self._signed(info))

    def _signed(self, info: bytes) -> bytes:
        """CMS `SignedData` (RFC 5652) around a `TSTInfo`."""
        der = self.certificate.public_bytes(Encoding.DER)
        identifier = _sequence(_sequence(_sequence(_der(_OCTETS, hashlib.sha256(der).digest()))))
        attributes = sorted(
            [
                _sequence(_oid(_CONTENT_TYPE), _der(_SET, _oid(_TST_INFO))),
                _sequence(_oid(_MESSAGE_DIGEST), _der(_SET, _der(_OCTETS, hashlib.sha256(info).digest()))),
                _sequence(_oid(_SIGNING_CERTIFICATE), _der(_SET, identifier)),
            ]
        )
        signed = b"".join(attributes)
        signature = self._key.sign(_der(_SET, signed), ec.ECDSA(hashes.SHA256()))
        issuer = self.certificate.issuer.public_bytes()
        signer = _sequence(
            _integer(1),
            _sequence(issuer, _integer(self.certificate.serial_number)),
            _algorithm(_SHA256),
            _der(0xA0, signed),
            _algorithm(_ECDSA_SHA256),
            _der(_OCTETS, signature),
        )
        content = _sequence(_oid(_TST_INFO), _der(0xA0, _der(_OCTETS, info)))
        data = _sequence(_integer(3), _der(_SET, _algorithm(_SHA256)), content, _der(0xA0, der), _der(_SET, signer))
        return _sequence(_oid(_SIGNED_DATA), _der(0xA0, data))


class TimestampServer:
    """An authority over HTTP, on the loopback, or TLS."""

    def __init__(self, authority: TimestampAuthority, tls: ssl.SSLContext | None = None) -> None:
        self.authority = authority
        self.requests: list[bytes] = []
        self.status = 200
        self.content_type = "application/timestamp-reply"
        self.body: bytes | None = None
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = self.rfile.read(int(self.headers["Content-Length"]))
                server.requests.append(request)
                body = server.authority.answer(request) if server.body is None else server.body
                self.send_response(server.status)
                self.send_header("Content-Type", server.content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it overrides
                """Keep the terminal clean."""

        self._server = LoopbackServer(Handler, tls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self._server.scheme}://{self.host}/tsr"

    @property
    def host(self) -> str:
        return self._server.host

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _certificate(  # noqa: PLR0917 - the fields of a certificate
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    start: datetime,
    end: datetime,
) -> x509.Certificate:
    is_root = name == issuer
    usage = x509.KeyUsage(
        digital_signature=not is_root,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_root,
        crl_sign=is_root,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not is_root:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


# DER (X.690), as little of it as the above needs.


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _sequence(*members: bytes) -> bytes:
    return _der(_SEQUENCE, b"".join(members))


def _integer(value: int) -> bytes:
    return _der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _oid(text: str) -> bytes:
    first, second, *rest = (int(part) for part in text.split("."))
    encoded = bytearray([40 * first + second])
    for part in rest:
        groups = [part & 0x7F]
        while part := part >> 7:
            groups.append(0x80 | part & 0x7F)
        encoded += bytes(reversed(groups))
    return _der(_OID, bytes(encoded))


def _algorithm(oid: str) -> bytes:
    return _sequence(_oid(oid))


def _content(der: bytes) -> bytes:
    return der[_header(der) :]


def _header(der: bytes) -> int:
    return 2 if der[1] < 0x80 else 2 + (der[1] & 0x7F)


def _members(content: bytes) -> Iterator[bytes]:
    while content:
        start = _header(content)
        size = content[1] if start == 2 else int.from_bytes(content[2:start], "big")
        yield content[: start + size]
        content = content[start + size :]
