"""The report as JSON: valid by its schema, in lockstep with the data classes, no name that is hidden."""

import dataclasses
import json
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from report import scenes
from report.wire import ATTACKER, Wire, passwords
from sinks.hostile import HOSTILE

from smtpsensor.events import Encryption, EndReason, Outcome
from smtpsensor.report import model
from smtpsensor.report.model import SCHEMA, Report
from smtpsensor.sinks.names import NamePolicy, Names
from smtpsensor.text import harmless

FILE = Path(__file__).parents[2] / "docs" / "schema" / "report.schema.json"
DOC = json.loads(FILE.read_text())
VALID = Draft202012Validator(DOC)
# Which definition of the schema describes which data class.
DEFINITIONS = {
    "count": model.Count,
    "name": model.Name,
    "place": model.Place,
    "alert": model.AlertRow,
    "guesser": model.GuesserRow,
    "stale": model.StaleRow,
    "target": model.TargetRow,
    "clear": model.ClearRow,
    "times": model.Times,
    "server": model.ServerRow,
    "odd": model.Odd,
}
SCENES: list[Callable[[], Wire]] = [
    scenes.attack,
    scenes.quiet,
    scenes.encrypted,
    scenes.empty,
    scenes.crowd,
    scenes.spray,
]


def parsed(report: Report) -> dict[str, Any]:
    text = report.to_json()
    assert text.endswith(b"}\n")
    assert text.count(b"\n") == 1
    record: dict[str, Any] = json.loads(text)
    return record


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(DOC)


@pytest.mark.parametrize("scene", SCENES)
def test_every_report_is_valid(scene: Callable[[], Wire]) -> None:
    VALID.validate(parsed(scene().report()))


def test_a_report_of_nothing_is_valid() -> None:
    VALID.validate(parsed(Wire().builder.build()))


@pytest.mark.parametrize(("definition", "kind"), DEFINITIONS.items())
def test_the_schema_has_exactly_the_fields_of_the_data_class(definition: str, kind: type) -> None:
    schema = DOC["$defs"][definition]
    hints = typing.get_type_hints(kind)
    names = {field.name for field in dataclasses.fields(kind)}
    assert set(schema["properties"]) == names
    optional = {name for name in names if type(None) in typing.get_args(hints[name])}
    assert set(schema["required"]) == names - optional
    for name in names:
        assert schema["properties"][name]["description"]


def test_the_top_level_has_exactly_the_fields_of_the_report() -> None:
    assert set(DOC["properties"]) == {field.name for field in dataclasses.fields(Report)}
    assert DOC["properties"]["schema"]["const"] == SCHEMA
    for name, kind in (("encryption", model.Encrypted), ("lost", model.Lost)):
        assert set(DOC["properties"][name]["properties"]) == {f.name for f in dataclasses.fields(kind)}


def test_what_the_screen_says_stands_in_the_json() -> None:
    got = parsed(scenes.attack().report())
    row = got["alerts"]["rows"][0]
    assert row["account"] == {"ref": 1, "name": "Anna@example.net"}
    assert row["at"] == "2026-11-24T12:02:25.000000Z"
    assert row["first_seen"] == {"file": "attack.pcap", "packet": 732}
    facts = row["facts"]
    assert (facts["secrets"], facts["secrets_at_least"]) == (16, True)
    assert (facts["mails"], facts["recipients"], facts["mail_bytes"]) == (3, 120, 1_234_567)
    assert got["severities"] == {"critical": 1, "warning": 2, "info": 1}
    assert got["alerts"]["total"] == 4 == len(got["alerts"]["rows"])
    assert got["rules"] == ["success_after_failures", "many_failures", "readable"]
    assert [guesser["source"] for guesser in got["guessing"]["rows"]] == ["203.0.113.77", ATTACKER, scenes.V6]
    assert got["encryption"]["unread_share"] == 0.411
    assert got["lost"]["undecoded"] == {"ppp": 3}
    assert got["first"] == "2026-11-24T12:00:00.000000Z"


