"""`smtpsensor replay`: what goes in, what comes out, and where."""

import gc
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from cli.captures import capture, captured
from cli.program import auths, replay_here, smtpsensor
from cli.program import replay as replay_as_a_process
from cli.scene import ALL, TRUTH, prepared, records, rows
from jsonschema import Draft202012Validator
from support.forge import frames, pcap
from support.transcripts import TRANSCRIPTS, play
from support.tree import ROOT

SCHEMA = json.loads((ROOT / "docs" / "schema" / "report.schema.json").read_text())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return prepared(tmp_path)


def test_the_attempts_are_the_ones_that_were_made(folder: Path) -> None:
    ran = replay_here("all.pcap", "--events", "-", cwd=folder)
    found = sorted(
        (auth["username"], auth["mechanism"], auth["outcome"], auth["code"]) for auth in auths(ran.out)
    )
    assert found == sorted((t.username, t.mechanism, t.outcome, t.code) for t in TRUTH)
    assert (ran.code, ran.err) == (0, "")


def test_all_outputs_of_one_run_agree(folder: Path) -> None:
    ran = replay_here("all.pcap", "--events", "events.jsonl", "--csv", "rows.csv", "--json", cwd=folder)
    lines = auths((folder / "events.jsonl").read_bytes())
    table = rows((folder / "rows.csv").read_bytes())
    assert len(lines) == len(table) == ran.report["attempts"] == len(TRUTH)
    assert [row["username"] for row in table] == [line["username"] for line in lines]
    Draft202012Validator(SCHEMA).validate(ran.report)


def test_ecs_lines_instead_of_eve(folder: Path) -> None:
    ran = replay_here("all.pcap", "--events", "-", "--format", "ecs", cwd=folder)
    names = [r["user"]["name"] for r in records(ran.out) if r["event"]["dataset"] == "smtpsensor.auth"]
    assert sorted(names) == sorted(truth.username for truth in TRUTH)


@pytest.mark.parametrize("option", ["--events", "--csv"])
@pytest.mark.parametrize("target", ["-", "/dev/stdout"])
def test_standard_output_carries_nothing_else(option: str, target: str, folder: Path) -> None:
    ran = replay_here("all.pcap", option, target, cwd=folder)
    if option == "--events":
        assert all("event_type" in record for record in records(ran.out))
    else:
        assert all(row["time"].endswith("Z") for row in rows(ran.out))
    assert b"smtpsensor report" not in ran.out


def test_events_and_rows_in_files_leave_the_report_on_the_screen(folder: Path) -> None:
    ran = replay_here("all.pcap", "--events", "events.jsonl", "--csv", "rows.csv", cwd=folder)
    assert ran.text.startswith("smtpsensor report of ")
    assert f"{len(ALL)} sessions, {len(TRUTH)} login attempts" in ran.text


def test_quiet_prints_nothing_but_what_was_asked_for(folder: Path) -> None:
    (folder / "cut.pcap").write_bytes((folder / "all.pcap").read_bytes()[:-3])
    ran = replay_here("cut.pcap", "--quiet", "--events", "events.jsonl", cwd=folder)
    assert (ran.code, ran.out, ran.err) == (0, b"", "")
    assert auths((folder / "events.jsonl").read_bytes())
    assert replay_here("cut.pcap", "--quiet", "--json", cwd=folder).report["attempts"] == len(TRUTH)


def test_the_same_run_twice_gives_the_same_but_for_keyed_tags(folder: Path) -> None:
    one, two = (replay_here("all.pcap", "--events", "-", cwd=folder).out for _ in range(2))
    tag = re.compile(rb'"secret_tag":"[0-9a-f]{4}"')
    assert tag.sub(b"", one) == tag.sub(b"", two)
    assert one != two, "the key of the tags is made anew for each run"


def failure_on(port: int) -> bytes:
    """A capture of a failed login on this port."""
    segments = play(TRANSCRIPTS["login_failure"])
    return pcap(frames([replace(s, ends=replace(s.ends, server_port=port)) for s in segments]))


def one(name: str) -> bytes:
    """A capture of one transcript."""
    return pcap(frames(play(TRANSCRIPTS[name])))


