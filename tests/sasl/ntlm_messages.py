"""NTLM messages by [MS-NLMP] 2.2.1, written for tests."""

import struct

UNICODE, OEM = 0x1, 0x2
SIGNATURE = b"NTLMSSP\0"


def negotiate() -> bytes:
    return SIGNATURE + struct.pack("<II16x", 1, UNICODE | OEM)


def challenge(flags: int) -> bytes:
    return SIGNATURE + struct.pack("<IHHII8s8x", 2, 0, 0, 40, flags, b"nonce678")


def authenticate(
    user: str, domain: str, workstation: str, *, flags: int = UNICODE, header: int = 64
) -> bytes:
    """Write an AUTHENTICATE_MESSAGE; `header` is 52 for clients that sent neither session key nor flags."""
    charset, errors = ("utf-16-le", "surrogatepass") if flags & UNICODE else ("latin-1", "replace")
    texts = [text.encode(charset, errors) for text in (domain, user, workstation)]
    at = header
    fields = b""
    for text in texts:
        fields += struct.pack("<HHI", len(text), len(text), at)
        at += len(text)
    hashes = struct.pack("<HHIHHI", 24, 24, at, 24, 24, at + 24)
    tail = struct.pack("<HHII", 0, 0, at + 48, flags) if header >= 64 else b""
    return SIGNATURE + struct.pack("<I", 3) + hashes + fields + tail + b"".join(texts) + bytes(48)
