"""`smtpsensor replay --alertmanager`: as typed, from a capture to what a receiver is sent."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alertmanager.servers import free_port, receiving, say, within
from prometheus.stack import get
from support.tree import ROOT

from smtpsensor.app.alertmanagerfile import load_alertmanager
from smtpsensor.detect.problems import RuleErrors

CAPTURE = str(ROOT / "pcaps" / "attack-demo.pcap")
RULES = {
    *("success_after_failures", "brute_force_source", "password_spray"),
    *("auth_not_offered", "cleartext_credentials"),
}


def replay(*options: str, timeout: int = 40) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "smtpsensor", "replay", "--no-progress", *options, CAPTURE],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=timeout, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@contextmanager
def serving(*options: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    command = [sys.executable, "-m", "smtpsensor", "replay", "-q", "--serve", "--listen", f"127.0.0.1:{port}"]
    running = subprocess.Popen([*command, *options, CAPTURE], cwd=ROOT, stdin=subprocess.DEVNULL)
    try:
        yield running, f"http://127.0.0.1:{port}"
    finally:
        running.kill()
        running.wait()


def test_every_replica_gets_the_alerts_of_a_replay() -> None:
    with receiving() as one, receiving() as two:
        done = replay("--alertmanager", one.url, "--alertmanager", two.url, "--host", "sensor1")
        assert (done.returncode, done.stderr) == (0, "")
        for each in (one, two):
            alerts = each.alerts()
            assert {alert["labels"]["rule"] for alert in alerts} == RULES
            assert {alert["labels"]["host"] for alert in alerts} == {"sensor1"}
            assert all(alert["startsAt"].startswith("2026-11-24T21:1") for alert in alerts)


def test_names_leave_under_the_policy() -> None:
    with receiving() as one:
        done = replay("--alertmanager", one.url, "--names", "none")
        assert done.returncode == 0, done.stderr
        assert one.alerts()
        assert "@example.net" not in json.dumps(one.bodies)


def test_filters_hold_for_alerts() -> None:
    with receiving() as one:
        assert replay("--alertmanager", one.url, "--source", "198.51.100.23").returncode == 0
        sources = {alert["labels"]["source"] for alert in one.alerts() if "source" in alert["labels"]}
        assert sources == {"198.51.100.23"}


@pytest.mark.slow
def test_nobody_there() -> None:
    """The report is complete; the exit code says that something was not delivered."""
    done = replay("--alertmanager", f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 2
    assert "64 login attempts" in done.stdout
    warning, error = done.stderr.splitlines()
    assert "takes no alerts, Connection refused; they wait" in warning
    assert "alerts were taken by no Alertmanager" in error


@pytest.mark.parametrize("url", ["alertmanager:9093", "", "http://a:b@192.0.2.1", "http://192.0.2.1/api/v2"])
def test_an_address_that_is_none_is_said_in_one_line(url: str) -> None:
    done = replay("--alertmanager", url)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("smtpsensor: --alertmanager: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.system
def test_the_metrics_show_how_it_fares() -> None:
    with (
        receiving(lambda handler, _: say(handler, 503)) as one,
        serving("--alertmanager", one.url) as (run, url),
    ):
        name = f'sink="alertmanager {one.url}"'
        assert within(20, lambda: f"smtpsensor_sink_up{{{name}}} 0.0".encode() in get(f"{url}/metrics"))
        shown = get(f"{url}/metrics").decode()
        assert f"smtpsensor_sink_failures_total{{{name}}} 0.0" in shown
        assert 'smtpsensor_limit{limit="alertmanager"} 10000.0' in shown
        assert within(20, lambda: b'smtpsensor_limit_used{limit="alertmanager"} 6.0' in get(f"{url}/metrics"))
        one.answer = lambda handler, _: say(handler, 200)
        assert within(40, lambda: f"smtpsensor_sink_up{{{name}}} 1.0".encode() in get(f"{url}/metrics"))
        began = time.monotonic()
        os.kill(run.pid, signal.SIGINT)
        assert run.wait(15) == 0
        assert time.monotonic() - began < 9


FILE = """
[alertmanager]
urls = ["https://am.example.org:9093"]
generator_url = "https://grafana.example.org/d/x?var-source={source}"
[alertmanager.labels]
location = "north"
[alertmanager.headers]
X-Scope-OrgID = "mail"
[alertmanager.tls_config]
server_name = "am"
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "smtpsensor.toml"
    file.write_text(text)
    return file


def test_a_configuration(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("s3cret\n")
    basic = f'[alertmanager.basic_auth]\nusername = "sensor"\npassword_file = "{password}"\n'
    found = load_alertmanager(written(tmp_path, FILE + basic))
    assert [str(one) for one in found.addresses] == ["https://am.example.org:9093"]
    assert found.labels == {"location": "north"}
    assert found.access.server_name == "am"
    assert found.access.words() == {
        "X-Scope-OrgID": "mail",
        "Authorization": "Basic c2Vuc29yOnMzY3JldA==",
    }
    password.write_text("another")
    assert found.access.words()["Authorization"] == "Basic c2Vuc29yOmFub3RoZXI="


def test_a_bearer_token(tmp_path: Path) -> None:
    file = written(tmp_path, '[alertmanager.authorization]\ncredentials = "abc"\n')
    assert load_alertmanager(file).access.words() == {"Authorization": "Bearer abc"}


def test_the_sample_configuration_is_right() -> None:
    assert len(load_alertmanager(ROOT / "deploy" / "prometheus" / "smtpsensor.toml").addresses) == 2


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('urls = ["am.example.org"]', "alertmanager.urls[0]: am.example.org does not begin with http"),
        ("urls = [7]", "7 does not begin with http"),
        ('urls = "http://192.0.2.1"', "where a list belongs"),
        ('url = "http://192.0.2.1"', "unknown field"),
        ('labels = {rule = "x"}', "'rule' cannot be a label of the site"),
        ('labels = {"a-b" = "x"}', "'a-b' cannot be a label of the site"),
        ('headers = {Authorization = "x"}', "'Authorization' cannot be set"),
        ('headers = {"a b" = "x"}', "'a b' cannot be set"),
        ('generator_url = "grafana"', "'grafana' is no address"),
        ('generator_url = "http://x/{source!r}"', "is no address"),
        ('basic_auth = {username = "a"}', "one of them is needed"),
        ('basic_auth = {username = "a", password = "b", password_file = "c"}', "and one only"),
        ('basic_auth = {password = "b"}', "is missing"),
        ('basic_auth = {username = "a", password = "b"}\nauthorization = {credentials = "c"}', "leave one"),
        ('authorization = {type = "Basic", credentials = "x"}', "use basic_auth"),
        ('tls_config = {ca_file = "nowhere.pem"}', "ca_file: cannot be used, No such file"),
        ('tls_config = {cert_file = "nowhere.pem"}', "cert_file: cannot be used, No such file"),
        ('tls_config = {key_file = "nowhere.pem"}', "stands without cert_file"),
    ],
)
def test_what_is_wrong_with_a_configuration(text: str, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(RuleErrors) as said:
        load_alertmanager(written(tmp_path, f"[alertmanager]\n{text}\n"))
    assert any(wrong in str(error) for error in said.value.errors), [str(e) for e in said.value.errors]
