"""The stories whose reports stand in golden/ as text."""

from report.wire import ATTACKER, OWNER, Wire, passwords
from sinks.samples import SECOND

from smtpsensor.events import Encryption, Outcome
from smtpsensor.sinks.names import NamePolicy

V6 = "2001:db8:1234:5678:9abc:def0:1234:5678"
POSTFIX = {
    "greeting": "mx.example.net",
    "software": "ESMTP Postfix",
    "auth_offered": ("PLAIN", "LOGIN"),
    "starttls_offered": True,
}


def attack(policy: NamePolicy | None = None) -> Wire:
    """A spray, a targeted attack over IPv6 that gets in, an old password, typos, TLS, a lossy mirror."""
    wire = Wire(policy=policy)
    for number in range(60):
        wire.fail(
            ATTACKER,
            f"user{number % 13}@example.net",
            f"guess{number}",
            wait=2 * SECOND,
            response_ns=31_000_000,
        )
        wire.end(**POSTFIX)
    for secret in passwords(24):
        wire.fail(V6, "Anna@example.net", secret, response_ns=2_100_000_000)
        wire.end(**POSTFIX)
    wire.login("2001:db8:1234:5678::9", "anna@example.net", response_ns=40_000_000)
    wire.end(**POSTFIX, mails=3, recipients=120, mail_bytes=1_234_567)
    wire.fail(OWNER, "carl@example.net", *["old"] * 12, wait=300 * SECOND)
    wire.smtplib(OWNER, "dora@example.net", "typo")
    wire.login(OWNER, "dora@example.net")
    wire.attempt(Outcome.TEMPORARY, OWNER, "dora@example.net", "right", code=454, enhanced="4.7.0")
    wire.attempt(Outcome.UNKNOWN, OWNER, "dora@example.net", "right")
    for number in range(120):
        wire.attempt(
            Outcome.REJECTED,
            "203.0.113.77",
            f"admin{number}",
            offered=False,
            code=503,
            enhanced=None,
            where={"dst": "2001:db8::25", "dst_port": 25},
        )
    wire.end(
        greeting="exim.example.org", software="ESMTP Exim 4.96", where={"dst": "2001:db8::25", "dst_port": 25}
    )
    for _ in range(30):
        wire.end(**POSTFIX | {"auth_offered": ()}, encryption=Encryption.STARTTLS)
        wire.end(encryption=Encryption.IMPLICIT, where={"dst_port": 465})
    wire.stats.frames, wire.stats.frames_smtp = 12_345, 12_000
    wire.stats.gaps, wire.stats.gap_bytes = 2, 2_920
    wire.stats.frames_undecoded = 3
    wire.stats.undecoded["ppp"] = 3
    wire.stats.named.update({"early_talker": 120, "overlap_conflict": 1})
    return wire


def quiet() -> Wire:
    """An ordinary day, all of it read."""
    wire = Wire()
    for user in ("anna", "bob"):
        wire.login(OWNER, user, response_ns=35_000_000)
        wire.end(**POSTFIX, mails=1, recipients=2)
    wire.stats.frames = wire.stats.frames_smtp = 60
    return wire


def encrypted() -> Wire:
    """Everything by STARTTLS: nothing to see, and said so."""
    wire = Wire()
    for _ in range(8):
        wire.end(**POSTFIX | {"auth_offered": ()}, encryption=Encryption.STARTTLS)
    wire.stats.frames = wire.stats.frames_smtp = 100
    return wire


def empty() -> Wire:
    """A capture without mail."""
    wire = Wire()
    wire.stats.frames = wire.stats.frames_other = 10
    return wire


def crowd() -> Wire:
    """More of everything than a screen has room for."""
    wire = Wire()
    for host in range(13):
        wire.fail(f"198.18.{host}.7", f"user{host}", *passwords(6), where={"dst": f"203.0.113.{host}"})
        wire.login(f"198.18.{host}.7", f"user{host}", where={"dst": f"203.0.113.{host}"})
        wire.end(
            where={"dst": f"203.0.113.{host}"},
            auth_offered=("LOGIN",),
            mails=100 - host,
            recipients=900,
            mail_bytes=80_000,
        )
    return wire


def spray() -> Wire:
    """One password on many names finds two accounts, one of which it had failed on; a tool repeats itself."""
    wire = Wire()
    for number in range(40):
        wire.fail(ATTACKER, f"user{number}@example.net", "Summer2026", wait=4 * SECOND)
        if number == 20:
            wire.fail(ATTACKER, "dora@example.net", "Spring2026")
            wire.login(ATTACKER, "clara@example.net", "Summer2026")
            wire.end(**POSTFIX)
    wire.login(ATTACKER, "dora@example.net", "Summer2026")
    wire.end(**POSTFIX, mails=40, recipients=2_000, mail_bytes=90_000)
    for secret in passwords(10):
        wire.fail(V6, "info@example.net", *[secret] * 4, wait=SECOND // 4)
    wire.login("203.0.113.9", "early@example.net", "123456")
    for number in range(30):
        wire.fail("203.0.113.9", f"name{number}", "123456")
    wire.end(**POSTFIX, where={"dst": "2001:db8:25::25"})
    return wire