def test_without_names_accounts_keep_their_number() -> None:
    """The account that was got into is recognised in the list of attacked ones."""
    got = parsed(scenes.attack(NamePolicy(Names.NONE)).report())
    assert got["alerts"]["rows"][0]["account"] == {"ref": 1}
    assert got["attacked"]["rows"][0]["account"] == {"ref": 1}
    assert got["accounts"] == {"count": 136, "exact": True}
    VALID.validate(got)


@pytest.mark.parametrize("policy", [NamePolicy(Names.NONE), NamePolicy(Names.HASH, b"k" * 32)])
def test_counts_do_not_depend_on_the_policy_and_no_name_is_printed(policy: NamePolicy) -> None:
    def counted(report: Report) -> dict[str, Any]:
        record = parsed(report)
        for key in ("alerts", "stale", "attacked"):
            for row in record[key]["rows"]:
                row.pop("account", None)
        for row in record["alerts"]["rows"]:
            for name in ("id", "related", "key", "summary", "description"):
                del row[name]
        return record

    hidden = scenes.attack(policy).report()
    assert counted(hidden) == counted(scenes.attack().report())
    assert not any(name in hidden.to_json().lower() for name in (b"anna", b"user1", b"carl@", b"dora"))


def test_a_name_in_place_of_a_mechanism_is_hidden_too() -> None:
    wire = Wire(policy=NamePolicy(Names.NONE))
    wire.fail(ATTACKER, "x", "y", mechanism="ZEBEDIAH")
    wire.fail(ATTACKER, "x", "y", mechanism="OTHER")
    got = parsed(wire.report())
    assert got["mechanisms"] == {"OTHER": 2}
    assert "ZEBEDIAH" not in json.dumps(got)


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("decode", [harmless, lambda raw: raw.decode("latin-1")], ids=["clean", "raw"])
def test_hostile_names_make_valid_json_and_come_back_whole(
    raw: bytes, decode: Callable[[bytes], str]
) -> None:
    name = decode(raw)
    wire = Wire()
    wire.fail(ATTACKER, name, *passwords(6), file=name, mechanism=name)
    wire.login(ATTACKER, name)
    wire.end(greeting=name, software=name, auth_offered=(name,))
    got = parsed(wire.builder.build((name,)))
    VALID.validate(got)
    if name:
        assert got["attacked"]["rows"][0]["account"]["name"] == name


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Outcome),
            st.sampled_from(["192.0.2.1", "192.0.2.2", "2001:db8::1", "no address", ":::", ""]),
            st.none() | st.sampled_from(["anna", "ANNA", "", "\ud800"]) | st.text(max_size=5),
            st.none() | st.sampled_from(["a", "b", "c", "d"]),
            st.integers(-(2**70), 2**70),
            st.none() | st.integers(-5, 9999),
            st.none() | st.integers(-(2**70), 2**70),
        ),
        max_size=60,
    ),
    st.lists(
        st.tuples(st.sampled_from(Encryption), st.sampled_from(EndReason), st.integers(0, 60)), max_size=20
    ),
)
def test_any_events_make_a_valid_report_whose_totals_add_up(attempts: list[Any], sessions: list[Any]) -> None:
    wire = Wire()
    for outcome, source, name, secret, ts, code, response in attempts:
        wire.attempt(outcome, source, name, secret, ts=ts, code=code, response_ns=response)
    for encryption, end, number in sessions:
        wire.end(encryption=encryption, end=end, where={"flow_id": number}, mails=1)
    report = wire.report()
    got = parsed(report)
    VALID.validate(got)
    assert got["attempts"] == len(attempts) == sum(got["outcomes"].values())
    assert got["encryption"]["sessions"] == len(sessions)
    assert sum(sum(row["outcomes"].values()) for row in got["servers"]["rows"]) == len(attempts)
