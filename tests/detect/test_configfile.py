"""`--config`: the sample in the docs, and everything that can be wrong with such a file."""

from ipaddress import ip_network
from pathlib import Path

import pytest
from support.tree import ROOT

from smtpsensor.app.configfile import load_config, read_config
from smtpsensor.detect.problems import RuleErrors
from smtpsensor.detect.rule import Threshold
from smtpsensor.detect.site import Allowed, Mute, Place, RuleChange

SAMPLE = ROOT / "docs" / "smtpsensor.toml"
MINUTE = 60 * 10**9
UNTIL = 1_796_083_200 * 10**9  # 2026-12-01 00:00 UTC


def test_the_sample_of_the_docs_says_what_its_comments_say() -> None:
    site = load_config(SAMPLE)
    assert [str(place.network) for place in site.trusted] == ["192.0.2.0/25", "2001:db8:10::/48"]
    assert site.own == (Place(ip_network("203.0.113.80/32"), "webmail"),)
    (probe,) = site.allowed
    assert isinstance(probe, Allowed)
    assert (probe.network, probe.username) == (ip_network("192.0.2.200/32"), "probe@example.net")
    (mute,) = site.mutes
    assert isinstance(mute, Mute)
    assert (mute.rule, mute.username, mute.until) == ("stale_password", "scanner-*@example.net", UNTIL)
    assert site.changes == (
        RuleChange("no_tarpit", off=True),
        RuleChange(
            "brute_force_source",
            thresholds=(
                Threshold((("attempts", 20),), 5 * MINUTE),
                Threshold((("attempts", 100),), 24 * 60 * MINUTE),
            ),
            quiet=60 * MINUTE,
        ),
        RuleChange("cleartext_credentials", severity="warning"),
        RuleChange(
            "password_spray",
            server="203.0.113.25",
            thresholds=(Threshold((("usernames", 20),), 10 * MINUTE, against_below=5),),
        ),
    )


@pytest.mark.parametrize("text", ["", "[detection]", "[detection]\noff = []", "\ufeff[detection]"])
def test_nothing_said_is_nothing_changed(text: str) -> None:
    site = read_config(text.encode(), "site.toml")
    assert (site.trusted, site.own, site.allowed, site.mutes, site.changes) == ((), (), (), (), ())


def test_a_time_with_a_zone_and_a_date_alone() -> None:
    for when in ("2026-12-01T01:00:00+01:00", "2026-12-01", "2026-12-01T00:00:00"):
        text = f'[[detection.mute]]\nrule = "x"\nreason = "y"\nuntil = {when}'
        assert read_config(text.encode(), "site.toml").mutes[0].until == UNTIL


PLACE = "[[detection.trusted]]\n"
RULE = "[detection.rules.brute_force_source]\n"
CASES = {
    "not TOML": ("off = [", "malformed TOML, "),
    "unknown section": ("[detect]", "detect: unknown field; did you mean detection?"),
    "unknown key": (
        '[[detection.own]]\nnetwork = "192.0.2.1"\nreson = "x"\nreason = "y"',
        "detection.own[0].reson: unknown field; did you mean reason?",
    ),
    "key of nothing near": (
        "[detection]\nxyz = 1",
        "detection.xyz: unknown field; known are off, trusted, own, allow,",
    ),
    "no reason": (
        f'{PLACE}network = "192.0.2.0/24"',
        "detection.trusted[0].reason: is missing; say why: whoever reads this in a year will ask",
    ),
    "empty reason": (
        f'{PLACE}network = "192.0.2.0/24"\nreason = " "',
        "detection.trusted[0].reason: is empty; write some words",
    ),
    "no network": (f'{PLACE}reason = "LAN"', "detection.trusted[0].network: is missing; write network ="),
    "bad network": (
        f'{PLACE}network = "lan"\nreason = "LAN"',
        "detection.trusted[0].network: 'lan' is no address or network; write 192.0.2.7, 192.0.2.0/24 or",
    ),
    "a table for a list": (
        '[detection.trusted]\nnetwork = "192.0.2.0/24"',
        "detection.trusted: a mapping where a list belongs; ",
    ),
    "everything allowed": (
        '[[detection.allow]]\nreason = "x"',
        "detection.allow[0].source: neither source nor username; say who is allowed: all attempts would be",
    ),
    "everything muted": (
        '[[detection.mute]]\nreason = "x"',
        "detection.mute[0].rule: neither rule, source nor username; say what is muted: all alerts would be",
    ),
    "time in quotes": (
        '[[detection.mute]]\nrule = "x"\nreason = "y"\nuntil = "tomorrow"',
        "detection.mute[0].until: 'tomorrow' is no time; write until = 2026-12-01T00:00:00Z, without quotes",
    ),
    "unknown severity": (
        f'{RULE}severity = "warn"',
        "detection.rules.brute_force_source.severity: 'warn' is no severity; did you mean warning?",
    ),
    "threshold of zero": (
        f'{RULE}threshold = [{{attempts = 0, within = "5m"}}]',
        "detection.rules.brute_force_source.threshold[0].attempts: 0 is too small; write 1 or more",
    ),
    "no threshold": (
        f"{RULE}threshold = []",
        "detection.rules.brute_force_source.threshold: is empty; write - {attempts: 10, within: 5m}",
    ),
    "nothing changed": (
        RULE,
        "detection.rules.brute_force_source.threshold: nothing is changed; write threshold =",
    ),
    "a server by name": (
        '[detection.servers.mx.password_spray]\nthreshold = [{usernames = 9, within = "5m"}]',
        "detection.servers.mx: 'mx' is no address; write 203.0.113.25 or 2001:db8::25",
    ),
    "severity of one server": (
        '[detection.servers."203.0.113.25".password_spray]\nseverity = "info"',
        "detection.servers.203.0.113.25.password_spray.severity: unknown field; known are threshold",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_one_line_with_file_key_and_fix(case: str) -> None:
    text, said = CASES[case]
    with pytest.raises(RuleErrors) as raised:
        read_config(text.encode(), "site.toml")
    (line,) = str(raised.value).split("\n")
    assert line.startswith(f"site.toml: {said}")
    assert "; " in line


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (bytes.fromhex("d4c3b2a1") * 400_000, "is a capture, no configuration; name it without"),
        (bytes.fromhex("0a0d0d0a00"), "is a capture, no configuration; name it without"),
        (b"a = 1\0", "is no text; name a TOML file"),
        (b"\xff", "is not UTF-8; save it as UTF-8 text"),
        (b"a = " + b"[" * 100_000, "malformed TOML"),
        (b"#" * 1_100_000, "is larger than 1024 KiB; a configuration is a page or two"),
        (b"a = " + b"9" * 10_000, "malformed TOML"),
    ],
)
def test_octets_that_are_no_configuration(data: bytes, said: str) -> None:
    with pytest.raises(RuleErrors, match=said):
        read_config(data, "site.toml")


def test_a_file_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(RuleErrors, match=r"site\.toml: does not exist; check the path"):
        load_config(tmp_path / "site.toml")
