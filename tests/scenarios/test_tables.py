"""docs/detection.md is what the runs give, and the comparison says what it must."""

import subprocess
from collections.abc import Iterator

import pytest
from docs.pages import rows, section
from scenarios.tables import DOC, document, recorded, standing
from support.tools import missing, require_root

from pcaps.record.packages import MissingError, require_host, unpacked_servers

PAGE = "docs/detection.md"
# What a limit per address and ten minutes can see.
SEEN = {"brute_force_source", "password_spray", "success_after_failures", "no_tarpit"}


@pytest.mark.slow
def test_the_page_is_what_the_runs_give() -> None:
    assert DOC.read_text() == document(standing())


@pytest.mark.slow
@pytest.mark.system
@pytest.mark.xdist_group("recording")
def test_the_comparison_is_what_real_servers_and_fail2ban_give() -> None:
    require_root()
    try:
        require_host()
        unpacked_servers()
        now = recorded()
    except (MissingError, subprocess.CalledProcessError) as error:
        missing(str(error))
    assert standing() == now


def _compared() -> Iterator[list[str]]:
    return (row for row in rows(section(PAGE, "Beside Fail2Ban")) if len(row) == 7 and row[0] != "attack")


def test_every_attack_is_told_and_fail2ban_bans_only_what_one_address_does_fast() -> None:
    found = {kind.strip("`"): others for kind, *others in _compared()}
    assert len(found) == 16
    assert {kind for kind, (_, _, _, banned, *_) in found.items() if banned != "nobody"} == SEEN
    assert all(int(before) <= int(attempts) for attempts, _, before, *_ in found.values())


def test_no_alert_is_missing_in_the_matrix() -> None:
    assert "**" not in section(PAGE, "Attack matrix")
