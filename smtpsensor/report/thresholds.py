"""From when on something is called by a bad name, and how much the report remembers; each with its reason.

A *guess* is a try that somebody who knows the password would not make: a failure with a secret that this
source has not tried on this name before, a failure whose secret cannot be seen, or AUTH sent to a server that
did not offer it. Temporary failures, cancelled and aborted attempts and verdicts that were not seen are no
guesses. Python's smtplib turns one mistyped password into CRAM-MD5, PLAIN and LOGIN: failures without a
visible secret count only as far as they outnumber those with one, so that this is one guess. Failures too few
or too alike for a break-in that end in a login on the same account were mistakes, and are no guesses either.

An *old password* is one secret of one source on one name, repeated however often and fast. Tools repeat
themselves too (hydra may try each password in all of its connections): from TOOL_SECRETS different secrets of
one source on one name on, the repetitions are guesses as well, those before included. Not so the same secret
by another mechanism right after (smtplib again), nor while one secret makes up over nine tenths: that is a
device with an old password, and its owner who mistypes beside it.
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

# ... or a success, on any account, of a source that is guessing, if it made 5 guesses on 3 other accounts or
# more within the last day that did not come in, and if its guesses are 3 times its logins (a tool that tries
# stolen passwords hits one in a hundred; an office mistypes once in ten logins). Both must still hold ten
# minutes later: people who mistype come in right after, and a shared address shows by all who come in. On
# fewer accounts it may be somebody who mistakes his name. A day, because sprays wait an hour between rounds,
# so as to lock nobody out, while a pool gives the address to somebody else on the next day. The account that
# came in from there first, a minute or more before the guessing, is at home.
SPRAY_ACCOUNTS = 3
SPRAY_GUESSES = GUESSES
SPRAY_RATIO = 3
SPRAY_AGE = 24 * 60 * MINUTE
SPRAY_WAIT = GUESS_WINDOW
SPRAY_HOME = MINUTE
# An account with one secret that came back after a minute or later is a device with an old password, unless
# the secret was tried on 3 of the accounts: that is nobody's own. Secrets that cannot be seen count once per
# account: it may be a device as well.
RETURNED = MINUTE
SHARED = 3

# From 3 secrets of one source on one name on, repetitions are guesses. 2 are an old password and a typo.
TOOL_SECRETS = BREAK_IN_SECRETS

# A stale password: the same secret on the same name again and again, from 5 repetitions on.
STALE = 5

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
    # Sources that fail on two accounts or more, and how many accounts of each (the latest) are at hand when
    # it gets in, "32 or more" beyond. Pairs that their table sheds live on in here, so 40 MB at most.
    sprays: int = 2_048
    sprayed: int = 32
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
