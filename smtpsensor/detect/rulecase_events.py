"""What happens in a rule test: attempts by hand, made into the events that the sensor would say."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from ipaddress import ip_address
from typing import Any, Final

from smtpsensor.detect.document import Item
from smtpsensor.detect.durations import SECOND
from smtpsensor.detect.problems import Problems, quoted
from smtpsensor.detect.table import Table
from smtpsensor.events import AuthEvent, EndReason, Event, Flow, Outcome, SessionEvent

START: Final = 1_767_268_800 * SECOND  # 2026-01-01 12:00 UTC: when every case begins
_SERVER: Final = "203.0.113.25"
_TEXTS: Final = ("mechanism", "enhanced", "reply", "helo", "authzid", "realm", "domain", "workstation")
_FLAGS: Final = ("offered", "malformed", "cleartext")
_FIELDS: Final = (
    *("repeat", "every", "at", "source", "username", "secret", "outcome", "server", "port", "code"),
    *("response", "attempt", "session", *_TEXTS, *_FLAGS),
)
_SESSION: Final = ("after", "mails", "recipients", "bytes")
_REPEAT: Final = 100_000
_EVENTS: Final = 200_000  # of one case: a second of work
_CODES: Final = {Outcome.SUCCESS: 235, Outcome.FAILURE: 535, Outcome.TEMPORARY: 454, Outcome.CANCELLED: 501}
_JUDGED: Final = frozenset((*_CODES, Outcome.REJECTED))
# {n}: the repetition, from 1; {n%8} its rest by 8; {n/8} how often 8 went into it.
_NUMBER: Final = re.compile(r"\{n(?:(?P<how>[%/])(?P<by>[1-9][0-9]{0,5}))?\}")


@dataclass(frozen=True, slots=True)
class Happening:
    """Attempts of one kind, each in a connection of its own. Times in ns; `at` None: after the one before."""

    repeat: int
    every: int
    at: int | None
    outcome: Outcome
    port: int
    response: int
    texts: Mapping[str, str]  # source, server, username, secret and others; with {n}
    values: Mapping[str, Any]  # further fields of the event as they are
    after: int  # until the session ends
    session: Mapping[str, int]  # mails, recipients, mail_bytes


def happenings(items: Iterable[Item], problems: Problems) -> tuple[Happening, ...]:
    """Return what the members of `events` say; what is wrong is noted."""
    found = tuple(_happening(item, problems) for item in items)
    if sum(one.repeat for one in found) > _EVENTS:
        problems.add(
            None, "events", f"more than {_EVENTS:,} attempts in one case", "a rule is tested with fewer"
        )
    return found


def _happening(item: Item, problems: Problems) -> Happening:
    table = Table(item, problems, _FIELDS)
    table.need("source", "write who tries: source: 198.51.100.7")
    table.need("outcome", "write what becomes of it: outcome: failure")
    texts = {name: table.text(name, 20_000) for name in ("source", "server", "username", "secret", *_TEXTS)}
    told = {name: text for name, text in texts.items() if text is not None}
    told.setdefault("server", _SERVER)
    repeat = table.whole("repeat", 1, _REPEAT) or 1
    for name in ("source", "server"):
        for n in {1, repeat}:
            if name in told and not _is_address(filled(told[name], n)):
                table.wrong(name, f"{quoted(filled(told[name], n))} is no address", "write 198.51.100.{n}")
    values: dict[str, Any] = {name: table.flag(name) for name in _FLAGS if name in table}
    for name, most in (("code", 599), ("attempt", 1_000_000)):
        if name in table:
            values[name] = table.whole(name, 1, most)
    session = _session(table, problems)
    return Happening(
        repeat=repeat,
        every=table.duration("every", zero=True) if "every" in table else SECOND,  # type: ignore[arg-type]
        at=table.duration("at", zero=True),
        outcome=table.choice("outcome", Outcome) or Outcome.FAILURE,
        port=table.whole("port", 1, 65_535) or 587,
        response=table.duration("response", zero=True) or SECOND // 100,
        texts=told,
        values=values,
        after=session.pop("after", SECOND),
        session=session,
    )


def _session(table: Table, problems: Problems) -> dict[str, int]:
    item = table.get("session")
    if item is None:
        return {}
    inner = Table(item, problems, _SESSION)
    if not inner.usable:
        return {}
    told = {"after": inner.duration("after")}
    told |= {name: inner.whole(name, 0, 10**12) for name in _SESSION[1:]}
    return {"mail_bytes" if name == "bytes" else name: one for name, one in told.items() if one is not None}


def _is_address(text: str) -> bool:
    try:
        return ip_address(text) is not None
    except ValueError:
        return False


def filled(text: str, n: int) -> str:
    """Return text with the number of the repetition in its places."""

    def number(found: re.Match[str]) -> str:
        by = int(found["by"] or 1)
        return str({"%": n % by, "/": n // by}.get(found["how"], n))

    return _NUMBER.sub(number, text)


def story(told: Iterable[Happening]) -> list[Event]:
    """Return the events in the order of their times, as the sensor would say them."""
    made: list[tuple[int, int, Event]] = []
    now = START
    for one in told:
        begin = now if one.at is None else START + one.at
        for n in range(1, one.repeat + 1):
            ts = begin + (n - 1) * one.every
            attempt = _attempt(one, n, ts, len(made) + 1)
            end = ts + one.response + one.after
            made.append((ts + one.response, len(made), attempt))
            made.append((end, len(made), _ended(one, attempt, end)))
        now = begin + one.repeat * max(one.every, 1)
    made.sort(key=lambda entry: entry[:2])
    events = [event for _, _, event in made]
    _note_repetitions(event for event in events if isinstance(event, AuthEvent))
    return events


def _tag(secret: str) -> int:
    """Return a 64-bit tag. Without a key, for the passwords stand in the test."""
    return int.from_bytes(blake2b(secret.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _attempt(one: Happening, n: int, ts: int, number: int) -> AuthEvent:
    texts = {name: filled(text, n) for name, text in one.texts.items()}
    source, server = (str(ip_address(texts.pop(name))) for name in ("source", "server"))
    flow = Flow(source, 1024 + number % 60_000, server, one.port, number, f"1:{number}")
    secret = texts.pop("secret", None)
    event = AuthEvent(ts, flow, one.outcome, frame=number, code=_CODES.get(one.outcome))
    event.mechanism = "PLAIN"
    if one.outcome in _JUDGED:
        event.ts_credentials, event.ts_verdict, event.response_ns = ts, ts + one.response, one.response
    if secret is not None:
        event.secret = _tag(secret)
    event.offered = True
    for name, value in {**texts, **one.values}.items():
        setattr(event, name, value)
    return event


def _ended(one: Happening, attempt: AuthEvent, ts_end: int) -> SessionEvent:
    event = SessionEvent(attempt.ts, ts_end, attempt.flow, EndReason.FIN, frame=attempt.frame, attempts=1)
    event.failures = int(attempt.outcome is Outcome.FAILURE)
    event.successes = int(attempt.outcome is Outcome.SUCCESS)
    for name, value in one.session.items():
        setattr(event, name, value)
    return event


def _note_repetitions(attempts: Iterator[AuthEvent]) -> None:
    """Set `repeated` as the sensor does: this source failed before with this name and this secret."""
    failed: set[tuple[str, str | None, int]] = set()
    for event in attempts:
        if event.secret is None:
            continue
        tried = (event.flow.src, event.username, event.secret)
        event.repeated = tried in failed
        if event.outcome is Outcome.FAILURE:
            failed.add(tried)
