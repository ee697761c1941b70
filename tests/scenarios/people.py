"""A legitimate day at a company's mail server, with all that looks like an attack and is none.

`legit_day(seed)`: 24 h, 200 people. Everybody works from some device through the day. Beside that, each part
below is a thing that operators know from false alarms.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from scenarios.visits import DAY, HOUR, MIDNIGHT, MINUTE, Visit, as_smtplib, by_time, right, wrong
from support.forge_tcp import SECOND

PEOPLE: Final = 200
OFFICE: Final = "192.0.2.10"  # NAT of an office with 50 people behind it
WEBMAIL: Final = "203.0.113.30"
PROBES: Final = ("203.0.113.40", "203.0.113.41")
RESTART: Final = MIDNIGHT + 12 * HOUR + 30 * MINUTE
# Networks of everybody above and below, for whoever calls them trusted.
NETWORKS: Final = ("10.0.0.0/8", "192.0.2.0/24", "203.0.113.0/24", "2001:db8:1000::/36")
# Logins by hour of the day.
_RHYTHM: Final = (1, 1, 1, 1, 2, 4, 10, 25, 40, 42, 36, 32, 25, 34, 36, 34, 30, 26, 16, 12, 10, 8, 5, 2)
_GIVEN: Final = (
    "anna bert clara dora emil fritz greta hans ida jonas karla leo mia nora otto paula ralf sofia theo ute"
)
_FAMILY: Final = "adler berg clausen dietz engel falk graf horn jansen kern"
_MOBILE: Final = ("2001:db8:1000:5::77", "2001:db8:1100:5::77", "2001:db8:1200:5::77", "2001:db8:1300:5::77")
_MECHANISMS: Final = ("PLAIN", "PLAIN", "PLAIN", "LOGIN")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account. `home`: the address of the home, IPv4 or IPv6."""

    number: int
    name: str
    password: str
    home: str
    place: str  # where the computer stands: office, webmail or home


