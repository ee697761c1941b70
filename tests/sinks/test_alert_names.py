"""`--names` and alerts: no form of an alert tells a name that the policy hides, and its id proves none."""

import io
import json

import pytest
from sinks.samples import NOON, alert, full_alert, rule
from support.tree import ROOT

from smtpsensor.capture.timeline import Timeline
from smtpsensor.config import Settings
from smtpsensor.detect.active import identity
from smtpsensor.detect.alert import WITHHELD, Alert, Count
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.loading import load_rules
from smtpsensor.detect.site import Site
from smtpsensor.events import AuthEvent
from smtpsensor.pipeline import Pipeline
from smtpsensor.sinks.csvfile import CsvWriter
from smtpsensor.sinks.ecs import EcsWriter
from smtpsensor.sinks.eve import EveWriter
from smtpsensor.sinks.lines import LineWriter
from smtpsensor.sinks.names import NamePolicy, Names

KEY = b"k" * 32
NAME = "Zebediah.Quux"


def hash_policy() -> NamePolicy:
    return NamePolicy(Names.HASH, KEY)


def named_alerts() -> list[Alert]:
    """A name in each place that can hold one, and in what is written from it."""
    template = rule(
        summary="{username} {domain} {target} {account}", description="{target} and {username} and {domain}"
    )
    return [
        alert(rule=template, key={"username": NAME}),
        alert(rule=template, key={"source": "198.51.100.7", "domain": NAME}),
        alert(rule=template, members={"usernames": ("anna", NAME)}, distinct={"usernames": Count(9)}),
        alert(rule=template, facts={"target": NAME, "account": NAME.upper(), "mechanism": NAME.upper()}),
        full_alert(rule=template, key={"username": NAME, "domain": NAME}, facts={"any": NAME}),
    ]


@pytest.mark.parametrize("writer_class", [EveWriter, EcsWriter, CsvWriter])
@pytest.mark.parametrize("policy", [hash_policy(), NamePolicy(Names.NONE)], ids=["hash", "none"])
def test_no_output_tells_a_name_of_an_alert(
    writer_class: type[LineWriter | CsvWriter], policy: NamePolicy
) -> None:
    out = io.BytesIO()
    writer = writer_class(out, "sensor1")
    for one in named_alerts():
        writer.write(policy.apply(one))
    writer.flush()
    assert b"quux" not in out.getvalue().lower()


@pytest.mark.parametrize("policy", [hash_policy(), NamePolicy(Names.NONE)], ids=["hash", "none"])
def test_no_text_of_a_masked_alert_tells_a_name(policy: NamePolicy) -> None:
    """The same hunt in the object itself: what a report or a notification would take."""
    for one in named_alerts():
        masked = policy.apply(one)
        assert "quux" not in f"{masked} {masked.summary()} {masked.description()}".lower()


def test_the_hunt_finds_what_is_not_hidden() -> None:
    for one in named_alerts():
        assert "quux" in f"{NamePolicy().apply(one)}".lower()


def test_full_hands_on_the_very_alert() -> None:
    one = full_alert()
    assert NamePolicy().apply(one) is one


def test_hash_gives_the_hash_that_events_carry() -> None:
    policy = hash_policy()
    masked = policy.apply(full_alert())
    anna = policy.display("anna@example.net")
    assert masked.key == {"username": anna, "domain": policy.display("example.net")}
    assert masked.members["usernames"] == (anna,)
    assert masked.facts["target"] == policy.display("boss@example.net")
    assert masked.summary() == f"{anna} was got into after 512 attempts from 400+ sources"


def test_none_leaves_names_out_and_says_so_in_words() -> None:
    masked = NamePolicy(Names.NONE).apply(full_alert())
    assert masked.key == {}
    assert "usernames" not in masked.members
    assert masked.summary() == f"{WITHHELD} was got into after 512 attempts from 400+ sources"
    assert masked.description() == f"{WITHHELD} of {WITHHELD}: look for {WITHHELD} in 90 s, 3 mails."


