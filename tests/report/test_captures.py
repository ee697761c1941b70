"""Reports of real captures: what is said first of each is right, and its first screen is fit to be read."""

import io
import os
from functools import cache
from pathlib import Path

import pytest
from rich.console import Console

from smtpsensor.capture.timeline import Timeline
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.loading import load_rules
from smtpsensor.pipeline import Pipeline
from smtpsensor.report import Report, ReportBuilder, words
from smtpsensor.report.model import Count
from smtpsensor.report.terminal import render

ROOT = Path(__file__).parents[2]
OTHERS = Path(os.environ.get("SMTPSENSOR_PCAPS", ROOT.parent / "shared" / "pcaps"))
HYDRA = OTHERS / "poc_tools__hydra-smtp-streams0-7.pcap"
OWN = sorted(path.name for path in (ROOT / "pcaps").glob("*.pcap"))


@cache
def report(path: Path) -> Report:
    pipeline = Pipeline()
    engine = Engine(load_rules())
    builder = ReportBuilder(pipeline.stats, rules=engine.rules)
    for batch in Timeline([str(path)], pipeline.stats).batches():
        pipeline.feed(batch)
    pipeline.finish()
    for event in pipeline.events:
        said = engine.take(event)
        builder.add(event)
        for alert in said:
            builder.alert(alert)
    for alert in engine.finish():
        builder.alert(alert)
    return builder.build((f"pcaps/{path.name}",))


def screen(name: str, width: int) -> str:
    out = io.StringIO()
    render(report(ROOT / "pcaps" / name), Console(file=out, width=width))
    return out.getvalue()


def test_the_spray_of_the_demo_got_in_on_its_seventeenth_name_and_sent_a_mail() -> None:
    """hydra tries one password on 16 names, fits clara's, goes on, and comes back with a mail."""
    row = report(ROOT / "pcaps" / "attack-demo.pcap").alerts.rows[0]
    assert (row.rule, row.severity) == ("success_after_failures", "critical")
    assert (row.account and row.account.name, row.key["source"]) == ("clara@example.net", "198.51.100.77")
    facts = row.facts
    assert (facts["failures"], facts["others"], facts["secrets"]) == (0, 16, 1)
    assert (row.first_seen.packet, row.decisive.packet, facts["verdict_packet"]) == (125, 887, 907)
    assert (facts["logins"], facts["sessions"], facts["mails"], facts["recipients"]) == (2, 2, 1, 1)


@pytest.mark.skipif(not HYDRA.exists(), reason="captures of other people are not here")
def test_hydra_with_three_passwords_in_eight_connections_at_once_is_guessing() -> None:
    found = report(HYDRA)
    (row,) = found.guessing.rows
    assert (row.attempts, row.guesses, row.accounts) == (34, 34, Count(1))
    (target,) = found.attacked.rows
    assert (target.failures, target.sources, target.secrets) == (34, Count(1), Count(3))
    assert not found.stale.total


@pytest.mark.parametrize("width", [80, 110])
@pytest.mark.parametrize("name", OWN)
def test_the_screen_is_neither_too_wide_nor_cut(name: str, width: int) -> None:
    shown = screen(name, width)
    lines = shown.splitlines()
    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)
    clear = shown.partition("\nAUTH in clear")[2].partition("\nUnread")[0]
    found = report(ROOT / "pcaps" / name)
    for server in found.clear.rows:
        assert f" {words.server(server.server, server.port)} " in clear
    for counts in (found.outcomes, *(row.outcomes for row in (*found.guessing.rows, *found.servers.rows))):
        for outcome, count in counts.items():
            assert f" {count} {outcome}" in shown
    for entry in found.alerts.rows:
        if entry.severity == "critical":
            assert f"{entry.decisive.packet} (login)" in shown


@pytest.mark.parametrize("name", OWN)
def test_before_the_servers_it_fits_on_one_screen(name: str) -> None:
    assert len(screen(name, 80).partition("\nServers:")[0].splitlines()) <= 65


@pytest.mark.parametrize("name", OWN)
def test_a_greeting_is_shown_without_the_date_of_one_connection(name: str) -> None:
    shown = screen(name, 110)
    assert "ESMTP" in shown
    assert "+0000" not in shown
