"""Until when a certificate holds: read from its DER (X.690, RFC 5280 section 4.1), for a word in time."""

import ssl
from calendar import timegm

_END = "-----END CERTIFICATE-----"
_SEQUENCE, _CONTEXT_0 = 0x30, 0xA0
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18


def not_after(pem: str) -> int | None:
    """Return the end of the first certificate of a PEM file, seconds since the epoch; None if unreadable."""
    begin = pem.find("-----BEGIN CERTIFICATE-----")
    end = pem.find(_END, begin)
    if begin < 0 or end < 0:
        return None
    try:
        return _end(ssl.PEM_cert_to_DER_cert(pem[begin : end + len(_END)]))
    except (ValueError, IndexError):
        return None


def _end(der: bytes) -> int:
    _, at, _ = _element(der, 0)  # Certificate
    kind, at, end = _element(der, at)  # TBSCertificate
    kind, inner, end = _element(der, at)
    if kind == _CONTEXT_0:  # version
        kind, inner, end = _element(der, end)
    for _ in range(3):  # behind serial number, signature and issuer stands the validity
        kind, inner, end = _element(der, end)
    if kind != _SEQUENCE:
        raise ValueError(kind)
    _, _, begin = _element(der, inner)
    kind, inner, end = _element(der, begin)
    return _time(kind, der[inner:end].decode("ascii"))


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """Return tag, begin and end of the contents at `at`."""
    kind, size = der[at], der[at + 1]
    at += 2
    if size & 0x80:
        width = size & 0x7F
        size = int.from_bytes(der[at : at + width], "big")
        at += width
    return kind, at, at + size


def _time(kind: int, text: str) -> int:
    if kind == _UTC_TIME:
        text = ("20" if text[:2] < "50" else "19") + text
    elif kind != _GENERALIZED_TIME:
        raise ValueError(kind)
    year, rest = int(text[:4]), text[4:14]
    month, day, hour, minute, second = (int(rest[at : at + 2]) for at in range(0, 10, 2))
    return timegm((year, month, day, hour, minute, second))
