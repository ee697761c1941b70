"""From when on something is called by a bad name, and how much the report remembers; each with its reason.

What a guess and an old password are, `smtpsensor.detect.tries` says; who broke in, the alerts.
"""

from dataclasses import dataclass

from smtpsensor.detect.tries import MINUTE

_SECOND = 1_000_000_000  # ns

# A source is guessing after 5 guesses within 10 minutes (`tries.GUESSES`) if they outnumber its successes: an
# office behind one address mistypes as much in the morning, and gets in.
# ... after 30 within 30 minutes, Zeek's default for SSH, however many succeed: an attacker behind that NAT.
BURST = 30
BURST_WINDOW = 30 * MINUTE
# ... and after 20 in all that outnumber the successes (`tries.GUESSES_SLOW`).

# An account is attacked after 5 different secrets (Fail2Ban's number again), or when sources from 10 places
# fail on it: nobody owns that many devices with an old password.
ACCOUNT_SECRETS = 5
ACCOUNT_SOURCES = 10

# A server slows an attacker if half of its failures take a second or more (Dovecot waits 2 to 15 s), less
# what a timer takes off that runs once a second: 990 ms are usual.
TARPIT = 9 * _SECOND // 10


@dataclass(frozen=True, slots=True)
class Caps:
    """How much the report remembers. Below the caps every count is exact.

    A full table sheds the quarter of its entries that is least interesting (fewest guesses, oldest), so that
    an attack stays while a flood of one-time sources passes through; totals still count everything.
    """

    # 0.6 kB each: 20 MB for each of the three; 70 MB in all with the links.
    sources: int = 32_768
    accounts: int = 32_768
    pairs: int = 32_768  # (source network, account) that failed
    # (source, account) combinations behind all "distinct accounts" and "distinct sources", 60 octets each.
    links: int = 262_144
    servers: int = 2_048  # of one site; 24 kB each at most, most of it reply times
    # Reply times per server and kind; beyond, every second one is kept, then every fourth ...
    samples: int = 1_024
    mechanisms: int = 64  # distinct in all; 20 are in use, OTHER holds the rest
    words: int = 24  # distinct mechanisms, and reply codes, per server
    greetings: int = 4  # distinct greetings, and sets of offered mechanisms, per server
    alerts: int = 1_000  # the gravest, then the latest; the others are counted
    rows: int = 1_000  # rows of one list in the report
