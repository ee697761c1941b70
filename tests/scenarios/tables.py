"""docs/detection.md, from the runs: `PYTHONPATH=tests:. python tests/scenarios/tables.py` writes it.

The comparison with Fail2Ban records at real servers, as root; without `--recorded` it stays as it stands.
"""

import sys
from collections import Counter
from typing import Final

from scenarios.attacks import KINDS
from scenarios.dresses import day
from scenarios.lookalikes import SCENES
from scenarios.matrix import DRESSES, Cell, cell
from scenarios.people import legit_day
from scenarios.watching import watch
from support.tree import ROOT

DOC: Final = ROOT / "docs" / "detection.md"
_BEGIN: Final = "<!-- recorded -->\n"
_END: Final = "<!-- /recorded -->\n"

_HEAD: Final = """# Detection, shown

What the shipped rules say about attacks, and about a day without any. Everything here is played as packets
through the whole program (frames, TCP, SMTP, events, rules) and printed by a script; tests hold it. Seeds
are fixed: the same page comes out on every machine.

## Attack matrix

Fifteen kinds of attack, each alone, inside the legitimate day below, with 3 % of all frames lost, over
IPv6, and with every frame captured twice. A cell is the number of attempts that the one alert of the rule
counts. Nothing else above info is said in any cell, but for what the last column names.

"""
_AFTER_MATRIX: Final = """
- Inside the day, `success_many_sources` counts the owner's own logins from elsewhere as well: they are
  logins on that account. `cleartext_credentials` counts everybody's.
- `failure_rate_shift` has the day around it in every column: without peace there is nothing to leave. It
  counts some people who mistype from a place of their own; nobody can tell them from a botnet that tries
  each name once.
- `stale_password` counts repetitions: the first try is none.
- With frames lost, an attempt counts where its name, its verdict and, for `auth_not_offered`, the server's
  offer were seen. A login whose name is lost is not told as `success_after_failures`: one in eight at 3 %
  loss, when the name comes in a line of its own. The guessing before it is told all the same.
- `auth_untrusted_source` has trusted networks configured; without them it says nothing.

"""
_DAY: Final = """## A legitimate day

200 people, {visits:,} connections, {attempts:,} attempts in clear, {failures} failures: an office of 50
behind one address, webmail, homes, IPv6; a phone that asks with an old password every 3 minutes for 6
hours, one that does so from one mobile network after the other, a scanner; a changed password that three
devices learn one after the other; 24 people who mistype once to three times, scripts whose one typo fails
three times (smtplib goes through CRAM-MD5, PLAIN and LOGIN); travellers in up to four networks an hour; two
monitoring probes; a newsletter of 400 connections in an hour; a restart that cuts 60 people off and answers
454 for minutes.

Nothing above info. All that is said of it:

```
{said}
```

With 3 % of its frames lost, with every frame twice, and with other seeds: nothing above info either.

"""
_LOOKALIKES: Final = """## What cannot be told, or not yet

Scenes of their own that look like an attack
([tests/scenarios/lookalikes.py](../tests/scenarios/lookalikes.py)) are held to the same: nothing above
info. These are not yet right:

| scene | what is said |
| --- | --- |
{known}

And attacks by somebody who knows the rules
([tests/detect/test_redteam_detection.py](../tests/detect/test_redteam_detection.py)). No alert above info:

- One wrong password that stays, by PLAIN, before each guess by CRAM-MD5: so does a scanner with an old
  password, and what CRAM-MD5 carries cannot be seen. `stale_password` tells it, as info.
- Another /64 of a /48 for each try, each name seldom: networks are counted up to /64. After 8 hours of peace
  `failure_rate_shift` sees it.
- Every bot logs in with an account of the attacker's own first: what it guesses then, slowly, is taken for
  somebody's own. `success_many_sources` tells the account, from 6 networks an hour or 20 a day on.

The guessing is told, but that it found the password is not, by `success_after_failures`:

- One account is guessed from many networks, and a source that never failed on it gets in. So does its owner,
  from elsewhere. See who logs in while `distributed_account` is active.
- Stolen passwords, each tried twice, a minute or more between: so do the phones behind one address.

"""
_RECORDED: Final = """## Beside Fail2Ban

The same attacks at a real Postfix with Dovecot, each from its own addresses; its own mail log, each line
moved to the time at which the scenario has it; and that log through Fail2Ban {version} of Debian with its
stock filters (`postfix[mode=auth]`, `dovecot`) and its default jail (5 failures in 10 minutes, banned for
10 minutes), by Fail2Ban's own code. While a source is banned its attempts do not reach the server and do
not count.

*Before*: attempts of the attack up to and with the one that decides. Fail2Ban acts where smtpsensor only
tells: a source it bans early guesses no more for ten minutes.

| attack | attempts | smtpsensor | before | Fail2Ban bans | before | failures it lets through |
| --- | ---: | --- | ---: | --- | ---: | ---: |
{rows}

- Fail2Ban counts failures per address, so it is sooner where one address fails fast: after 5 instead of 8
  or 10. It cannot see passwords; what that costs stands in the next table.
- Whatever is spread over addresses or hours, it does not see. Nor logins: a stolen password leaves no
  failure.
- `success_after_failures`: the ban after five failures would have kept this one out. A tool that waits three
  minutes between guesses is not banned.
- Dovecot logs no failure by default (`auth_verbose=no`), so its filter has nothing to read; Postfix's line
  counts.

And what is no attack:

| scene | smtpsensor | Fail2Ban |
| --- | --- | --- |
{harmless}

"""
_TAIL: Final = """## Run it again

```sh not run: tests do it, in a minute and a half
# Writes this page; --recorded also attacks real servers anew, as root.
PYTHONPATH=tests:. .venv/bin/python tests/scenarios/tables.py --recorded
```
"""


