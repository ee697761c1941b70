"""Things that people and their devices do, each alone, that look like an attack of some kind."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Final

from scenarios.attacks import attack
from scenarios.people import OFFICE, WEBMAIL, people
from scenarios.visits import HOUR, MIDNIGHT, MINUTE, Visit, as_smtplib, by_time, right, wrong
from support.forge_tcp import SECOND

EIGHT: Final = MIDNIGHT + 8 * HOUR


def phone_and_owner(random: Random) -> Iterator[Visit]:
    """A phone has the old password; its owner, behind the same address, mistypes twice and comes in."""
    person = people()[110]
    for number in range(random.randrange(8, 30)):
        yield Visit(EIGHT + number * 3 * MINUTE, person.home, (wrong(person.name, "summer-2025"),))
    ts = EIGHT + 90 * MINUTE
    for number in range(2):
        yield Visit(
            ts + number * 15 * SECOND, person.home, (wrong(person.name, f"{person.password}{number}"),)
        )
    yield Visit(ts + 45 * SECOND, person.home, (right(person.name, person.password),), mails=1)


def scanner_that_tries_every_mechanism(_random: Random) -> Iterator[Visit]:
    """A device with an old password goes through CRAM-MD5, PLAIN and LOGIN, every 15 minutes for a day."""
    person = people()[150]
    for number in range(96):
        yield Visit(EIGHT + number * 15 * MINUTE, person.home, as_smtplib(person.name, "scanner-1"))


def device_with_cram_only(_random: Random) -> Iterator[Visit]:
    """A device with an old password knows CRAM-MD5 alone, and asks every 10 minutes for 8 hours."""
    person = people()[151]
    for number in range(48):
        yield Visit(EIGHT + number * 10 * MINUTE, person.home, (wrong(person.name, "old", "CRAM-MD5"),))


def new_passwords_for_all(random: Random) -> Iterator[Visit]:
    """On Monday everybody in the office has a new password: the computers know it, the phones do not."""
    for person in people()[:50]:
        arrives = EIGHT + random.randrange(HOUR)
        yield Visit(arrives, OFFICE, (right(person.name, person.password),), mails=1)
        for number in range(12):
            ts = arrives + number * 5 * MINUTE + random.randrange(MINUTE)
            yield Visit(ts, OFFICE, (wrong(person.name, f"{person.password}-old"),))


def morning_at_webmail(random: Random) -> Iterator[Visit]:
    """Forty people come in through webmail within half an hour, every fourth with a typo first."""
    for person in people()[50:90]:
        ts = EIGHT + random.randrange(30 * MINUTE)
        if person.number % 4 == 0:
            yield Visit(ts, WEBMAIL, (wrong(person.name, person.password[1:]),))
        yield Visit(ts + 20 * SECOND, WEBMAIL, (right(person.name, person.password),))


def owner_under_attack(random: Random) -> Iterator[Visit]:
    """The owner logs in from elsewhere while the account is under distributed attack, after a typo."""
    person = people()[12]
    yield from attack("distributed_account", random.randrange(1_000)).visits
    for number in range(6):
        ts = EIGHT + 80 * MINUTE + number * 10 * MINUTE
        source = f"10.99.{number // 3}.7"
        if number == 3:
            yield Visit(ts - 30 * SECOND, source, (wrong(person.name, person.password[1:]),))
        yield Visit(ts, source, (right(person.name, person.password),), mails=1)


def wrong_name(_random: Random) -> Iterator[Visit]:
    """Somebody does not know which name to give: two wrong ones, each with two passwords, then in."""
    person = people()[120]
    ts = EIGHT
    for spelling in (person.name.partition("@")[0], person.name.replace(".", "_")):
        for secret in (person.password, person.password.lower()):
            yield Visit(ts, person.home, (wrong(spelling, secret),))
            ts += 20 * SECOND
    yield Visit(ts, person.home, (right(person.name, person.password),), mails=1)


def printers_with_an_old_password(_random: Random) -> Iterator[Visit]:
    """Thirty printers of a building, a network of their own, ask with the old password of one account."""
    for number in range(300):
        ts = EIGHT + number * 20 * SECOND
        yield Visit(ts, f"10.7.1.{2 + number % 30}", (wrong("scan@example.net", "toner-2025"),))


def moved_to_another_server(_random: Random) -> Iterator[Visit]:
    """The new server does not know the accounts yet: forty clients of an office fail until it does."""
    for turn in range(3):
        for person in people()[:40]:
            ts = EIGHT + turn * 4 * MINUTE + person.number * 5 * SECOND
            yield Visit(ts, OFFICE, (wrong(person.name, person.password),))
    for person in people()[:40]:
        ts = EIGHT + 15 * MINUTE + person.number * 5 * SECOND
        yield Visit(ts, OFFICE, (right(person.name, person.password),), mails=1)


def phone_behind_many_addresses(_random: Random) -> Iterator[Visit]:
    """A mobile carrier gives each connection another address, out of eight networks (CGNAT)."""
    person = people()[130]
    for number in range(24):
        ts = EIGHT + number * 5 * MINUTE
        yield Visit(ts, f"10.91.{number % 8}.9", (right(person.name, person.password),), mails=1)


def mailbox_of_a_team(_random: Random) -> Iterator[Visit]:
    """Seven people share one mailbox, each at home."""
    for number in range(28):
        ts = EIGHT + number * 2 * MINUTE
        yield Visit(ts, f"10.92.{number % 7}.9", (right("info@example.net", "ours"),), mails=1)


def scanners_with_one_list(_random: Random) -> Iterator[Visit]:
    """Six branches have the same scanner with the same five accounts, whose passwords are old."""
    for branch in range(6):
        for number in range(5):
            ts = EIGHT + branch * 10 * MINUTE + number * MINUTE
            yield Visit(ts, f"10.93.{branch}.9", (wrong(f"scan{number}@example.net", f"old-{number}"),))


# What is right to say above info, by rule.
SCENES: Final[dict[Callable[[Random], Iterator[Visit]], set[str]]] = {
    phone_and_owner: set(),
    scanner_that_tries_every_mechanism: set(),
    device_with_cram_only: set(),
    new_passwords_for_all: set(),
    morning_at_webmail: set(),
    owner_under_attack: {"distributed_account"},
    wrong_name: set(),
    printers_with_an_old_password: set(),
    moved_to_another_server: set(),
    phone_behind_many_addresses: set(),
    mailbox_of_a_team: set(),
    scanners_with_one_list: set(),
}

# What is played at real servers too, and tells what a limit per address makes of it.
COMPARED: Final = (
    phone_and_owner,
    scanner_that_tries_every_mechanism,
    device_with_cram_only,
    new_passwords_for_all,
    morning_at_webmail,
    wrong_name,
)


def scene(make: Callable[[Random], Iterator[Visit]], seed: int) -> list[Visit]:
    """Return a scene's connections, in order."""
    return by_time(make(Random(f"{make.__name__} {seed}")))
