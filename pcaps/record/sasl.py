"""The client's side of each SASL mechanism, as generators: what they yield goes out, challenges come in.

The first value is the initial response, None for the mechanisms in which the server speaks first. A generator
that ends has nothing more to say: the client answers further challenges with empty lines.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Generator

from .accounts import JWT_KEY

Exchange = Generator[bytes | None, bytes, None]
_NONCE = "cl1ent-n0nce"


def plain(name: str, password: str, authzid: str = "") -> Exchange:
    """RFC 4616: authorization identity, name, password."""
    yield f"{authzid}\0{name}\0{password}".encode()


def login(name: str, password: str) -> Exchange:
    """draft-murchison-sasl-login: name, then password."""
    yield name.encode()
    yield password.encode()


def cram_md5(name: str, password: str) -> Exchange:
    """RFC 2195: name and keyed digest of the challenge."""
    challenge = yield None
    yield f"{name} {hmac.new(password.encode(), challenge, 'md5').hexdigest()}".encode()


def digest_md5(name: str, password: str, realm: str = "example.net") -> Exchange:
    """RFC 2831 with qop=auth."""
    challenge = yield None
    fields = dict(part.split("=", 1) for part in challenge.decode().split(",") if "=" in part)
    nonce = fields["nonce"].strip('"')
    uri = "smtp/mx.example.net"
    secret = hashlib.md5(f"{name}:{realm}:{password}".encode()).digest()
    a1 = hashlib.md5(secret + f":{nonce}:{_NONCE}".encode()).hexdigest()
    a2 = hashlib.md5(f"AUTHENTICATE:{uri}".encode()).hexdigest()
    response = hashlib.md5(f"{a1}:{nonce}:00000001:{_NONCE}:auth:{a2}".encode()).hexdigest()
    yield (
        f'charset=utf-8,username="{name}",realm="{realm}",nonce="{nonce}",nc=00000001,cnonce="{_NONCE}",'
        f'digest-uri="{uri}",response={response},qop=auth'
    ).encode()


def scram(digest: str) -> Callable[[str, str], Exchange]:
    """RFC 5802 with "sha1" or "sha256", without channel binding."""

    def exchange(name: str, password: str) -> Exchange:
        bare = f"n={name.replace('=', '=3D').replace(',', '=2C')},r={_NONCE}"
        first = (yield f"n,,{bare}".encode()).decode()
        fields = dict(part.split("=", 1) for part in first.split(","))
        salted = hashlib.pbkdf2_hmac(
            digest, password.encode(), base64.b64decode(fields["s"]), int(fields["i"])
        )
        client_key = hmac.digest(salted, b"Client Key", digest)
        final = f"c=biws,r={fields['r']}"
        signed = f"{bare},{first},{final}".encode()
        signature = hmac.digest(hashlib.new(digest, client_key).digest(), signed, digest)
        proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        yield f"{final},p={base64.b64encode(proof).decode()}".encode()

    return exchange


def token(name: str, *, key: bytes = JWT_KEY) -> str:
    """RFC 7519 token for this name, HS256, valid for as long as the captures are recorded again."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    signed = (
        f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part({'sub': name, 'iat': 1700000000, 'exp': 4000000000})}"
    )
    signature = base64.urlsafe_b64encode(hmac.digest(key, signed.encode(), "sha256")).rstrip(b"=").decode()
    return f"{signed}.{signature}"


def xoauth2(name: str, password: str) -> Exchange:
    """Google's XOAUTH2; the password is the token."""
    yield f"user={name}\1auth=Bearer {password}\1\1".encode()


def oauthbearer(name: str, password: str) -> Exchange:
    """RFC 7628; the password is the token; a failure is acknowledged with one octet."""
    yield f"n,a={name},\1host=mx.example.net\1port=587\1auth=Bearer {password}\1\1".encode()
    yield b"\1"


def external(name: str, _password: str = "") -> Exchange:
    """RFC 4422 appendix A: the name alone."""
    yield name.encode()


def anonymous(trace: str, _password: str = "") -> Exchange:
    """RFC 4505: trace information instead of a name."""
    yield trace.encode()


MECHANISMS: dict[str, Callable[[str, str], Exchange]] = {
    "PLAIN": plain,
    "LOGIN": login,
    "CRAM-MD5": cram_md5,
    "DIGEST-MD5": digest_md5,
    "SCRAM-SHA-1": scram("sha1"),
    "SCRAM-SHA-256": scram("sha256"),
    "XOAUTH2": xoauth2,
    "OAUTHBEARER": oauthbearer,
    "EXTERNAL": external,
    "ANONYMOUS": anonymous,
}
