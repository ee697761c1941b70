"""Each kind of attack as connections, with the alert that tells it: `attack(kind, seed)`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_network
from random import Random
from typing import Final

from scenarios.people import NETWORKS, people
from scenarios.visits import (
    DAY,
    HOUR,
    MIDNIGHT,
    MINUTE,
    SERVER,
    SERVER6,
    Try,
    Visit,
    as_ipv6,
    by_time,
    right,
    wrong,
)  # fmt: skip
from support.forge_tcp import SECOND

from smtpsensor.detect.site import Place, Site

NINE: Final = MIDNIGHT + 9 * HOUR + 17 * MINUTE
TRUSTED: Final = Site(trusted=tuple(Place(ip_network(text), "the company's") for text in NETWORKS))
_WORDS: Final = "123456 password qwerty dragon monkey letmein welcome summer winter hamburg"
_NAMES: Final = (
    "admin backup office sales test billing support service contact postmaster webmaster mail hr career shop "
    "noreply info root scanner printer fax guest user web ftp dev ops demo sync abuse jobs press order "
    "invoice account finance legal team hello staff"
)


@dataclass(frozen=True, slots=True)
class Attack:
    """What is done, and what must be said: one alert of `rule` with `key`, counting `count` attempts.

    `also`: other rules above info that speak about the same attack, and why that is right.
    """

    kind: str
    visits: list[Visit]
    rule: str
    key: dict[str, str]
    count: int
    about: str
    also: dict[str, str] = field(default_factory=dict)
    site: Site = field(default_factory=Site)
    needs_day: bool = False

    def ipv6(self) -> "Attack":
        """The same attack over IPv6: addresses and networks of it as text change with it."""
        key = {what: _key_ipv6(value) if what != "username" else value for what, value in self.key.items()}
        visits = [visit.ipv6() for visit in self.visits]
        return Attack(
            self.kind, visits, self.rule, key, self.count, self.about, self.also, self.site, self.needs_day
        )


def _key_ipv6(value: str) -> str:
    if value == SERVER:
        return SERVER6
    if value.endswith(".0/24"):
        return f"{as_ipv6(value.removesuffix('/24'))}/64"
    return as_ipv6(value)


def _password(random: Random) -> str:
    return f"{random.choice(_WORDS.split())}{random.randrange(10_000)}"


def _name(at: int) -> str:
    return f"{_NAMES.split()[at]}@example.net"


def brute_force_source(random: Random) -> Attack:
    """hydra: one source, one name, ten passwords a connection."""
    source, name = "198.18.1.66", _name(0)
    visits = [
        Visit(
            NINE + part * 30 * SECOND,
            source,
            tuple(wrong(name, _password(random), "LOGIN") for _ in range(10)),
        )
        for part in range(4)
    ]
    about = "1 source, 1 name, 40 passwords in 2 min"
    return Attack("brute_force_source", visits, "brute_force_source", {"source": source}, 40, about)


def brute_force_account(random: Random) -> Attack:
    """Five sources, eight passwords each, one name, within half an hour."""
    name = people()[3].name
    visits = [
        Visit(NINE + number * 40 * SECOND, f"198.18.{10 + number % 5}.9", (wrong(name, _password(random)),))
        for number in range(40)
    ]
    about = "5 sources, 8 passwords each on 1 name in 27 min"
    return Attack("brute_force_account", visits, "brute_force_account", {"username": name}, 40, about)


def password_spray(random: Random) -> Attack:
    """One source, one password, forty names."""
    source, password = "198.18.2.77", _password(random)
    visits = [Visit(NINE + at * 6 * SECOND, source, (wrong(_name(at), password),)) for at in range(40)]
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
            (wrong(name, _password(random), "LOGIN"),),
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
            (wrong(_name(number * 7 % 40), _password(random)),),
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
            (wrong(people()[20 + number % 9].name, _password(random)),),
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


def success_after_failures(random: Random) -> Attack:
    """One source guesses twelve passwords of one name, gets in and sends three mails."""
    source, person = "198.18.5.5", people()[60]
    tries = tuple(wrong(person.name, _password(random), "LOGIN") for _ in range(12))
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


def shared_dictionary(random: Random) -> Attack:
    """Twelve sources of twelve networks walk through the same six names in the same order."""
    names = random.sample(range(40), 6)
    visits = [
        Visit(
            NINE + source * 11 * MINUTE + step * 4 * MINUTE,
            f"198.18.{70 + source}.{20 + source}",
            (wrong(_name(at), _password(random), "LOGIN"),),
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
            (wrong(f"{_password(random)}@example.net", _password(random)),),
        )
        for number in range(300)
    ]
    about = "300 sources of 256 networks, 300 names, one try each, in 11 h"
    return Attack("failure_rate_shift", by_time(visits), "failure_rate_shift", {}, 300, about, needs_day=True)


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
    person = people()[90]
    visits = [Visit(NINE, "198.18.9.9", (right(person.name, person.password),), mails=1)]
    about = "1 login in clear"
    return Attack("cleartext_credentials", visits, "cleartext_credentials", {"server": SERVER}, 1, about)


def stale_password(_random: Random) -> Attack:
    """A phone with an old password, every five minutes for two hours."""
    source, person = "198.18.9.20", people()[91]
    visits = [Visit(NINE + at * 5 * MINUTE, source, (wrong(person.name, "spring-2024"),)) for at in range(24)]
    key = {"source": source, "username": person.name}
    return Attack(
        "stale_password", visits, "stale_password", key, 24, "1 phone, 1 old password every 5 min for 2 h"
    )


def no_tarpit(random: Random) -> Attack:
    """The guessing of `brute_force_source` at a server that answers it within milliseconds."""
    source, name = "198.18.9.30", _name(1)
    tries = [wrong(name, _password(random), "LOGIN") for _ in range(40)]
    visits = [
        Visit(NINE + part * 5 * SECOND, source, tuple(tries[part * 10 : part * 10 + 10]), delay=SECOND // 200)
        for part in range(4)
    ]
    about = "40 guesses at a server that answers within 5 ms"
    also = {"brute_force_source": "the attack that it does not slow"}
    return Attack("no_tarpit", visits, "no_tarpit", {"server": SERVER}, 40, about, also=also)


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
