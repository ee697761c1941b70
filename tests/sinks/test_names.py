"""`--names`: what identifies a person leaves in the form the policy allows, in every output."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sinks.samples import anomaly, auth, full_auth, full_session

from smtpsensor.events import AuthEvent, Event, SessionEvent
from smtpsensor.sinks.csvfile import CsvWriter
from smtpsensor.sinks.ecs import EcsWriter
from smtpsensor.sinks.eve import EveWriter
from smtpsensor.sinks.lines import LineWriter
from smtpsensor.sinks.names import NamePolicy, Names

KEY = b"k" * 32
PERSONAL = ("username", "authzid", "realm", "domain", "workstation", "helo")
WRITERS = [EveWriter, EcsWriter, CsvWriter]


def policies() -> list[NamePolicy]:
    return [NamePolicy(Names.HASH, KEY), NamePolicy(Names.NONE)]


def test_full_hands_on_the_very_event() -> None:
    event = full_auth()
    assert NamePolicy().apply(event) is event


def test_none_leaves_every_personal_field_out() -> None:
    event = full_auth()
    masked = NamePolicy(Names.NONE).apply(event)
    assert isinstance(masked, AuthEvent)
    assert [getattr(masked, name) for name in PERSONAL] == [None] * 6
    assert masked.reply is None
    assert (masked.code, masked.outcome, masked.secret) == (event.code, event.outcome, event.secret)


def test_hash_gives_sixteen_hex_digits_equal_for_equal_names_whatever_their_case_and_field() -> None:
    policy = NamePolicy(Names.HASH, KEY)
    one = policy.apply(auth(username="Anna@Example.net", authzid="anna@example.NET"))
    two = policy.apply(auth(username="bob@example.net"))
    assert isinstance(one, AuthEvent)
    assert isinstance(two, AuthEvent)
    assert one.username == one.authzid != two.username
    assert one.username is not None
    assert len(one.username) == 16
    assert int(one.username, 16) >= 0


def test_hashes_are_equal_under_one_key_and_differ_under_another() -> None:
    again, other = NamePolicy(Names.HASH, KEY), NamePolicy(Names.HASH, b"x" * 32)
    assert NamePolicy(Names.HASH, KEY).display("anna") == again.display("anna") != other.display("anna")


def test_the_event_that_was_given_is_not_changed() -> None:
    """The report counts by real names after the sinks have had theirs."""
    event, before = full_auth(), full_auth()
    for policy in policies():
        policy.apply(event)
    assert event == before


def test_a_session_loses_the_clients_name_and_keeps_the_servers() -> None:
    masked = NamePolicy(Names.NONE).apply(full_session())
    assert isinstance(masked, SessionEvent)
    assert (masked.helo, masked.greeting) == (None, "mx.example.net")


@pytest.mark.parametrize(
    ("mechanism", "expected"), [("CRAM-MD5", "CRAM-MD5"), ("ANNA", "OTHER"), ("OTHER", "OTHER"), (None, None)]
)
def test_a_word_behind_auth_that_is_no_mechanism_may_be_a_name(
    mechanism: str | None, expected: str | None
) -> None:
    for policy in policies():
        masked = policy.apply(auth(mechanism=mechanism))
        assert isinstance(masked, AuthEvent)
        assert masked.mechanism == expected


@pytest.mark.parametrize("writer_class", WRITERS)
@pytest.mark.parametrize("policy", policies(), ids=["hash", "none"])
def test_no_output_prints_a_name_that_the_policy_hides(
    writer_class: type[LineWriter | CsvWriter], policy: NamePolicy
) -> None:
    """Each personal field, and a server's reply that repeats the name."""
    secret = "Zebediah.Quux"
    events: list[Event] = [auth(**{field: secret}) for field in PERSONAL]
    events += [auth(reply=f"<{secret.lower()}> unknown"), full_session(helo=secret), anomaly()]
    events += [auth(mechanism=secret.upper())]
    out = io.BytesIO()
    writer = writer_class(out, "sensor1")
    for event in events:
        writer.write(policy.apply(event))
    writer.flush()
    assert b"quux" not in out.getvalue().lower()


def test_the_empty_name_names_nobody() -> None:
    assert [policy.display("") for policy in policies()] == ["", ""]
    assert [policy.display(None) for policy in policies()] == [None, None]


@given(st.text())
def test_any_text_has_a_hash(name: str) -> None:
    """Lone surrogates included."""
    policy = NamePolicy(Names.HASH, KEY)
    assert policy.display(name) == policy.display(name.upper().lower()) or name.casefold() != (
        name.upper().lower().casefold()
    )


@pytest.mark.parametrize("key", [b"", b"k" * 65])
def test_hashes_need_a_key(key: bytes) -> None:
    with pytest.raises(ValueError, match="key of 1 to 64 octets"):
        NamePolicy(Names.HASH, key)


def test_the_key_is_not_in_the_policys_text() -> None:
    assert "kkk" not in repr(NamePolicy(Names.HASH, KEY))


def test_a_flood_of_names_does_not_grow_the_cache_without_end() -> None:
    policy = NamePolicy(Names.HASH, KEY)
    for number in range(140_000):
        policy.display(str(number))
    assert len(policy._cache) <= 65_536
