"""A rule in plain words, with the numbers in force: what it fires on, what it does not, what ends it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill
from typing import Final

from smtpsensor.detect.alert import TEMPLATE_FIELDS
from smtpsensor.detect.durations import in_words
from smtpsensor.detect.explain_words import (
    counted,
    distinct,
    group_said,
    guesses_are,
    kept_out,
    number_said,
    subject,
)
from smtpsensor.detect.kinds import FORMS
from smtpsensor.detect.problems import listed
from smtpsensor.detect.rule import ATTEMPTS, KEYS, Kind, Rule, Threshold
from smtpsensor.detect.tries import GUESS_WINDOW, GUESSES, GUESSES_SLOW

_WIDTH: Final = 96
_FIELD: Final = re.compile(r"\{([a-z_]+)\}")


def explain(rule: Rule, rules: Sequence[Rule] = ()) -> str:
    """Return the page about a rule; `rules` are those in force, for what it leaves to others."""
    technique = f", ATT&CK {rule.facts.technique}" if rule.facts.technique else ""
    head = f"{rule.name}: {rule.facts.severity}{technique}, id {rule.facts.sid}, revision {rule.facts.rev}"
    parts = [head, _paragraphs([_template(rule.facts.description)])]
    if rule.needs_trusted:
        silent = "It is silent until trusted networks are configured ([[detection.trusted]])."
        parts.append(_paragraphs([silent]))
    parts += [
        _section("It fires when", _fires(rule)),
        _section("It does not fire", _silent(rule, {other.name for other in rules})),
        _section("It ends", _ends(rule)),
        f"It stands in {rule.file}.",
    ]
    return "\n\n".join(part for part in parts if part)


def _template(text: str) -> str:
    """Return a template with its fields in words: numbers are N, what an alert is about in capitals."""

    def field(found: re.Match[str]) -> str:
        word = found[1]
        if word in KEYS:
            return word.upper()
        return f"<{word}>" if word == "duration" or word not in TEMPLATE_FIELDS else "N"

    return _FIELD.sub(field, text)


def _section(title: str, lines: Iterator[str]) -> str:
    told = _paragraphs(lines)
    return f"{title}\n{told}" if told else ""


def _paragraphs(texts: Sequence[str] | Iterator[str]) -> str:
    return "\n".join(
        fill(text, _WIDTH, initial_indent="  ", subsequent_indent="    " if text.startswith("- ") else "  ")
        for text in texts
    )


def _fires(rule: Rule) -> Iterator[str]:
    if rule.kind is Kind.THRESHOLD:
        yield from _counting(rule)
    elif rule.kind is Kind.SUCCESS_AFTER_FAILURES:
        yield from _break_in(_numbers(rule))
    else:
        things, where = subject(rule.match)
        yield f"what is said above holds, over {things}{where}. The numbers in force:"
        for name, number in _numbers(rule).items():
            yield f"- {name.replace('_', ' ')}: {number_said(number)}"


def _counting(rule: Rule) -> Iterator[str]:
    things, where = subject(rule.match)
    whose = group_said(rule.group)
    alternatives = len(rule.thresholds) > 1
    yield f"{whose} makes {things}{where} and reaches {'one of these' if alternatives else 'this'}:"
    for one in rule.thresholds:
        yield f"- {_threshold(one, rule)}"
    for server, own in rule.servers.items():
        yield f"On the server {server} instead:"
        for one in own:
            yield f"- {_threshold(one, rule)}"
    yield (
        "The time slides with every attempt, so that nothing hides at the edge of a window; the attempt"
        " that"
        " reaches the number opens the alert, and all that follow belong to it."
    )
    if told := guesses_are(rule.match):
        yield told


def _threshold(one: Threshold, rule: Rule) -> str:
    things = subject(rule.match)[0]
    counts = listed([counted(name, number, things) for name, number in one.counts])
    text = f"{counts} within {in_words(one.window)}"
    if one.against_below is not None:
        against, where = subject(rule.against)
        if rule.against_count != ATTEMPTS:
            text += f", and {against}{where} on fewer than {distinct(rule.against_count, one.against_below)}"
        else:
            text += f", and fewer than {one.against_below:,} {against}{where}"
        text += " in the same time"
    return text


def _silent(rule: Rule, known: set[str]) -> Iterator[str]:
    yield from kept_out(rule.match)
    if rule.kind is Kind.SUCCESS_AFTER_FAILURES:
        yield from _no_break_in(_numbers(rule))
    elif any(one.against_below is not None for one in rule.thresholds):
        against, where = subject(rule.against)
        yield (
            f"- for {group_said(rule.group)} with enough {against}{where}: many people behind one"
            f" address mistype"
            " as well, and then they log in."
        )
    unless = [name for name in rule.unless if name in known]
    yields = [name for name in rule.yields if name in known]
    if unless:
        told = f"- on attempts that belong to an alert of {listed(unless, 'or')}: they are told already."
        yield told
    if yields:
        yield f"- while an alert of {listed(yields, 'or')} is about the same."
    yield "- for what is allowed in the configuration ([[detection.allow]]); a mute keeps it unsaid."


def _ends(rule: Rule) -> Iterator[str]:
    yield (
        f"after {in_words(rule.quiet)} without another such attempt: the alert is resolved. Until then"
        f" it stays one"
        f" alert, however long it lasts, and its numbers are told anew every {in_words(rule.update)} at"
        f" most."
    )


def _numbers(rule: Rule) -> Mapping[str, float]:
    return {**(FORMS[rule.kind].settings or {}), **rule.settings}


def _break_in(need: Mapping[str, float]) -> Iterator[str]:
    said = {name: number_said(number) for name, number in need.items()}
    hours, wait = _hours(need["memory_hours"]), _minutes(need["wait_minutes"])
    yield "somebody logs in, and one of these came before, within " + hours + ":"
    yield (
        f"- the same source, or its /24 (IPv6: /64), failed on this account {said['failures']} times in"
        f" a row or"
        f" more, with at least {said['secrets']} different passwords. Where passwords cannot be seen, as"
        f" with"
        " CRAM-MD5, each failure counts as another one."
    )
    yield (
        f"- the source failed on {said['accounts']} other accounts or more that did not come in, with at"
        f" least"
        f" {said['guesses']} guesses in all, and at least {said['ratio']} guesses for each of its"
        f" logins. It must"
        f" be guessing by rate as well: {GUESSES} guesses within {in_words(GUESS_WINDOW)}, or"
        f" {GUESSES_SLOW} in all."
    )
    yield (
        f"The second is judged again {wait} after the login, for people who mistype come in right after."
        f" It does"
        f" not wait if the password that got in had failed on {number_said(need['guesses'])} other"
        f" accounts before:"
        " that is nobody's own password."
    )
    yield (
        "A guess is a failure with a password that this source did not try on this account before. The"
        " alert names"
        " the source and the account, and says what was done in the session: mails, recipients, octets."
    )


def _no_break_in(need: Mapping[str, float]) -> Iterator[str]:
    said = {name: number_said(number) for name, number in need.items()}
    fewer = max(1, int(need["failures"]) - 1)
    yield "- when the owner logs in from elsewhere while others guess: only a network that failed breaks in."
    yield (
        "- when a phone or program with an old password gets the new one: however often one password"
        " failed, it is"
        f" one password, and {said['secrets']} are needed."
    )
    yield (
        f"- on {fewer} failures or fewer: typos. Python's smtplib makes three failures of one (CRAM-MD5,"
        f" PLAIN,"
        " LOGIN), still with one password."
    )
    yield (
        f"- for an office behind one address: it logs in more often than one in {said['ratio']} of its"
        f" failures,"
        " and who mistypes comes in right after."
    )
    yield (
        "- when the account that logs in was at home there:"
        f" it came in from there {_seconds(need['home_seconds'])} or more before the guessing began."
    )


def _hours(number: float) -> str:
    return in_words(round(number * 3600) * 1_000_000_000)


def _minutes(number: float) -> str:
    return in_words(round(number * 60) * 1_000_000_000)


def _seconds(number: float) -> str:
    return in_words(round(number) * 1_000_000_000)
