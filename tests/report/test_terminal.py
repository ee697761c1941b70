"""The screen: golden texts, read by a person before they were committed; width, colour, zones, hostile names.

After a wanted change: SMTPSENSOR_WRITE_GOLDEN=1 pytest tests/report/test_terminal.py, then read the diff.
"""

import io
import os
from collections.abc import Callable
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from report import scenes
from report.wire import ATTACKER, Wire, passwords
from rich.console import Console
from sinks.hostile import HOSTILE

from smtpsensor.events import Outcome
from smtpsensor.report.terminal import render
from smtpsensor.report.thresholds import Caps
from smtpsensor.sinks.names import NamePolicy, Names
from smtpsensor.text import harmless

GOLDEN = Path(__file__).parent / "golden"
KEY = b"k" * 32


def shown(wire: Wire, width: int = 80, zone: tzinfo = UTC, **console: object) -> str:
    out = io.StringIO()
    render(wire.report(), Console(file=out, width=width, **console), zone)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "scene", "width"),
    [
        ("attack-80", scenes.attack, 80),
        ("attack-132", scenes.attack, 132),
        ("attack-50", scenes.attack, 50),
        ("attack-names-hash", lambda: scenes.attack(NamePolicy(Names.HASH, KEY)), 80),
        ("attack-names-none", lambda: scenes.attack(NamePolicy(Names.NONE)), 80),
        ("quiet", scenes.quiet, 80),
        ("encrypted", scenes.encrypted, 80),
        ("empty", scenes.empty, 80),
        ("crowd", scenes.crowd, 80),
        ("spray-80", scenes.spray, 80),
        ("spray-110", scenes.spray, 110),
    ],
)
def test_golden(name: str, scene: Callable[[], Wire], width: int) -> None:
    got = shown(scene(), width)
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("SMTPSENSOR_WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(got)
    assert got == path.read_text()


@pytest.mark.parametrize("width", [40, 50, 60, 72, 80, 100, 132, 200])
def test_no_line_is_longer_than_the_screen_and_none_ends_blank(width: int) -> None:
    for line in shown(scenes.attack(), width).splitlines():
        assert len(line) <= width
        assert line == line.rstrip()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 200])
def test_nothing_important_is_cut_at_any_width(width: int) -> None:
    text = "".join(shown(scenes.attack(), width).split())
    assert scenes.V6 in text or {scenes.V6[:19], scenes.V6[19:]} <= set(shown(scenes.attack(), width).split())
    for fact in (ATTACKER, "Anna@example.net", "203.0.113.25:587", "3mailsto120recipients", "attack.pcap"):
        assert fact in text


def test_piped_text_is_plain_ascii() -> None:
    text = shown(scenes.attack())
    assert text.isascii()
    assert "\x1b" not in text


