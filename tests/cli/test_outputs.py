"""`--openmetrics` and `--mmdb` in a replay."""

import json
from pathlib import Path

import pytest
from cli.program import replay_here
from support.mmdb import database
from support.tree import ROOT

DEMO = str(ROOT / "pcaps" / "attack-demo.pcap")
HOME = {
    "198.51.100.23/32": {
        "country": {"iso_code": "NL"},
        "autonomous_system_number": 64_500,
        "autonomous_system_organization": "Example Networks",
    }
}


@pytest.fixture
def places(tmp_path: Path) -> str:
    path = tmp_path / "places.mmdb"
    path.write_bytes(database(HOME))
    return str(path)


def test_country_and_operator_stand_in_report_json_and_events(tmp_path: Path, places: str) -> None:
    ran = replay_here(DEMO, "--mmdb", places, "--events", "events", cwd=tmp_path)
    assert b"NL AS64500 Example" in ran.out
    told = json.loads(replay_here(DEMO, "--mmdb", places, "--json", cwd=tmp_path).out)
    (row,) = [row for row in told["guessing"]["rows"] if row["source"] == "198.51.100.23"]
    assert (row["country"], row["asn"], row["organization"]) == ("NL", 64_500, "Example Networks")
    lines = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    known = [line for line in lines if "Example Networks" in json.dumps(line)]
    assert {line["src_ip"] for line in known} == {"198.51.100.23"}


def test_without_a_database_nothing_is_said_of_countries(tmp_path: Path) -> None:
    told = json.loads(replay_here(DEMO, "--json", cwd=tmp_path).out)
    assert all("country" not in row for row in told["guessing"]["rows"])


def test_a_file_that_is_no_database_is_one_line_and_2(tmp_path: Path) -> None:
    ran = replay_here(DEMO, "--mmdb", DEMO, cwd=tmp_path)
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert DEMO in ran.err


def test_metrics_end_with_the_mark_and_hold_every_attempt(tmp_path: Path) -> None:
    ran = replay_here(DEMO, "--openmetrics", "-", cwd=tmp_path)
    assert ran.out.endswith(b"# EOF\n")
    last: dict[str, int] = {}
    for line in ran.out.decode().splitlines():
        if line.startswith("smtpsensor_auth_attempts_total{"):
            series, value, _ = line.rsplit(" ", 2)
            last[series] = int(value)
    assert sum(last.values()) == 64


def test_metrics_and_events_cannot_share_a_file(tmp_path: Path) -> None:
    ran = replay_here(DEMO, "--openmetrics", "one", "--events", "one", cwd=tmp_path)
    assert ran.code == 2
    assert "--openmetrics" in ran.err