def made() -> tuple[str, str]:
    """What stands before and behind the recorded part."""
    return _HEAD + _matrix() + _AFTER_MATRIX + _legitimate() + _lookalikes(), _TAIL


def recorded() -> str:
    """The comparison, recorded anew. Raises MissingError where the machine lacks something."""
    from scenarios.bans import unpacked, version
    from scenarios.comparing import rows

    unpacked()
    told, harmless = rows()
    lines = [
        f"| {row.kind} | {row.attempts} | {row.alert} | {row.before} | {row.banned} "
        f"| {'-' if row.banned_before is None else row.banned_before} | {_part(row.let_in, row.failures)} |"
        for row in told
    ]
    others = [f"| {' | '.join(each)} |" for each in harmless]
    return _RECORDED.format(version=version(), rows="\n".join(lines), harmless="\n".join(others))


def document(comparison: str) -> str:
    """The whole page."""
    head, tail = made()
    return head + _BEGIN + comparison + _END + tail


def standing() -> str:
    """The comparison as the page has it."""
    return DOC.read_text().partition(_BEGIN)[2].partition(_END)[0]


def _part(let_in: int, failures: int) -> str:
    return f"{let_in} of {failures}" if failures else "has none"


def _matrix() -> str:
    lines = [
        f"| attack | what happens | key | {' | '.join(DRESSES)} | beside it |",
        f"| --- | --- | --- |{' ---: |' * len(DRESSES)} --- |",
    ]
    for kind in KINDS:
        cells = [cell(kind, dress) for dress in DRESSES]
        key = " and ".join(cells[0].own()[0].key)
        counts = " | ".join(_counted(each) for each in cells)
        beside = "; ".join(f"`{rule}`: {why}" for rule, why in cells[0].attack.also.items()) or "-"
        lines.append(f"| `{kind}` | {cells[0].attack.about} | {key} | {counts} | {beside} |")
    return "\n".join(lines) + "\n"


def _counted(found: Cell) -> str:
    counts = [f"{alert.count:,}" for alert in found.own()]
    return " and ".join(counts) or "**no alert**"


def _legitimate() -> str:
    visits = legit_day()
    said = watch(day())
    codes = Counter(event.outcome.value for event in said.attempts)
    lines = [f"{alert.severity.value} {alert.rule.name}: {alert.summary()}" for alert in said.alerts.values()]
    return _DAY.format(
        visits=len(visits), attempts=len(said.attempts), failures=codes["failure"], said="\n".join(lines)
    )


def _lookalikes() -> str:
    from scenarios.dresses import framed
    from scenarios.lookalikes import scene

    known = []
    for make, right in SCENES.items():
        loud = [alert for alert in watch(framed(scene(make, 1))).loud() if alert.rule.name not in right]
        if loud:
            scene_ = " ".join((make.__doc__ or "").split())
            known.append(f"| {scene_} | {'; '.join(f'`{alert.rule.name}`' for alert in loud)} |")
    return _LOOKALIKES.format(known="\n".join(known)) if known else ""


if __name__ == "__main__":
    DOC.write_text(document(recorded() if "--recorded" in sys.argv else standing()))
