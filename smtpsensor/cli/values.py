"""Option values from text. What means nothing raises OptionError, in one line that names the fix."""

from collections.abc import Iterable


class OptionError(ValueError):
    """A value of an option that means nothing; the text names option, value and fix."""


def ports(texts: Iterable[str], option: str) -> frozenset[int]:
    """Return the ports of `25`, `25,587` or several of these; raises OptionError."""
    found = set()
    for text in texts:
        for word in text.split(","):
            word = word.strip()
            if not (word.isascii() and word.isdigit() and 0 < int(word[:6]) < 65_536):
                raise OptionError(f"{option}: {word!r} is no port; write a number from 1 to 65535")
            found.add(int(word))
    return frozenset(found)