@pytest.mark.parametrize("policy", [hash_policy(), NamePolicy(Names.NONE)], ids=["hash", "none"])
def test_addresses_numbers_and_counts_stay(policy: NamePolicy) -> None:
    one = full_alert(key={"source": "198.51.100.7"})
    masked = policy.apply(one)
    assert masked.key == one.key
    assert (masked.members["sources"], masked.distinct, masked.flow) == (
        one.members["sources"],
        one.distinct,
        one.flow,
    )
    assert {word: masked.facts[word] for word in ("mails", "rate", "login", "network")} == {
        "mails": 3,
        "rate": 0.5,
        "login": True,
        "network": "192.0.2.0/24",
    }


@pytest.mark.parametrize("word", ["network", "after", "then", "verdict_file"])
def test_what_rules_say_in_words_of_their_own_stays(word: str) -> None:
    """What a break-in was preceded and followed by is told in numbers, never in names."""
    for policy in (hash_policy(), NamePolicy(Names.NONE)):
        assert policy.apply(alert(facts={word: "sent no mail"})).facts == {word: "sent no mail"}


def test_none_does_not_call_the_names_it_left_out_beyond_a_list() -> None:
    out = io.BytesIO()
    writer = EveWriter(out, "sensor1")
    writer.write(NamePolicy(Names.NONE).apply(full_alert()))
    writer.flush()
    about = json.loads(out.getvalue())["alert"]
    assert "usernames" not in about["members"] | about["beyond"]
    assert about["distinct"]["usernames"] == 1


def test_the_alert_that_was_given_is_not_changed() -> None:
    for policy in (hash_policy(), NamePolicy(Names.NONE)):
        one = full_alert()
        policy.apply(one)
        assert one == full_alert()


@pytest.mark.parametrize("policy", [hash_policy(), NamePolicy(Names.NONE)], ids=["hash", "none"])
def test_the_id_proves_no_name_to_whoever_has_a_list(policy: NamePolicy) -> None:
    """Rule and time stand in the line, so an unkeyed id would tell which of some names it is."""
    key = ("anna@example.net",)
    plain = identity("brute_force_account", key, NOON)
    masked = policy.apply(alert(id=plain, related=(plain,)))
    assert masked.id != plain
    assert len(masked.id) == 16
    assert masked.related == (masked.id,)  # alerts still point to each other
    assert policy.apply(alert(id=plain)).id == masked.id  # ... and updates to their opening


def test_ids_are_equal_on_every_run_under_one_key_only() -> None:
    assert hash_policy().apply(alert()).id == hash_policy().apply(alert()).id
    assert NamePolicy(Names.NONE).apply(alert()).id != NamePolicy(Names.NONE).apply(alert()).id


@pytest.fixture(scope="module")
def attack() -> tuple[list[Alert], set[str]]:
    """What the shipped rules say of the recorded attack, and every address of mail that was tried in it."""
    pipeline = Pipeline(Settings())
    for batch in Timeline((str(ROOT / "pcaps" / "attack-demo.pcap"),), pipeline.stats).batches():
        pipeline.feed(batch)
    pipeline.finish()
    engine = Engine(load_rules(), Site())
    alerts: list[Alert] = []
    names: set[str] = set()
    for event in pipeline.drain():
        alerts += engine.take(event)
        if isinstance(event, AuthEvent) and event.username and "@" in event.username:
            names.add(event.username.casefold())
    alerts += engine.finish()
    return alerts, names


@pytest.mark.parametrize("writer_class", [EveWriter, EcsWriter])
@pytest.mark.parametrize("mode", Names)
def test_the_alerts_of_the_shipped_rules_tell_no_name(
    writer_class: type[EveWriter | EcsWriter], mode: Names, attack: tuple[list[Alert], set[str]]
) -> None:
    alerts, names = attack
    policy = NamePolicy(mode, KEY)
    out = io.BytesIO()
    writer = writer_class(out, "sensor1")
    for one in alerts:
        writer.write(policy.apply(one))
    writer.flush()
    lines = out.getvalue().decode().casefold()
    assert len(names) > 10
    assert any(name in lines for name in names) is (mode is Names.FULL)
    assert "after failing on 16 other accounts" in lines  # what the rule says in words stays
