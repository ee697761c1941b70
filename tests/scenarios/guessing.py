"""Attacks by guessing, each in its own way."""

from random import Random

from scenarios.attack import NINE, Attack, name_at, password
from scenarios.people import people
from scenarios.visits import DAY, HOUR, MIDNIGHT, MINUTE, SERVER, Visit, by_time, wrong
from support.forge_tcp import SECOND


def brute_force_source(random: Random) -> Attack:
    """hydra: one source, one name, ten passwords a connection."""
    source, name = "198.18.1.66", name_at(0)
    visits = [
        Visit(
            NINE + part * 30 * SECOND,
            source,
            tuple(wrong(name, password(random), "LOGIN") for _ in range(10)),
        )
        for part in range(4)
    ]
    about = "1 source, 1 name, 40 passwords in 2 min"
    return Attack("brute_force_source", visits, "brute_force_source", {"source": source}, 40, about)


def brute_force_account(random: Random) -> Attack:
    """Five sources, eight passwords each, one name, within half an hour."""
    name = people()[3].name
    visits = [
        Visit(NINE + number * 40 * SECOND, f"198.18.{10 + number % 5}.9", (wrong(name, password(random)),))
        for number in range(40)
    ]
    about = "5 sources, 8 passwords each on 1 name in 27 min"
    return Attack("brute_force_account", visits, "brute_force_account", {"username": name}, 40, about)


def password_spray(random: Random) -> Attack:
    """One source, one password, forty names."""
    source, same = "198.18.2.77", password(random)
    visits = [Visit(NINE + at * 6 * SECOND, source, (wrong(name_at(at), same),)) for at in range(40)]
    about = "1 source, 40 names, 1 password in 4 min"
    return Attack("password_spray", visits, "password_spray", {"source": source}, 40, about)


def distributed_account(random: Random) -> Attack:
    """Thirty sources in thirty networks, one or two tries each, one name."""
    name = people()[12].name
    sources = [f"198.18.{100 + at}.{random.randrange(1, 250)}" for at in range(30)]
    visits = [
        Visit(
            NINE + at * 45 * SECOND + again * 20 * MINUTE,
            source,
            (wrong(name, password(random), "LOGIN"),),
        )
        for at, source in enumerate(sources)
        for again in range(1 + at % 2)
    ]
    about = "30 sources in 30 networks, 1-2 passwords each on 1 name in 43 min"
    return Attack(
        "distributed_account", by_time(visits), "distributed_account", {"username": name}, 45, about
    )


def brute_force_network(random: Random) -> Attack:
    """Twenty sources of one /24, three tries each on many names."""
    visits = [
        Visit(
            NINE + number * 10 * SECOND,
            f"198.18.3.{10 + number % 20}",
            (wrong(name_at(number * 7 % 40), password(random)),),
        )
        for number in range(60)
    ]
    about = "20 sources of one /24, 3 tries each on 40 names in 10 min"
    return Attack(
        "brute_force_network", visits, "brute_force_network", {"network": "198.18.3.0/24"}, 60, about
    )


def low_and_slow(random: Random) -> Attack:
    """One source, one guess every two and a half hours, for four days."""
    source = "198.18.4.11"
    visits = [
        Visit(
            MIDNIGHT - 2 * DAY + number * 150 * MINUTE + random.randrange(10 * MINUTE),
            source,
            (wrong(people()[20 + number % 9].name, password(random)),),
        )
        for number in range(38)
    ]
    return Attack(
        "low_and_slow",
        visits,
        "low_and_slow",
        {"source": source},
        38,
        "1 source, 1 guess every 2.5 h, 4 days",
    )


def shared_dictionary(random: Random) -> Attack:
    """Twelve sources of twelve networks walk through the same six names in the same order."""
    names = random.sample(range(40), 6)
    visits = [
        Visit(
            NINE + source * 11 * MINUTE + step * 4 * MINUTE,
            f"198.18.{70 + source}.{20 + source}",
            (wrong(name_at(at), password(random), "LOGIN"),),
        )
        for source in range(12)
        for step, at in enumerate(names)
    ]
    about = "12 sources of 12 networks, the same 6 names in the same order, 1 password each, in 2.4 h"
    return Attack("shared_dictionary", by_time(visits), "shared_dictionary", {}, 72, about)


def failure_rate_shift(random: Random) -> Attack:
    """A botnet of 300 sources, each with one name of its own, once, in the second half of the day."""
    visits = [
        Visit(
            MIDNIGHT + 12 * HOUR + random.randrange(11 * HOUR),
            f"198.19.{number % 256}.{1 + number // 256}",
            (wrong(f"{password(random)}@example.net", password(random)),),
        )
        for number in range(300)
    ]
    about = "300 sources of 256 networks, 300 names, one try each, in 11 h"
    return Attack(
        "failure_rate_shift",
        by_time(visits),
        "failure_rate_shift",
        {"site": "all servers"},
        300,
        about,
        needs_day=True,
    )


def no_tarpit(random: Random) -> Attack:
    """The guessing of `brute_force_source` at a server that answers it within milliseconds."""
    source, name = "198.18.9.30", name_at(1)
    tries = [wrong(name, password(random), "LOGIN") for _ in range(40)]
    visits = [
        Visit(NINE + part * 5 * SECOND, source, tuple(tries[part * 10 : part * 10 + 10]), delay=SECOND // 200)
        for part in range(4)
    ]
    about = "40 guesses at a server that answers within 5 ms"
    also = {"brute_force_source": "the attack that it does not slow"}
    return Attack("no_tarpit", visits, "no_tarpit", {"server": SERVER}, 40, about, also=also)
