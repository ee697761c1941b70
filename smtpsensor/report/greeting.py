"""A server's greeting without what is new in each: Exim and Sendmail end it with the date."""

import re

_DATE = re.compile(
    r"(?:[,;]| ready at)? +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), "
    r"\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d .{2,16}$"
)
_SHORTEST = 27  # characters of a date


def undated(text: str) -> str:
    """Return `ESMTP Exim 4.96` of `ESMTP Exim 4.96 Tue, 24 Nov 2026 21:13:08 +0000` (RFC 5322 3.3)."""
    return _DATE.sub("", text) if len(text) >= _SHORTEST else text
