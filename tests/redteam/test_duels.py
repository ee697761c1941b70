"""No verdict is hidden, none is moved to another name, whatever a client forges and a mirror port drops."""

import pytest
from redteam.duels import Hostility, Script
from redteam.hostile import Duel, wrong

HOW = {
    "honest, replies late": Hostility(deferred=0.25),
    "forged": Hostility(forged=0.45),
    "forged, replies late": Hostility(forged=0.3, deferred=0.25),
    "frames out of order": Hostility(late=5, deferred=0.25),
    "loss": Hostility(lost=0.05, deferred=0.25),
}
# What is lost cannot be reported; what is forged besides makes even the truth a matter of chance: see below.


def faults(seed: int, how: Hostility) -> list[str]:
    duel = Script(seed, how).play()
    found = wrong(duel)
    if how.lost:
        found = [text for text in found if "reported" not in text]
    return [f"seed {seed}: {text}" for text in found + lies(duel)]


def lies(duel: Duel) -> list[str]:
    """Only 235 is a success of this server."""
    events = duel.result().auths
    return [
        f"success by {event.code}" for event in events if event.outcome == "success" and event.code != 235
    ]


@pytest.mark.parametrize("how", HOW)
def test_verdicts_stay_with_their_names(how: str) -> None:
    assert not [text for seed in range(120) for text in faults(seed, HOW[how])]


@pytest.mark.slow
@pytest.mark.parametrize("how", HOW)
def test_verdicts_stay_with_their_names_in_very_many_duels(how: str) -> None:
    assert not [text for seed in range(1_000, 6_000) for text in faults(seed, HOW[how])]


@pytest.mark.parametrize("how", HOW)
def test_counts_stay_within_what_was_sent(how: str) -> None:
    """Forged numbers make no octets and no losses."""
    for seed in range(120):
        duel = Script(seed, HOW[how]).play()
        result = duel.result()
        for client in (True, False):
            sent = sum(len(segment.payload) for segment in duel.segments if segment.client == client)
            names = ("bytes_client", "lost_client") if client else ("bytes_server", "lost_server")
            for session in result.sessions:
                octets, lost = (getattr(session, name) for name in names)
                assert 0 <= octets <= sent, (seed, client)
                assert 0 <= lost <= 200_000, (seed, client, lost)
