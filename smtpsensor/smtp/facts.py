"""What a session has told about itself, and the event it becomes at its end."""

from smtpsensor.events import Encryption, EndReason, Flow, Outcome, SessionEvent
from smtpsensor.smtp.attempt import Attempt
from smtpsensor.smtp.commands import Kind
from smtpsensor.smtp.reply import Reply, capabilities
from smtpsensor.smtp.sasl import Exchange
from smtpsensor.smtp.stream import Mark
from smtpsensor.text import harmless


class Facts:
    """Everything about one session that is no state of the parser."""

    __slots__ = (
        "attempts", "capabilities", "encryption", "failures", "greeted", "greeting", "helo", "in_mail",
        "last_code", "lost_client", "lost_server", "mail_bytes", "mails", "mechanisms", "midstream",
        "recipients", "software", "starttls", "successes",
    )  # fmt: skip

    def __init__(self, *, midstream: bool) -> None:
        self.midstream = midstream
        self.encryption = Encryption.UNKNOWN
        self.greeted = False
        self.greeting: str | None = None
        self.software: str | None = None
        self.helo: str | None = None
        self.starttls = False
        self.capabilities: tuple[str, ...] | None = None  # None: no EHLO reply seen
        # What may be used now: nothing before EHLO (RFC 4954 section 3), None when a reply may be lost.
        self.mechanisms: tuple[str, ...] | None = None if midstream else ()
        self.attempts = self.failures = self.successes = 0
        self.in_mail = False
        self.mails = self.recipients = self.mail_bytes = 0
        self.lost_client = self.lost_server = 0
        self.last_code: int | None = None

    def answered(self, kind: int, reply: Reply, limit: int) -> None:
        """Learn from the reply to a command."""
        good = 200 <= reply.code < 300
        if kind == Kind.GREETING:
            self.greeted = True
            self.encryption = Encryption.CLEAR
            host, _, rest = (reply.lines[0] if reply.lines else b"").partition(b" ")
            self.greeting = harmless(host, limit)
            self.software = harmless(rest.strip(), limit) or None
        elif kind == Kind.EHLO:
            if good:
                self.capabilities, self.mechanisms = capabilities(reply)
                self.starttls |= "STARTTLS" in self.capabilities
            self.in_mail = False
        elif kind == Kind.HELO:
            self.in_mail = False
        elif kind == Kind.MAIL:
            self.in_mail = good
        elif kind == Kind.RCPT:
            self.recipients += good
            self.in_mail |= good
        elif kind == Kind.RSET:
            self.in_mail = False
        elif kind == Kind.BODY:
            self.in_mail = False
            self.mails += good

    @property
    def incomplete(self) -> bool:
        """Whether octets of the session are lost."""
        return self.lost_client + self.lost_server > 0

    def forget_offer(self) -> None:
        """Say that an EHLO reply was lost: what is offered is not known."""
        self.mechanisms = None

    def offers(self, mechanism: str) -> bool | None:
        """Whether `mechanism` was offered before it was used; None: not known."""
        if self.mechanisms is None:
            return None
        if mechanism in self.mechanisms:
            return True
        # An EHLO and its reply may have been in what was lost.
        return None if self.lost_client or self.lost_server else False

    def open(self, exchange: Exchange | None, mark: Mark) -> Attempt:
        """Begin the next attempt; without an exchange where its command was lost."""
        self.attempts += 1
        offered = None if exchange is None else self.offers(exchange.mechanism)
        return Attempt(exchange, mark, offered, self.attempts)

    def count(self, outcome: Outcome) -> None:
        """Count a verdict."""
        if outcome is Outcome.FAILURE:
            self.failures += 1
        elif outcome is Outcome.SUCCESS:
            self.successes += 1

    def event(
        self,
        flow: Flow,
        end: EndReason,
        frames: tuple[Mark, Mark],
        octets: tuple[int, int],
        odd: tuple[str, ...],
    ) -> SessionEvent:
        """Make the session's event from its first and last frame and the octets seen of client and server."""
        first, last = frames
        keywords = self.capabilities
        return SessionEvent(
            first[0],
            last[0],
            flow,
            end,
            first[2],
            first[1],
            self.encryption,
            self.greeting,
            self.software,
            self.helo,
            keywords or (),
            self.mechanisms or (),
            None if keywords is None else self.starttls,
            self.attempts,
            self.failures,
            self.successes,
            self.mails,
            self.recipients,
            self.mail_bytes,
            octets[0],
            octets[1],
            self.lost_client,
            self.lost_server,
            self.midstream,
            self.last_code,
            odd,
        )
