"""Filters and names hold for events, rows and report alike."""

from pathlib import Path

import pytest
from cli.captures import attempts
from cli.program import replay_here
from cli.scene import ALL, NAMES, SECRETS, TRUTH, everything, prepared


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return prepared(tmp_path)


def test_source_filter(folder: Path) -> None:
    source = ALL[0].ends.client
    events, table, report = everything(folder, "--source", source)
    assert {event["src_ip"] for event in events} == {row["source"] for row in table} == {source}
    assert report["attempts"] == len(table) == len(ALL[0].truth)
    assert report["encryption"]["sessions"] == 1


def test_source_filter_takes_networks_and_may_be_repeated(folder: Path) -> None:
    _, table, report = everything(
        folder, "--source", ALL[0].ends.client, "--source", f"{ALL[1].ends.client}/32"
    )
    assert report["attempts"] == len(table) == attempts(*ALL[:2])


def test_user_filter(folder: Path) -> None:
    name = ALL[0].truth[0].username
    events, table, report = everything(folder, "--user", name.upper())
    assert [row["username"] for row in table] == [name]
    assert report["attempts"] == 1
    kinds = [event["event_type"] for event in events]
    assert [kind for kind in kinds if kind != "alert"] == ["smtp_auth", "smtp_session"], "with its session"


def test_server_filter(folder: Path) -> None:
    _, table, report = everything(folder, "--server", ":587")
    assert {row["server_port"] for row in table} == {"587"}
    assert report["attempts"] == len(table) == attempts(*(s for s in ALL if s.ends.server_port == 587))


def test_time_filters(folder: Path) -> None:
    times = sorted(truth.ts for truth in TRUTH)
    middle = times[len(times) // 2]
    text = f"2026-11-24T04:{middle // 60_000_000_000 % 60:02}:{middle // 1_000_000_000 % 60:02}"
    begin = middle // 1_000_000_000 * 1_000_000_000
    _, since, _ = everything(folder, "--since", text)
    _, until, _ = everything(folder, "--until", text)
    assert len(since) == sum(ts >= begin for ts in times)
    assert len(until) == sum(ts < begin for ts in times)
    assert len(since) + len(until) == len(TRUTH)


@pytest.mark.parametrize("policy", ["hash", "none"])
def test_names_stay_out_of_every_output(policy: str, folder: Path) -> None:
    ran = replay_here(
        "all.pcap", "--names", policy, "--events", "e.jsonl", "--csv", "r.csv", "--json", cwd=folder
    )
    ecs = replay_here("all.pcap", "--names", policy, "--events", "-", "--format", "ecs", cwd=folder)
    text = replay_here("all.pcap", "--names", policy, cwd=folder)
    outputs = [ran.out, ecs.out, text.out, (folder / "e.jsonl").read_bytes(), (folder / "r.csv").read_bytes()]
    assert [name for name in NAMES for out in outputs if name.partition("@")[0].encode() in out] == []
    assert ran.report["attempts"] == len(TRUTH)


def test_hashes_are_the_same_in_all_outputs_of_a_run_and_others_in_the_next(folder: Path) -> None:
    runs = []
    for _ in range(2):
        events, table, report = everything(folder, "--names", "hash")
        hashes = {row["username"] for row in table}
        assert hashes == {e["smtp"]["auth"]["username"] for e in events if e["event_type"] == "smtp_auth"}
        named = [row["account"]["name"] for row in report["alerts"]["rows"] if "account" in row]
        assert set(named) <= hashes
        runs.append(hashes)
    assert not runs[0] & runs[1]


def test_user_filter_knows_the_real_names_whatever_is_printed(folder: Path) -> None:
    _, table, report = everything(folder, "--names", "none", "--user", ALL[0].truth[0].username)
    assert [row["username"] for row in table] == [""]
    assert report["attempts"] == 1


def test_secrets_are_nowhere(folder: Path) -> None:
    ran = replay_here("all.pcap", "--events", "e.jsonl", "--csv", "r.csv", "--debug", cwd=folder)
    outputs = ran.out + ran.err.encode() + (folder / "e.jsonl").read_bytes() + (folder / "r.csv").read_bytes()
    assert [secret for secret in SECRETS if secret.encode() in outputs] == []