def people() -> list[Person]:
    """Return everybody: the first 50 in the office, the next 40 at webmail."""
    given_names, family_names = _GIVEN.split(), _FAMILY.split()
    found = []
    for number in range(PEOPLE):
        given, family = given_names[number % 20], family_names[number // 20]
        if number % 7 == 6:
            home = f"2001:db8:{0x1000 + number:x}:1::{number:x}"
        else:
            home = f"10.{20 + number // 50}.{number}.{7 + number % 90}"
        place = OFFICE if number < 50 else WEBMAIL if number < 90 else home
        password = f"{family.title()}={given[::-1]}/{number * 37 % 1000}"
        found.append(Person(number, f"{given}.{family}@example.net", password, home, place))
    return found


def legit_day(seed: int = 1) -> list[Visit]:
    """Return the day's connections, in order of time."""
    random = Random(seed)
    everybody = people()
    visits: list[Visit] = []
    for part in (
        _work, _phones_with_old_passwords, _typos, _typos_by_scripts, _restart, _travellers, _password_change,
    ):  # fmt: skip
        visits += part(everybody, random)
    for other in (_probes, _mailing, _mail_from_elsewhere):
        visits += other(random)
    return by_time(visits)


def _hour(random: Random) -> int:
    return random.choices(range(24), _RHYTHM)[0]


def _moment(random: Random) -> int:
    """Return some time of the day, by its rhythm."""
    return MIDNIGHT + _hour(random) * HOUR + random.randrange(HOUR)


def _work(everybody: list[Person], random: Random) -> Iterator[Visit]:
    """Log in and send, from a computer and a phone; every sixth connection uses TLS."""
    for person in everybody:
        for _ in range(random.randint(5, 11)):
            source = person.place if random.random() < 0.7 else person.home
            login = right(person.name, person.password, random.choice(_MECHANISMS))
            hidden = random.random() < 1 / 6
            mails = random.choice((0, 1, 1, 2))
            yield Visit(_moment(random), source, () if hidden else (login,), mails=mails, tls=hidden)


def _phones_with_old_passwords(everybody: list[Person], _random: Random) -> Iterator[Visit]:
    """Three devices that did not hear of a changed password, and ask again for hours.

    One of them moves from one mobile network to the next.
    """
    first, second, third = everybody[110], everybody[41], everybody[150]
    for number in range(120):  # every 3 minutes for 6 hours
        ts = MIDNIGHT + 8 * HOUR + number * 3 * MINUTE
        yield Visit(ts, first.home, (wrong(first.name, "summer-2025"),))
    for number in range(96):  # every 5 minutes for 8 hours
        source = _MOBILE[number // 24]
        ts = MIDNIGHT + 9 * HOUR + number * 5 * MINUTE + 41 * SECOND
        yield Visit(ts, source, (wrong(second.name, "Old=Secret", "LOGIN"),))
    for number in range(20):  # every 15 minutes for 5 hours
        ts = MIDNIGHT + 10 * HOUR + number * 15 * MINUTE + 9 * SECOND
        yield Visit(ts, third.home, (wrong(third.name, "scanner-1", "LOGIN"),))


def _typos(everybody: list[Person], random: Random) -> Iterator[Visit]:
    """One to three wrong passwords, then the right one; eight times at the office, four at webmail."""
    clumsy = [*everybody[0:48:6], *everybody[52:84:8], *everybody[93:200:9]]
    for person in clumsy:
        ts = MIDNIGHT + random.randrange(8, 18) * HOUR + random.randrange(HOUR)
        for number in range(random.choice((1, 1, 1, 2, 2, 3))):
            mistyped = f"{person.password[: 4 + number]}{person.password[5 + number :]}"
            yield Visit(ts, person.place, (wrong(person.name, mistyped, random.choice(_MECHANISMS)),))
            ts += random.randint(5, 25) * SECOND
        yield Visit(ts, person.place, (right(person.name, person.password),), mails=1)


def _typos_by_scripts(everybody: list[Person], random: Random) -> Iterator[Visit]:
    """One or two typos in scripts that use smtplib: each fails three times."""
    for person, typos in ((everybody[95], 1), (everybody[7], 1), (everybody[133], 2)):
        ts = MIDNIGHT + random.randrange(9, 17) * HOUR + random.randrange(HOUR)
        for number in range(typos):
            yield Visit(ts, person.place, as_smtplib(person.name, f"{person.password}{number}"))
            ts += 40 * SECOND
        yield Visit(ts, person.place, as_smtplib(person.name, person.password, good=True), mails=1)


def _restart(everybody: list[Person], random: Random) -> Iterator[Visit]:
    """The server goes down for lunch: connections cut, then 454 for minutes, and everybody comes back."""
    for person in random.sample(everybody, 60):
        cut = Visit(
            RESTART - random.randint(1, 5) * SECOND,
            person.place,
            (right(person.name, person.password),),
            end=random.choice(("rst", "shutdown")),
        )
        yield cut
        back = RESTART + random.randint(20, 40) * SECOND
        for number in range(random.randint(3, 8)):
            refused = replace(right(person.name, person.password), code=454)
            yield Visit(back + number * 20 * SECOND, person.place, (refused,))
        last = RESTART + 4 * MINUTE + random.randrange(MINUTE)
        yield Visit(last, person.place, (right(person.name, person.password),), mails=1)


def _travellers(everybody: list[Person], random: Random) -> Iterator[Visit]:
    """Five people on the way: home, train, hotel, mobile; up to four networks within an hour."""
    for number, person in enumerate(everybody[170:175]):
        begin = MIDNIGHT + (7 + number) * HOUR
        for hop in range(3 + number % 2):
            for _ in range(3):
                ts = begin + hop * 14 * MINUTE + random.randrange(13 * MINUTE)
                source = f"10.{40 + number}.{hop}.{random.randint(2, 9)}"
                yield Visit(ts, source, (right(person.name, person.password),), mails=1)


def _password_change(everybody: list[Person], random: Random) -> Iterator[Visit]:
    """Somebody changes the password: phone, tablet and computer fail with the old one until each is told."""
    person = everybody[185]
    begin = MIDNIGHT + 14 * HOUR
    for number, (source, until) in enumerate(
        ((person.home, 3), ("10.50.1.4", 12), ("2001:db8:1f00:9::3", 25)),
    ):
        for again in range(until):
            ts = begin + again * 2 * MINUTE + number * 17 * SECOND + random.randrange(10 * SECOND)
            yield Visit(ts, source, (wrong(person.name, f"{person.password}-old"),))
        told = begin + until * 2 * MINUTE + number * 20 * SECOND
        yield Visit(told, source, (right(person.name, person.password),), mails=1)


def _probes(_random: Random) -> Iterator[Visit]:
    """Two monitoring probes, each every minute; one logs in."""
    for minute in range(DAY // MINUTE):
        ts = MIDNIGHT + minute * MINUTE
        yield Visit(ts + 3 * SECOND, PROBES[0], port=25)
        yield Visit(ts + 7 * SECOND, PROBES[1], (right("probe@example.net", "is it up?"),))


def _mailing(random: Random) -> Iterator[Visit]:
    """One account sends the newsletter: 400 connections in an hour."""
    for number in range(400):
        ts = MIDNIGHT + 15 * HOUR + number * 9 * SECOND + random.randrange(SECOND)
        yield Visit(ts, "10.60.0.5", (right("newsletter@example.net", "To=All!", "LOGIN"),), mails=2)


def _mail_from_elsewhere(random: Random) -> Iterator[Visit]:
    """Other servers bring mail: port 25, no AUTH."""
    for _ in range(400):
        source = f"10.{random.randrange(70, 90)}.{random.randrange(250)}.{random.randrange(1, 250)}"
        yield Visit(_moment(random), source, port=25, mails=1, tls=random.random() < 0.5)