def test_a_terminal_gets_colour_and_no_color_takes_it_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = {"force_terminal": True, "color_system": "standard", "_environ": {"TERM": "xterm"}}
    assert "\x1b[1;31m" in shown(scenes.attack(), **terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    plain = shown(scenes.attack(), force_terminal=True, _environ={"TERM": "xterm", "NO_COLOR": "1"})
    assert "\x1b[1;31m" not in plain
    assert "31m" not in plain


def test_what_to_act_on_comes_first_in_the_order_of_the_questions() -> None:
    text = shown(scenes.attack())
    order = [
        text.index(part)
        for part in (
            "GOT IN AFTER FAILING",
            "Guessing:",
            "Attacked:",
            "AUTH in clear:",
            "Unread, in TLS:",
            "Lost",
            "Servers:",
        )
    ]
    assert order == sorted(order)


def test_times_are_in_the_zone_asked_for_and_say_which() -> None:
    text = shown(scenes.attack(), zone=ZoneInfo("Europe/Berlin"))
    assert "2026-11-24 13:02:25 CET" in text
    assert "UTC" not in text


@pytest.mark.parametrize("width", [40, 80, 160])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
@pytest.mark.parametrize("decode", [harmless, lambda raw: raw.decode("latin-1")], ids=["clean", "raw"])
def test_hostile_names_break_no_line_and_send_nothing_to_the_terminal(
    width: int, encoding: str, decode: Callable[[bytes], str]
) -> None:
    """Every place a text from outside can reach, with text that nobody cleaned included."""
    wire = Wire()
    for raw in HOSTILE.values():
        name = decode(raw)
        wire.fail(ATTACKER, name, *passwords(6), file=name, mechanism=name)
        wire.login(ATTACKER, name, file=name, verdict_file=name)
        wire.end(greeting=name, software=name, auth_offered=(name,), mails=1)
        wire.fail("192.0.2.9", name, *["old"] * 7)
    wire.stats.undecoded["\x1b[2J"] = 1
    wire.stats.frames_undecoded = 1
    sink = io.BytesIO()
    out = io.TextIOWrapper(sink, encoding=encoding)
    console = Console(file=out, width=width, force_terminal=False)
    render(wire.builder.build(("\x1b]0;evil\x07.pcap", "b")), console)
    out.flush()
    text = sink.getvalue().decode(encoding)
    assert all(line.isprintable() for line in text.split("\n"))
    assert "\u202e" not in text


def test_markup_in_a_name_reaches_the_screen_as_text() -> None:
    wire = Wire()
    wire.fail(ATTACKER, "[bold red]anna[/]", *passwords(6))
    wire.fail(ATTACKER, "[/nope]:smile:", *passwords(6))
    text = shown(wire, force_terminal=True, _environ={"TERM": "xterm"})
    assert "[bold red]anna[/]" in text
    assert "[/nope]:smile:" in text


def test_a_full_table_is_said_to_be_full() -> None:
    wire = Wire(Caps(sources=8, accounts=8, pairs=8))
    for host in range(100):
        wire.fail(f"198.18.{host}.7", f"user{host}", "x")
    text = shown(wire)
    assert "From at most 100 sources on at most 100 accounts" in text
    assert "This report had no room for" in text


def sprayed(wire: Wire, own: int = 0) -> Wire:
    """Twelve names, two passwords; `own` failures on the account that is got into."""
    for number in range(12):
        wire.fail(ATTACKER, f"user{number}", f"guess{number % 2}")
    wire.fail(ATTACKER, "clara", *passwords(own))
    wire.login(ATTACKER, "clara")
    return wire


def networked(wire: Wire) -> Wire:
    """Three hosts of one network in turn."""
    for number, secret in enumerate(passwords(6)):
        wire.fail(f"198.51.100.{number % 3}", "anna", secret)
    for host in range(2):
        wire.login(f"198.51.100.{host}", "anna")
        wire.end(mails=1, recipients=1, mail_bytes=10)
    return wire


@pytest.mark.parametrize(
    ("scene", "lines"),
    [
        (sprayed, ["after failing on 12 other accounts with 2 passwords since 12:00:01"]),
        (
            lambda wire: sprayed(wire, 2),
            ["after 2 failures on this account and failing on 12 other accounts with 2 passwords since"],
        ),
        (lambda wire: sprayed(wire, 6), ["after 6 failures on this account with 6 passwords since 12:00:13"]),
        (
            networked,
            [
                "after 6 failures on this account from its /24 with 6 passwords since 12:00:01",
                "then: sent 2 mails to 2 recipients, 20 bytes, logged in 2 times from 2 addresses of its /24",
            ],
        ),
    ],
)
def test_a_break_in_says_how(scene: Callable[[Wire], Wire], lines: list[str]) -> None:
    text = shown(scene(Wire()), 120)
    assert all(f"    {line}" in text for line in lines)


def test_a_guesser_that_logged_in_is_not_passed_over_in_silence() -> None:
    wire = Wire()
    wire.login(ATTACKER, "clara", "123456")  # the first name already fits
    for number in range(30):
        wire.fail(ATTACKER, f"user{number}", "123456")
    text = shown(wire, 120)
    assert "Nobody is sure to have got in after failing" in text
    assert "1 source that guesses also logged in (below), too early or too often" in text


@pytest.mark.parametrize("width", [44, 60, 80, 110])
def test_a_port_stays_with_its_address_and_a_count_with_what_it_counts(width: int) -> None:
    wire = Wire()
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
    for dst in ("2001:db8:25::25", "2001:db8:1234:5678:9abc:def0:1234:5678"):
        for outcome in Outcome:
            wire.attempt(outcome, ATTACKER, "anna", "x", where={"dst": dst}, response_ns=2_100_000_000)
        wire.end(where={"dst": dst}, auth_offered=mechanisms)
    text = shown(wire, width)
    assert "[2001:db8:25::25]:587" in text
    assert ":\n" not in text.partition("Servers:")[2]
    for outcome in Outcome:
        assert f"2 {outcome}" in text


def test_the_builder_does_without_rich() -> None:
    """`--json` and `--events` start faster without it."""
    import subprocess
    import sys

    program = (
        "import sys\nfrom smtpsensor.report import ReportBuilder\nfrom smtpsensor.stats import Stats\n"
        "ReportBuilder(Stats()).build().to_json()\nassert 'rich' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])
