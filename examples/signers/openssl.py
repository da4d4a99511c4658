"""Sign packages by a key that only OpenSSL opens: in a file, on a token behind PKCS #11, in a TPM.

    remotemedia sign --key "exec:python3 openssl.py release.pem" REFERENCE
    remotemedia sign --key "exec:python3 openssl.py pkcs11:token=release;object=packages" REFERENCE

It reads one request from its standard input and writes one answer to its standard output, both JSON; a key of the kind
P-256 is expected. A program for a key management service does the same two things by that service's client.
"""

import base64
import json
import subprocess
import sys


def openssl(*arguments: str, stdin: bytes = b"") -> bytes:
    """Run OpenSSL; what it says on standard error, such as its question for a PIN, goes to the terminal."""
    command = ["openssl", *arguments]
    return subprocess.run(command, input=stdin, stdout=subprocess.PIPE, check=True).stdout


def answer(request: dict[str, str], key: str) -> dict[str, str]:
    """Do what is asked: give the public half, or sign the data's SHA-256."""
    if request["operation"] == "public-key":
        return {"publicKey": openssl("pkey", "-in", key, "-pubout").decode()}
    if request["operation"] == "sign":
        data = base64.b64decode(request["data"])
        return {"signature": base64.b64encode(openssl("dgst", "-sha256", "-sign", key, stdin=data)).decode()}
    return {"error": f"expected `public-key` or `sign`, got `{request['operation']}`"}


if __name__ == "__main__":
    try:
        reply = answer(json.load(sys.stdin), sys.argv[1])
    except subprocess.CalledProcessError as error:
        reply = {"error": f"openssl ended with status {error.returncode}"}
    json.dump(reply, sys.stdout)
