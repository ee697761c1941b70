"""Text from the wire, made fit for a line of output.

Names, replies and host names are written by whoever is on the other end: they may hold terminal escapes,
line ends, right-to-left marks or octets that are no text at all. Every such piece passes through here once,
where it is decoded, and from then on can be printed anywhere.
"""

LIMIT = 256  # octets of UTF-8, see Limits.text
ELLIPSIS = "…"
_ELLIPSIS_OCTETS = len(ELLIPSIS.encode())

# Letters, marks and symbols by category, blank on the screen all the same (Unicode's
# Default_Ignorable_Code_Point outside category Cf, and the Braille blank): two names that look the same
# must not be two names.
_INVISIBLE = frozenset(
    map(
        chr,
        (
            0x034F,  # combining grapheme joiner
            *(0x115F, 0x1160, 0x3164, 0xFFA0),  # Hangul fillers
            *(0x17B4, 0x17B5),  # Khmer inherent vowels
            *(0x180B, 0x180C, 0x180D, 0x180F),  # Mongolian variation selectors
            0x2800,  # Braille pattern blank
            *range(0xFE00, 0xFE10),  # variation selectors
            *range(0xE0100, 0xE01F0),  # variation selectors supplement
        ),
    )
)


def harmless(raw: bytes, limit: int = LIMIT) -> str:
    r"""Decode UTF-8 leniently and show what cannot be printed as an escape.

    Octets that are no UTF-8 become `\xNN`, as do control characters; bidirectional marks, zero-width and
    other unprintable characters become `\uNNNN` or `\UNNNNNNNN`. A backslash stays a backslash: `CORP\anna`
    is an ordinary name. The result has at most `limit` octets of UTF-8, the last character an ellipsis where
    something was cut, and always encodes. Raises nothing.
    """
    if raw.isascii() and len(raw) <= limit:
        text = raw.decode("ascii")
        if text.isprintable():
            return text
    # No octet of input becomes less than one of output: what is cut here would be cut below as well.
    return harmless_text(raw[: limit + 4].decode("utf-8", "backslashreplace"), limit)


def harmless_text(text: str, limit: int = LIMIT) -> str:
    """Do the same for text that was decoded already, such as UTF-16; lone surrogates are escaped."""
    room = limit - _ELLIPSIS_OCTETS
    pieces: list[str] = []
    kept = 0  # pieces that leave room for an ellipsis
    size = 0
    for char in text:
        piece = char if char.isprintable() and char not in _INVISIBLE else _escape(ord(char))
        size += len(piece) if piece.isascii() else len(piece.encode())
        if size > limit:
            return "".join(pieces[:kept]) + (ELLIPSIS if room >= 0 else "")
        pieces.append(piece)
        if size <= room:
            kept = len(pieces)
    return "".join(pieces)


def _escape(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
