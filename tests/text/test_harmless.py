"""Text from the wire can break no line, no terminal and no table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpsensor.text import harmless, harmless_text


@pytest.mark.parametrize(
    ("case", "raw", "text"),
    [
        ("plain", b"anna@example.net", "anna@example.net"),
        ("empty", b"", ""),
        ("a backslash stays", b"CORP\\anna", "CORP\\anna"),
        ("an escape written out is left as it is", b"a\\x1bb", "a\\x1bb"),
        ("UTF-8", "jürgen@пример.example".encode(), "jürgen@пример.example"),
        ("beyond the basic plane", "a😀".encode(), "a😀"),
        ("combining marks", "e\u0301".encode(), "e\u0301"),
        ("NUL", b"a\0b", "a\\x00b"),
        ("line ends", b"a\r\nb", "a\\x0d\\x0ab"),
        ("tab", b"a\tb", "a\\x09b"),
        ("DEL", b"a\x7fb", "a\\x7fb"),
        ("ANSI escape", b"\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("C1: the one-octet CSI", "a\x9b31m".encode(), "a\\x9b31m"),
        ("C1: next line", "a\x85b".encode(), "a\\x85b"),
        ("line and paragraph separator", "a\u2028b\u2029c".encode(), "a\\u2028b\\u2029c"),
        ("right-to-left override", "a\u202etxt.exe".encode(), "a\\u202etxt.exe"),
        ("bidirectional isolates", "a\u2066b\u2069".encode(), "a\\u2066b\\u2069"),
        ("zero-width space", "an\u200bna".encode(), "an\\u200bna"),
        ("zero-width joiner", "an\u200dna".encode(), "an\\u200dna"),
        ("byte order mark", "\ufeffanna".encode(), "\\ufeffanna"),
        ("soft hyphen", "an\xadna".encode(), "an\\xadna"),
        ("no-break space", "an\xa0na".encode(), "an\\xa0na"),
        ("tag characters", "a\U000e0041".encode(), "a\\U000e0041"),
        ("private use", "a\ue000".encode(), "a\\ue000"),
        ("noncharacter", "a\uffff".encode(), "a\\uffff"),
        ("a letter that is blank", "a\u3164b".encode(), "a\\u3164b"),
        ("a symbol that is blank", "a\u2800b".encode(), "a\\u2800b"),
        ("variation selector", "a\ufe0f".encode(), "a\\ufe0f"),
        ("no UTF-8 at all", b"j\xfcrgen\xff", "j\\xfcrgen\\xff"),
        ("overlong slash", b"a\xc0\xafb", "a\\xc0\\xafb"),
        ("surrogate in UTF-8", b"a\xed\xa0\x80b", "a\\xed\\xa0\\x80b"),
        ("cut in a character", b"ann\xc3", "ann\\xc3"),
    ],
)
def test_harmless(case: str, raw: bytes, text: str) -> None:
    assert harmless(raw) == text, case


@pytest.mark.parametrize(
    ("case", "raw", "limit", "text"),
    [
        ("fits exactly", b"abcdefgh", 8, "abcdefgh"),
        ("one too many", b"abcdefghi", 8, "abcde…"),
        ("fits exactly in UTF-8", "äöü€".encode(), 9, "äöü€"),
        ("a character is not cut in two", "aäöüß".encode(), 8, "aäö…"),
        ("an escape is not cut in two", b"abc\x1bdefg", 8, "abc…"),
        ("an escape that fits exactly", b"abcd\x1b", 8, "abcd\\x1b"),
        ("an escape that does not", b"abcde\x1b", 8, "abcde…"),
        ("the cut falls into a character of the input", b"abcdefg\xe2\x82\xac", 8, "abcde…"),
        ("room for the ellipsis alone", b"abcdefghi", 3, "…"),
        ("no room for the ellipsis", b"abcdefghi", 2, ""),
        ("no room", b"abc", 0, ""),
        ("12 kB", b"x" * 12288, 256, "x" * 253 + "…"),
        ("12 kB of escapes", b"\x1b" * 12288, 256, "\\x1b" * 63 + "…"),
    ],
)
def test_limit(case: str, raw: bytes, limit: int, text: str) -> None:
    assert harmless(raw, limit) == text, case
    assert len(text.encode()) <= limit


def test_lone_surrogates_of_utf_16() -> None:
    assert harmless_text("a\ud800b") == "a\\ud800b"


@given(st.binary(max_size=400), st.integers(0, 300))
def test_any_octets(raw: bytes, limit: int) -> None:
    text = harmless(raw, limit)
    assert text.isprintable()
    assert len(text.encode("utf-8", "strict")) <= limit
    assert "\n" not in text


@given(st.text(st.characters(), max_size=300), st.integers(0, 300))
def test_any_text(text: str, limit: int) -> None:
    shown = harmless_text(text, limit)
    assert shown.isprintable()
    assert len(shown.encode("utf-8", "strict")) <= limit


@given(st.text(st.characters(codec="utf-8"), max_size=90))
def test_octets_and_text_are_shown_alike(text: str) -> None:
    assert harmless(text.encode()) == harmless_text(text)


@given(st.binary(max_size=600))
def test_cutting_the_input_early_changes_nothing(raw: bytes) -> None:
    """What is shown of a long name does not depend on how much of it is behind the limit."""
    whole = harmless(raw, 4096)
    cut = harmless(raw, 64)
    assert cut == whole if len(whole.encode()) <= 64 else whole.startswith(cut.removesuffix("…"))
