"""Events held against the truth of a transcript: a list of differences in words, empty where all is right."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from smtpsensor.config import Settings
from smtpsensor.events import AuthEvent
from support.forge import KEY
from support.transcripts import Expected, Transcript

# What an attempt is, whatever the frames looked like that brought it.
IDENTITY = (
    "mechanism",
    "username",
    "authzid",
    "realm",
    "domain",
    "workstation",
    "outcome",
    "code",
    "enhanced",
    "reply",
    "offered",
    "attempt",
    "helo",
    "malformed",
    "secret",
    "repeated",
)
# Absent unless the transcript says otherwise.
USUALLY = {"authzid": "None", "realm": "None", "domain": "None", "workstation": "None", "malformed": "False"}


def identity(events: Sequence[AuthEvent], leave_out: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The attempts without times, frame numbers and flows."""
    return [{name: getattr(event, name) for name in IDENTITY if name not in leave_out} for event in events]


def differences(transcript: Transcript, events: Sequence[AuthEvent]) -> list[str]:
    """What is wrong with the attempts reported for one transcript."""
    wrong = []
    if len(events) != len(transcript.expected):
        got = [(e.mechanism, e.username, str(e.outcome), e.code) for e in events]
        wrong.append(f"{len(transcript.expected)} attempts expected, got {got}")
    for number, (expected, event) in enumerate(zip(transcript.expected, events, strict=False), 1):
        wrong += [f"attempt {number}: {text}" for text in _attempt(expected, event, number)]
    return wrong


def _attempt(expected: Expected, event: AuthEvent, number: int) -> list[str]:
    wanted = {
        "mechanism": str(expected.mechanism),
        "username": str(expected.username),
        "outcome": expected.outcome,
        "code": str(expected.code),
        "attempt": str(number),
        **USUALLY,
        **expected.fields,
    }
    wrong = []
    for name, value in wanted.items():
        got = str(reduce(getattr, name.split("."), event))
        if value == "{any}":
            if got in {"None", ""}:
                wrong.append(f"{name} is missing")
        elif got != value:
            wrong.append(f"{name} {got!r}, expected {value!r}")
    return wrong


def settings_for(transcript: Transcript, **changes: Any) -> Settings:
    """Settings with the transcript's proxies and the tests' key."""
    return Settings(proxies=transcript.proxies, secret_key=KEY, **changes)