def test_standard_input(folder: Path) -> None:
    data = (folder / "all.pcap").read_bytes()
    assert replay_as_a_process("-", "--json", cwd=folder, stdin=data).report["attempts"] == len(TRUTH)


def test_a_session_that_crosses_a_rotated_file_is_one_session(folder: Path) -> None:
    everything = captured(*ALL)
    for number in range(4):
        part = everything[number * len(everything) // 4 : (number + 1) * len(everything) // 4]
        (folder / f"rotated-{number}.pcap").write_bytes(pcap(part))
    whole = replay_here("all.pcap", "--json", cwd=folder).report
    parts = replay_here("rotated-*.pcap", "--json", cwd=folder).report
    for field in ("attempts", "outcomes", "encryption", "mechanisms"):
        assert parts[field] == whole[field]


def test_events_name_the_file_and_the_packet(folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "all.pcap").rename(folder / "deep" / "all.pcap")
    lines = records(replay_here("deep", "--events", "-", cwd=folder).out)
    frames_of = captured(*ALL)
    attempts_seen = [line for line in lines if line["event_type"] == "smtp_auth"]
    assert len(attempts_seen) == len(TRUTH)
    for line in attempts_seen:
        assert line["pcap_filename"] == "deep/all.pcap"
        assert b"AUTH " in frames_of[line["pcap_cnt"] - 1].data, (
            "packet numbers count from 1, as Wireshark does"
        )


@pytest.mark.parametrize(
    ("options", "read"),
    [
        ([], 0),
        (["--port", "2526"], 1),
        (["--port", "1025", "--port", "2526,2527"], 1),
        (["--smtp-ports", "25,2526"], 1),
        (["--smtp-ports", "2526", "--implicit-tls-ports", ""], 1),
    ],
)
def test_smtp_on_another_port(options: list[str], read: int, tmp_path: Path) -> None:
    (tmp_path / "odd.pcap").write_bytes(failure_on(2526))
    assert replay_here("odd.pcap", "--json", *options, cwd=tmp_path).report["attempts"] == read


def test_a_port_that_is_named_is_read_though_it_usually_is_tls(tmp_path: Path) -> None:
    (tmp_path / "clear.pcap").write_bytes(failure_on(465))
    assert replay_here("clear.pcap", "--json", cwd=tmp_path).report["encryption"]["implicit"] == 1
    assert replay_here("clear.pcap", "--json", "--port", "465", cwd=tmp_path).report["attempts"] == 1


def proxied() -> tuple[str, str, str]:
    """A transcript behind a proxy: its name, the proxy's network, the client that the header names."""
    for name, transcript in TRANSCRIPTS.items():
        for expected in transcript.expected:
            if transcript.proxies and "flow.src" in expected.fields:
                return name, transcript.proxies[0], expected.fields["flow.src"]
    raise LookupError("no transcript with a proxy")


def test_behind_a_proxy_the_source_is_the_address_it_names(tmp_path: Path) -> None:
    name, network, client = proxied()
    (tmp_path / "proxied.pcap").write_bytes(one(name))
    known = records(replay_here("proxied.pcap", "--events", "-", "--proxy", network, cwd=tmp_path).out)
    assert {line["src_ip"] for line in known if line["event_type"] == "smtp_auth"} == {client}
    unknown = records(replay_here("proxied.pcap", "--events", "-", cwd=tmp_path).out)
    assert client not in {line["src_ip"] for line in unknown}, "only configured proxies are believed"


def test_a_file_name_that_is_no_utf_8(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.pcap")
    (tmp_path / name).write_bytes(capture(*ALL[:1]))
    ran = replay_here(name, "--events", "events.jsonl", "--csv", "rows.csv", "--json", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.report["attempts"] == len(auths((tmp_path / "events.jsonl").read_bytes())) == len(ALL[0].truth)
    assert "report of" in replay_here(name, cwd=tmp_path).text


def test_the_module_and_the_command_are_one(folder: Path) -> None:
    ran = smtpsensor("replay", "all.pcap", "--json", cwd=folder)
    assert ran.report["attempts"] == len(TRUTH)


def test_the_collector_is_given_back_as_it_was(folder: Path) -> None:
    before = gc.get_threshold()
    replay_here("all.pcap", cwd=folder)
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
