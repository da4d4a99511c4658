"""A private Sigstore instance over HTTP, on the loopback: what `sigstore`'s own client signs through.

    with SigstoreServer() as server:
        config = server.trust_config()                # ClientTrustConfig, as JSON
        token = server.token("ci@example.test")
        server.instance.trusted_root()                # what verifiers are given

It speaks as much of Fulcio v2 and Rekor v1 as a signature needs; the certificates and log entries are those of
`SigstoreInstance`.
"""

from __future__ import annotations

import base64
import json
import ssl
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from remotemedia.trust import PublicKey
from tests.simulators.secure import LoopbackServer
from tests.simulators.sigstore_instance import SigstoreInstance

ISSUER = "https://login.example.test"


class SigstoreServer:
    """An instance that certifies whoever has a token, and logs what they sign.

    Args:
        tls: speak TLS.
        name: what its users call it, over TLS; default its address.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, name: str | None = None) -> None:
        self.name = name
        self.instance = SigstoreInstance(now=datetime.now(UTC).replace(microsecond=0))
        self.requests: list[str] = []
        self.timestamps: str | None = None  # URL of an authority whose timestamp signers are to get
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.requests.append(self.path)
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path == "/api/v2/signingCert":
                    answer = server._certified(body, self.headers["Authorization"].removeprefix("Bearer "))
                else:
                    answer = server._logged(body)
                data = json.dumps(answer).encode()
                self.send_response(201)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it overrides
                """Keep the terminal clean."""

        self._server = LoopbackServer(Handler, tls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def host(self) -> str:
        return self._server.host

    def trust_config(self) -> bytes:
        """Where to sign, and what to trust: a `ClientTrustConfig`."""
        url = f"http://{self.host}" if self.name is None else f"https://{self.name}"
        service = {"url": url, "majorApiVersion": 1, "validFor": {"start": "2020-01-01T00:00:00Z"}, "operator": "x"}
        signing = {
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": [service],
            "oidcUrls": [{**service, "url": ISSUER}],
            "rekorTlogUrls": [service],
            "rekorTlogConfig": {"selector": "ANY"},
            "tsaUrls": [{**service, "url": self.timestamps}] if self.timestamps else [],
            "tsaConfig": {"selector": "ANY"},
        }
        config = {
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": json.loads(self.instance.trusted_root()),
            "signingConfig": signing,
        }
        return json.dumps(config).encode()

    @staticmethod
    def token(identity: str, *, seconds: float = 600) -> str:
        """A token of the provider that the instance knows, and how long it lives; nobody checks its signature here."""
        now = datetime.now(UTC).timestamp()
        claims = {"iss": ISSUER, "sub": identity, "aud": "sigstore", "iat": int(now), "nbf": int(now)}
        claims["exp"] = now + seconds
        parts = ({"alg": "ES256", "typ": "JWT"}, claims, "signature")
        return ".".join(base64.urlsafe_b64encode(json.dumps(it).encode()).decode().rstrip("=") for it in parts)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _certified(self, body: dict[str, Any], token: str) -> dict[str, Any]:
        request = x509.load_pem_x509_csr(base64.b64decode(body["certificateSigningRequest"]))
        claims = token.split(".")[1]
        named = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        key: Any = SimpleNamespace(public=PublicKey(request.public_key()))
        leaf = self.instance._certify(key, named["sub"], named["iss"], without_sct=False)
        chain = [leaf, self.instance._authority.certificate, self.instance._root.certificate]
        pems = [it.public_bytes(Encoding.PEM).decode() for it in chain]
        return {"signedCertificateEmbeddedSct": {"chain": {"certificates": pems}}}

    def _logged(self, body: dict[str, Any]) -> dict[str, Any]:
        content = body["spec"]["proposedContent"]
        envelope = json.loads(content["envelope"])
        leaf = x509.load_pem_x509_certificate(base64.b64decode(content["verifiers"][0]))
        payload, signature = (base64.b64decode(it) for it in (envelope["payload"], envelope["signatures"][0]["sig"]))
        entry = self.instance._entry(leaf, payload, signature, self.instance.now)
        proof = entry["inclusionProof"]
        return {
            "24296fb24b8ad77a": {
                "body": entry["canonicalizedBody"],
                "integratedTime": int(entry["integratedTime"]),
                "logID": base64.b64decode(entry["logId"]["keyId"]).hex(),
                "logIndex": 1,
                "verification": {
                    "inclusionProof": {
                        "logIndex": 1,
                        "rootHash": base64.b64decode(proof["rootHash"]).hex(),
                        "treeSize": 2,
                        "hashes": [base64.b64decode(it).hex() for it in proof["hashes"]],
                        "checkpoint": proof["checkpoint"]["envelope"],
                    },
                    "signedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
                },
            }
        }
