"""Server replies (RFC 5321 section 4.2), capabilities, and the verdict on an AUTH attempt."""

from functools import lru_cache
from typing import NamedTuple

from smtpsensor.events import Outcome
from smtpsensor.text import LIMIT, harmless

CACHED = 1_024  # replies whose reading is kept: servers say the same few things
LINES = 128  # of one reply that are kept
OCTETS = 16_384  # of one reply's text that are kept: the longest challenge and an ordinary EHLO reply
_KEYWORDS = 64  # see SessionEvent.capabilities
_KEYWORD_OCTETS = 64  # RFC 5321 sets no limit; the longest registered is 16
_MECHANISMS = 64  # offered by one server; about 60 are registered

_CODES = {b"%d" % code: code for code in range(100, 600)}
# Codes that can answer AUTH in no way: help, greeting, goodbye, a recipient, a message to send.
_FOREIGN = frozenset((211, 214, 220, 221, 251, 252, 354))
_QUOTES = (b'"', b"'", b"`", b"<", b"[", b"(")
_REJECTED = frozenset((500, 501, 502, 503, 504, 530))
_PASSWORD_TRANSITION = 432  # RFC 4954 section 6: as good as a failure, for all its first digit


class Reply(NamedTuple):
    """One reply, of one line or several."""

    code: int  # of the last line
    lines: tuple[bytes, ...]  # text without code and line end
    enhanced: str | None  # "5.7.8" (RFC 3463) where the first or last text begins with one


class Verdict(NamedTuple):
    """What a reply makes of an attempt, and the name of the anomaly to count with it."""

    outcome: Outcome
    anomaly: str | None


class ReplyReader:
    """Puts replies together, line by line. Holds at most `LINES` texts with `OCTETS` octets together."""

    __slots__ = ("_octets", "_texts", "unparsable")

    def __init__(self) -> None:
        self.unparsable = 0  # lines that belong to no reply
        self._texts: list[bytes] = []  # of a reply whose last line is to come
        self._octets = 0

    def line(self, raw: bytes) -> Reply | None:
        """Take one line, with or without its line end; return the reply that it ends.

        None while more lines are to come, and for what is no reply line: counted in `unparsable`, and inside
        a reply passed over. Where the lines of one reply have different codes the last one's counts (RFC 5321
        section 4.2.1: "SHOULD be the same").
        """
        raw = raw.rstrip(b"\r\n")
        code, mark = _CODES.get(raw[:3]), raw[3:4]
        if code is None or mark not in b" -":  # nothing behind the code is in it as well
            self.unparsable += 1
            return None
        if mark == b"-":
            self._keep(raw[4:])
            return None
        if not self._texts:
            text = raw[4 : OCTETS + 4]
            return Reply(code, (text,), enhanced_code(text))
        self._keep(raw[4:], last=True)
        texts = tuple(self._texts)
        self.reset()
        return Reply(code, texts, enhanced_code(texts[0]) or enhanced_code(texts[-1]))

    def reset(self) -> None:
        """Forget a reply half read: a gap follows."""
        self._texts = []
        self._octets = 0

    @property
    def pending(self) -> bool:
        """Whether a reply was begun whose last line is to come."""
        return bool(self._texts)

    def _keep(self, text: bytes, *, last: bool = False) -> None:
        if len(self._texts) >= LINES:
            if not last:
                return
            self._octets -= len(self._texts.pop())
        text = text[: OCTETS - self._octets]
        self._octets += len(text)
        self._texts.append(text)


@lru_cache(maxsize=CACHED)
def spoken(reply: Reply, limit: int = LIMIT) -> str | None:
    """Return the first line's text, fit for output.

    A server that did not understand may repeat what it was sent (`500 5.5.1 Command unrecognized:
    "c2VzYW1l"`), which may be a password out of step: of 500 to 504, what follows an opening quote or
    bracket is left out, of 500 to 502 also what follows a colon.
    """
    if not reply.lines:
        return None
    text = reply.lines[0]
    if 500 <= reply.code <= 504:
        marks = _QUOTES if reply.code > 502 else (b":", *_QUOTES)
        text = text[: min((at for at in map(text.find, marks) if at >= 0), default=len(text))].rstrip()
    return harmless(text, limit)


