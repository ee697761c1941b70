"""Each kind of attack in each dress: its own alert, with key and count, and nothing else above info."""

import pytest
from scenarios.attacks import KINDS
from scenarios.matrix import DRESSES, Cell, cell

from smtpsensor.detect.alert import Severity
from smtpsensor.events import Outcome

# Those take the legitimate day around the attack: seconds each.
SLOW = [
    (kind, dress) for kind in KINDS for dress in DRESSES if "day" in dress or kind == "failure_rate_shift"
]
QUICK = [(kind, dress) for kind in KINDS for dress in DRESSES if (kind, dress) not in SLOW]
CELLS = [*QUICK, *(pytest.param(*each, marks=pytest.mark.slow) for each in SLOW)]


def _alert_counts_what_happened(found: Cell, dress: str) -> None:
    (alert,) = found.own()
    if found.attack.rule == "failure_rate_shift":
        # People who mistype from a place of their own cannot be told from the botnet. With frames lost it
        # takes longer until the shift is sure, and what came before is not counted.
        least = found.attack.count * (0.6 if "lost" in dress else 1)
        assert least <= alert.count <= found.attack.count + 40
    elif "lost" in dress:
        assert 0 < alert.count <= found.attack.count
    else:
        assert alert.count == found.attack.count + found.strangers()


@pytest.mark.parametrize(("kind", "dress"), CELLS)
def test_an_attack_raises_its_own_alert_once_with_its_key_and_count(kind: str, dress: str) -> None:
    found = cell(kind, dress)
    assert [alert.key for alert in found.own()] == [found.own()[0].key]
    _alert_counts_what_happened(found, dress)


@pytest.mark.parametrize(("kind", "dress"), CELLS)
def test_an_attack_raises_nothing_else_above_info(kind: str, dress: str) -> None:
    found = cell(kind, dress)
    assert {alert.rule.name for alert in found.others()} <= set(found.attack.also)
    for alert in found.others():
        assert (
            any(other.id in alert.related for other in found.own())
            or found.own()[0].severity is Severity.INFO
        )


@pytest.mark.parametrize("kind", [kind for kind, dress in QUICK if dress == "3 % lost"])
def test_with_frames_lost_all_counts_that_the_events_can_show(kind: str) -> None:
    """What is lost of an attempt (name, verdict, password, offer) it cannot be counted by."""
    found = cell(kind, "3 % lost")
    (alert,) = found.own()
    seen = found.members()
    if kind == "auth_not_offered":
        seen = [event for event in seen if event.offered is False]
    if kind == "no_tarpit":
        seen = [event for event in seen if event.response_ns is not None]
    unseen = sum(event.outcome is Outcome.FAILURE and event.secret is None for event in seen)
    assert alert.count >= len(seen) - unseen - (kind == "stale_password")
