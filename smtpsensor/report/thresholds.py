"""From when on something is called by a bad name, and how much the report remembers; each with its reason.

A *guess* is a try that somebody who knows the password would not make: a failure with a secret that this
source has not tried on this name before, a failure whose secret cannot be seen, or AUTH sent to a server that
did not offer it. Temporary failures, cancelled and aborted attempts and verdicts that were not seen are no
guesses. Python's smtplib turns one mistyped password into CRAM-MD5, PLAIN and LOGIN: failures without a
visible secret count only as far as they outnumber those with one, so that this is one guess. Failures too few
or too alike for a break-in that end in a login on the same account were mistakes, and are no guesses either.
"""

from dataclasses import dataclass

_SECOND = 1_000_000_000  # ns
MINUTE = 60 * _SECOND

# A source is guessing after 5 guesses within 10 minutes, Fail2Ban's default (maxretry, findtime), if they
# outnumber its successes: an office behind one address mistypes as much in the morning, and gets in.
GUESSES = 5
GUESS_WINDOW = 10 * MINUTE
# ... after 30 within 30 minutes, Zeek's default for SSH, however many succeed: an attacker behind that NAT.
BURST = 30
BURST_WINDOW = 30 * MINUTE
# ... and after 20 in all that outnumber the successes: low and slow. Mailu takes 50 a day per user, 5 an hour
# per network; a capture is often shorter than a day.
GUESSES_SLOW = 20

# An account is attacked after 5 different secrets (Fail2Ban's number again), or when sources from 10 places
# fail on it: nobody owns that many devices with an old password.
ACCOUNT_SECRETS = 5
ACCOUNT_SOURCES = 10

# "Got in after failing": a success where the same /24 or /64 failed at least 5 times in a row on the account,
# with at least 3 secrets. Two typos through smtplib are 6 failures with 2 secrets; a phone with the old
# password is any number of failures with 1.
BREAK_IN_FAILURES = 5
BREAK_IN_SECRETS = 3

# A stale password: the same secret on the same name again and again, from 5 repetitions on.
STALE = 5

# A server slows an attacker if half of its failures take a second or more (Dovecot waits 2 to 15 s).
TARPIT = _SECOND


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
    secrets: int = 16  # distinct secrets counted per account and pair, "16 or more" beyond
    mechanisms: int = 64  # distinct in all; 20 are in use, OTHER holds the rest
    words: int = 24  # distinct mechanisms, and reply codes, per server
    greetings: int = 4  # distinct greetings, and sets of offered mechanisms, per server
    break_ins: int = 4_096
    watched: int = 65_536  # connections that got in, until their session ends
    rows: int = 1_000  # rows of one list in the report
