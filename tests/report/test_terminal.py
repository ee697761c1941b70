"""The screen: golden texts, read by a person before they were committed; width, colour, zones, hostile names.

After a wanted change: SMTPSENSOR_WRITE_GOLDEN=1 pytest tests/report/test_terminal.py, then read the diff.
"""

import io
import os
from collections.abc import Callable
from datetime import UTC, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from report import scenes
from report.wire import ATTACKER, Wire, passwords
from rich.console import Console
from sinks.hostile import HOSTILE
from sinks.samples import NOON, SECOND

from smtpsensor.report.terminal import render
from smtpsensor.report.thresholds import Caps
from smtpsensor.report.words import Clock, label, share, size, wait
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


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        (UTC, "2026-11-24 12:00:00 UTC"),
        (timezone(timedelta(hours=5, minutes=30)), "2026-11-24 17:30:00 UTC+05:30"),
        (ZoneInfo("America/New_York"), "2026-11-24 07:00:00 EST"),
    ],
)
def test_a_time_names_its_zone(zone: tzinfo, text: str) -> None:
    assert Clock(zone).at(NOON) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (5, "2026-11-24 12:00:00 to 12:00:05 UTC"),
        (86_400, "2026-11-24 12:00:00 to 2026-11-25 12:00:00 UTC"),
        (2**60, "2026-11-24 12:00:00 to 9999-12-31 23:59:59 UTC"),
    ],
)
def test_a_span_has_both_dates_if_they_differ(seconds: int, text: str) -> None:
    assert Clock(UTC).span(NOON, NOON + seconds * SECOND) == text


def test_a_span_over_the_change_of_the_clocks_names_both_zones() -> None:
    october = 1_792_879_200 * SECOND  # 2026-10-24T22:00:00Z, three hours before winter time
    got = Clock(ZoneInfo("Europe/Berlin")).span(october, october + 6 * 3600 * SECOND)
    assert got == "2026-10-25 00:00:00 CEST to 2026-10-25 05:00:00 CET"


def test_the_last_moment_of_all_has_a_date_in_every_zone() -> None:
    assert "9999" in Clock(timezone(timedelta(hours=14))).at(2**90)


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


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("[bold red]anna[/]", "[bold red]anna[/]"),
        (":pile_of_poo:", ":pile_of_poo:"),
        ("[link=http://192.0.2.66]x[/link]", "[link=http://192.0.2.66]x[/link]"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\nb", "a\\x0ab"),
        ("", '""'),
        ("   ", '"   "'),
        ("x" * 100, "x" * 61 + "..."),
    ],
)
def test_markup_and_escapes_are_shown_as_they_are(raw: str, text: str) -> None:
    assert label(raw) == text


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


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (10**21, "1000000.0 PB"),
    ],
)
def test_sizes(octets: int, text: str) -> None:
    assert size(octets) == text


@pytest.mark.parametrize(
    ("ms", "text"), [(0.26, "0.3 ms"), (9.96, "10.0 ms"), (31.4, "31 ms"), (999.6, "1.0 s"), (2100, "2.1 s")]
)
def test_waits(ms: float, text: str) -> None:
    assert wait(ms) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "0 %"),
        (0, 9, "0 %"),
        (9, 9, "100 %"),
        (1, 3, "33.3 %"),
        (1, 100_000, "under 0.1 %"),
        (99_999, 100_000, "over 99.9 %"),
    ],
)
def test_a_share_is_0_or_100_only_if_it_is(part: int, whole: int, text: str) -> None:
    assert share(part, whole) == text


def test_the_builder_does_without_rich() -> None:
    """`--json` and `--events` start faster without it."""
    import subprocess
    import sys

    program = (
        "import sys\nfrom smtpsensor.report import ReportBuilder\nfrom smtpsensor.stats import Stats\n"
        "ReportBuilder(Stats()).build().to_json()\nassert 'rich' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])