def enhanced_code(text: bytes) -> str | None:
    """Return the status code that a reply's text begins with (RFC 2034 section 4, RFC 3463 section 2)."""
    if text[1:2] != b"." or text[:1] not in (b"2", b"4", b"5"):
        return None
    code = text[:9].partition(b" ")[0].rstrip(b":")  # 5.NNN.NNN is the longest; Exchange puts a colon behind
    subject, dot, detail = code[2:].partition(b".")
    if not dot or len(subject) > 3 or len(detail) > 3 or not (subject.isdigit() and detail.isdigit()):
        return None
    return code.decode("ascii")


@lru_cache(maxsize=CACHED)
def capabilities(reply: Reply) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the keywords of an EHLO reply and the SASL mechanisms it offers, both in capitals.

    The first line is the server's name. Mechanisms follow AUTH after a space or, for clients older than the
    standard, an equals sign; servers that offer both forms offer them once here. X-EXPS (Exchange) and XAUTH
    are AUTH by other names.
    """
    keywords: dict[str, None] = {}
    mechanisms: dict[str, None] = {}
    for text in reply.lines[1:]:
        words = text.upper().split()
        if not words:
            continue
        keyword, equals, first = words[0].partition(b"=")
        if keyword in (b"AUTH", b"X-EXPS", b"XAUTH"):
            words[:1] = [keyword, first] if first else [keyword]
            for word in words[1:]:
                if len(mechanisms) < _MECHANISMS and word != b"=":
                    mechanisms[harmless(word, _KEYWORD_OCTETS)] = None
        elif equals:
            keyword = words[0]
        if len(keywords) < _KEYWORDS:
            keywords[harmless(keyword, _KEYWORD_OCTETS)] = None
    return tuple(keywords), tuple(mechanisms)


def verdict(reply: Reply, *, cancelled: bool = False) -> Verdict:
    """Judge the reply that ends an AUTH attempt; `cancelled` says that the client's last line was `*`.

    Codes and their meaning: RFC 4954 sections 4 and 6. A code that is not listed there counts by its first
    digit. Whether credentials had been sent makes no difference: 501 after them says that they were not
    judged, 535 to the AUTH line itself is a failure all the same. Raises KeyError for a code below 100 or
    over 599, which `ReplyReader` never returns.
    """
    code = reply.code
    if code == 501 and cancelled:
        return _CANCELLED
    if 200 <= code <= 299 and code not in _FOREIGN and says_failure(reply):
        return _CONTRADICTION
    return _VERDICTS[code]


def says_failure(reply: Reply) -> bool:
    """Whether a 2yz says in words or by its enhanced code that the login failed: "235 auth failure".

    A text that speaks of success as well, such as "Authentication successful, 2 failed attempts since", is
    taken at its code.
    """
    if reply.enhanced is not None and not reply.enhanced.startswith("2"):
        return True
    text = b" ".join(reply.lines).lower()
    if b"unsuccess" in text:
        return True
    return b"fail" in text and b"success" not in text and b"succeed" not in text


def _by_code(code: int) -> Verdict:
    """Build a line of the table of verdicts."""
    kind = code // 100
    if code in _FOREIGN or kind in (1, 3):
        return Verdict(Outcome.UNKNOWN, "reply_unexpected")
    if kind == 2:
        return Verdict(Outcome.SUCCESS, None if code == 235 else "success_code_unusual")
    if kind == 4:
        return Verdict(Outcome.FAILURE if code == _PASSWORD_TRANSITION else Outcome.TEMPORARY, None)
    return Verdict(Outcome.REJECTED if code in _REJECTED else Outcome.FAILURE, None)


_VERDICTS = {code: _by_code(code) for code in range(100, 600)}
_CANCELLED = Verdict(Outcome.CANCELLED, None)
_CONTRADICTION = Verdict(Outcome.FAILURE, "success_text_failure")
