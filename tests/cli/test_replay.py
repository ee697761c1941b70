"""`smtpsensor replay`: what goes in, what comes out and where; filters and names hold for all outputs."""

import csv
import io
import json
import os
import pty
import re
from pathlib import Path
from typing import Any

import pytest
from cli.captures import attempts, capture, captured, played
from cli.program import COMMAND, auths, environment, replay_here, smtpsensor
from cli.program import replay as replay_as_a_process
from jsonschema import Draft202012Validator
from support.forge import frames, pcap
from support.transcripts import TRANSCRIPTS, play
from support.tree import ROOT

ALL = played(6, seed=11, kinds=("hydra", "user", "lockstep"))
TRUTH = [truth for session in ALL for truth in session.truth]
NAMES = {truth.username for truth in TRUTH}
SECRETS = [secret for session in ALL for secret in session.secrets]
SCHEMA = json.loads((ROOT / "docs" / "schema" / "report.schema.json").read_text())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "all.pcap").write_bytes(capture(*ALL))
    return tmp_path


def one(name: str) -> bytes:
    """A capture of one transcript."""
    return pcap(frames(play(TRANSCRIPTS[name])))


def records(lines: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.splitlines()]


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


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


# -- inputs --------------------------------------------------------------------------------------------


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
    transcript = TRANSCRIPTS["login_failure"]
    segments = play(transcript)
    for segment in segments:
        object.__setattr__(segment.ends, "server_port", 2526)
    (tmp_path / "odd.pcap").write_bytes(pcap(frames(segments)))
    assert replay_here("odd.pcap", "--json", *options, cwd=tmp_path).report["attempts"] == read


def test_a_port_that_is_named_is_read_though_it_usually_is_tls(tmp_path: Path) -> None:
    segments = play(TRANSCRIPTS["login_failure"])
    for segment in segments:
        object.__setattr__(segment.ends, "server_port", 465)
    (tmp_path / "clear.pcap").write_bytes(pcap(frames(segments)))
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


# -- filters and names: for every output -----------------------------------------------------------------


def everything(
    folder: Path, *options: str
) -> tuple[list[dict[str, Any]], list[dict[str, str]], dict[str, Any]]:
    """Events, rows and report of one run."""
    ran = replay_here("all.pcap", "--events", "e.jsonl", "--csv", "r.csv", "--json", *options, cwd=folder)
    assert (ran.code, ran.err) == (0, "")
    return records((folder / "e.jsonl").read_bytes()), rows((folder / "r.csv").read_bytes()), ran.report


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
    assert [event["event_type"] for event in events] == ["smtp_auth", "smtp_session"], "with its session"


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
        assert {row["account"]["name"] for row in report["break_ins"]["rows"]} <= hashes
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


# -- the sensor's name and the screen ----------------------------------------------------------------------


def test_the_sensor_has_a_name_in_every_output(folder: Path) -> None:
    events, table, report = everything(folder, "--host", "mx1-span")
    assert (
        {event["host"] for event in events}
        == {row["host"] for row in table}
        == {report["host"]}
        == {"mx1-span"}
    )


def test_without_a_name_it_is_the_machines(folder: Path) -> None:
    assert replay_here("all.pcap", "--json", cwd=folder).report["host"] == os.uname().nodename


def screen(folder: Path, columns: int = 100, **env: str) -> str:
    """What a terminal of so many columns shows."""
    import fcntl
    import struct
    import subprocess
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with subprocess.Popen(
        [*COMMAND, "replay", "all.pcap"],
        cwd=folder, env=environment(TERM="xterm-256color", **env),
        stdin=theirs, stdout=theirs, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 65_536):
                shown += piece
        except OSError:  # EIO: the other side is closed
            pass
        os.close(ours)
    assert process.returncode == 0
    return shown.decode()


def test_a_terminal_gets_colours_a_pipe_does_not(folder: Path) -> None:
    assert "\x1b[" in screen(folder)
    assert "\x1b[" not in replay_here("all.pcap", cwd=folder).text


def test_no_color_is_respected(folder: Path) -> None:
    shown = screen(folder, NO_COLOR="1")
    assert re.findall(r"\x1b\[[0-9;]*[34][0-7]m", shown) == [], "bold and dim are no colours"


@pytest.mark.parametrize("columns", [60, 100])
def test_the_width_of_the_terminal_is_respected(columns: int, folder: Path) -> None:
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen(folder, columns))
    assert max(map(len, plain.splitlines())) <= columns


def test_times_have_their_zone(folder: Path) -> None:
    assert "04:00:00 to 04:" in replay_here("all.pcap", cwd=folder).text
    assert re.search(r"Captured .* UTC$", replay_here("all.pcap", cwd=folder).text, re.MULTILINE)
    local = replay_as_a_process("all.pcap", "--local", cwd=folder, TZ="Europe/Vienna").text
    assert re.search(r"Captured 2026-11-24 05:00:00 to 05:.* CET$", local, re.MULTILINE)


def test_what_the_terminal_cannot_show_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "некий.pcap").write_bytes(capture(*ALL[:1]))
    ran = replay_as_a_process("некий.pcap", cwd=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ran.code == 0
    assert ran.text.isascii()


def test_the_module_and_the_command_are_one(folder: Path) -> None:
    ran = smtpsensor("replay", "all.pcap", "--json", cwd=folder)
    assert ran.report["attempts"] == len(TRUTH)
