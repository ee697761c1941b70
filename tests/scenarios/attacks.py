"""Each kind of attack: `attack(kind, seed)`."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final

from scenarios.attack import NINE, TRUSTED, Attack, password
from scenarios.guessing import (
    brute_force_account,
    brute_force_network,
    brute_force_source,
    distributed_account,
    failure_rate_shift,
    low_and_slow,
    no_tarpit,
    password_spray,
    shared_dictionary,
)
from scenarios.people import people
from scenarios.visits import (
    MINUTE,
    SERVER,
    Try,
    Visit,
    right,
    wrong,
)
from support.forge_tcp import SECOND


def success_after_failures(random: Random) -> Attack:
    """One source guesses twelve passwords of one name, gets in and sends three mails."""
    source, person = "198.18.5.5", people()[60]
    tries = tuple(wrong(person.name, password(random), "LOGIN") for _ in range(12))
    enters = right(person.name, person.password, "LOGIN")
    visits = [
        Visit(NINE, source, tries[:6]),
        Visit(NINE + MINUTE, source, tries[6:]),
        Visit(NINE + 2 * MINUTE, source, (enters,), mails=3),
    ]
    return Attack(
        "success_after_failures",
        visits,
        "success_after_failures",
        {"source": source, "username": person.name},
        13,
        "1 source, 12 passwords on 1 name, then in, 3 mails",
        also={"brute_force_source": "the guessing before it"},
    )


def patient_break_in(random: Random) -> Attack:
    """The same with three minutes between two guesses."""
    fast = success_after_failures(random)
    tries = [each for visit in fast.visits for each in visit.tries]
    visits = [
        Visit(NINE + at * 3 * MINUTE, fast.key["source"], (each,), mails=3) for at, each in enumerate(tries)
    ]
    about = "1 source, 12 passwords on 1 name, 3 min apart, then in, 3 mails"
    return replace(fast, visits=visits, about=about)


def success_many_sources(_random: Random) -> Attack:
    """A stolen password used from eight networks within an hour."""
    person = people()[70]
    visits = [
        Visit(
            NINE + at * 7 * MINUTE,
            f"198.18.{50 + at}.3",
            (right(person.name, person.password, "LOGIN"),),
            mails=2,
        )
        for at in range(8)
    ]
    about = "1 account, logins from 8 networks in 49 min"
    return Attack("success_many_sources", visits, "success_many_sources", {"username": person.name}, 8, about)


def auth_not_offered(_random: Random) -> Attack:
    """AUTH at port 25 where EHLO offers none, as nmap tries it."""
    source = "198.18.6.8"
    visits = [
        Visit(
            NINE + part * 3 * SECOND,
            source,
            tuple(Try("LOGIN", "", "", 503 if part % 2 else 502) for _ in range(4)),
            port=25,
            offers=False,
        )
        for part in range(5)
    ]
    about = "20 AUTH commands to port 25, which offers none (502, 503), in 15 s"
    return Attack("auth_not_offered", visits, "auth_not_offered", {"source": source}, 20, about)


def auth_untrusted_source(_random: Random) -> Attack:
    """A login from outside the trusted networks."""
    source, person = "198.18.8.8", people()[80]
    visits = [Visit(NINE, source, (right(person.name, person.password),), mails=1)]
    about = "1 login from outside the trusted networks"
    return Attack(
        "auth_untrusted_source", visits, "auth_untrusted_source", {"source": source}, 1, about, site=TRUSTED
    )


def cleartext_credentials(_random: Random) -> Attack:
    """A login whose password anybody on the way can read."""
    visits = [
        Visit(NINE + at * MINUTE, "198.18.9.9", (right(one.name, one.password),), mails=1)
        for at, one in enumerate(people()[90:110])
    ]
    return Attack(
        "cleartext_credentials",
        visits,
        "cleartext_credentials",
        {"server": SERVER},
        20,
        "20 people log in without TLS",
    )


def stale_password(_random: Random) -> Attack:
    """A phone with an old password, every five minutes for two hours."""
    source, person = "198.18.9.20", people()[91]
    visits = [Visit(NINE + at * 5 * MINUTE, source, (wrong(person.name, "spring-2024"),)) for at in range(24)]
    key = {"source": source, "username": person.name}
    return Attack(
        "stale_password", visits, "stale_password", key, 23, "1 phone, 1 old password every 5 min for 2 h"
    )


KINDS: Final[dict[str, Callable[[Random], Attack]]] = {
    make.__name__: make
    for make in (
        brute_force_source,
        brute_force_account,
        password_spray,
        distributed_account,
        brute_force_network,
        low_and_slow,
        success_after_failures,
        success_many_sources,
        auth_not_offered,
        auth_untrusted_source,
        failure_rate_shift,
        shared_dictionary,
        cleartext_credentials,
        stale_password,
        no_tarpit,
    )
}


def attack(kind: str, seed: int = 1) -> Attack:
    """Return an attack of this kind."""
    return KINDS[kind](Random(f"{kind} {seed}"))
