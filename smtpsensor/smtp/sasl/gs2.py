"""The header of RFC 5801 that SCRAM and the OAuth mechanisms begin with, and the escapes of their names."""


def header(message: bytes) -> tuple[bytes, bytes] | None:
    """Split `n,a=authzid,rest` into the escaped authzid and the rest; None where there is no such header.

    The channel binding flag is `n`, `y` or `p=` with a name (RFC 5801 section 4).
    """
    flag, comma, rest = message.partition(b",")
    if not comma or not (flag in (b"n", b"y") or flag.startswith(b"p=")):
        return None
    authzid, comma, rest = rest.partition(b",")
    if not comma or (authzid and not authzid.startswith(b"a=")):
        return None
    return authzid[2:], rest


def saslname(escaped: bytes) -> tuple[bytes, bool]:
    """Undo `=2C` (comma) and `=3D` (equals sign); say whether no other `=` stood (RFC 5802 section 5.1)."""
    if b"=" not in escaped:
        return escaped, True
    first, *others = escaped.split(b"=")
    pieces, strict = [first], True
    for other in others:
        code = other[:2].upper()
        if code in (b"2C", b"3D"):
            pieces += (b"," if code == b"2C" else b"=", other[2:])
            strict = strict and code == other[:2]
        else:
            pieces += (b"=", other)
            strict = False
    return b"".join(pieces), strict
