"""Everything that can be wrong with a rule file, and the line that says so."""

import pytest
from detect.rule_files import GOOD, rule

from smtpsensor.detect.problems import RuleErrors
from smtpsensor.detect.schema import read_rule

NETWORK = "write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32"
HOW = "write a number and a unit, such as 90s, 5m, 1h30m or 7d"
STARS = '{username: "' + "*a" * 9 + '"}'

# What is wrong -> (the file, the line without its file name)
CASES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", " is empty; see the shipped rules for what belongs into it"),
    "comments only": (b"# nothing\n", " is empty; see the shipped rules for what belongs into it"),
    "not UTF-8": (b"name: mine\nsummary: caf\xe9\n", "2: is not UTF-8; save it as UTF-8 text"),
    "huge": (b"#" * 70_000, " is larger than 64 KiB; a file of this kind is a page or two"),
    "a list": (b"- a\n", "1: a list where fields belong; write"),
    "a word": (b"brute force\n", "1: 'brute force' where fields belong; write"),
    "two documents": (
        rule() + b"---\nname: x\n",
        "11: a second document; one file holds one rule: make another file",
    ),
    "bracket not closed": (rule(match="{guess: true"), "7: malformed YAML, "),
    "tab for blanks": (b"name: mine\n\tid: 3\n", "2: malformed YAML, "),
    "alias": (
        rule(match="{username: *@example.org}"),
        "6: malformed YAML, ",
    ),
    "alias of an anchor": (
        rule(match="{source: &a [192.0.2.1], server: *a}"),
        "6: match.server: '*a' is an alias; write the value out; a pattern stands in quotes",
    ),
    "alias bomb": (
        b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
        "2: b[0]: '*a' is an alias; write the value out; a pattern stands in quotes",
    ),
    "tag": (
        rule(match="{origin: !own , guess: true}"),
        "6: match.origin: '!own' is a tag; write what begins with ! in quotes, \"!own\"",
    ),
    "tag before a bracket": (rule(match="{origin: !own}"), "6: malformed YAML, "),
    "an object of Python": (
        rule(summary="!!python/object/apply:os.system [id]"),
        "4: summary: 'tag:yaml.org,2002:python/object/apply:os.system' is a tag; write what",
    ),
    "deep nesting": (rule(match="[" * 9 + "]" * 9), "6: is nested too deep; at most 8 levels are read"),
    "field twice": (
        rule() + b"quiet: 1h\n",
        "11: quiet: stands here twice, first in line 10; leave one of them",
    ),
    "unknown field": (rule(serverity="high"), "11: serverity: unknown field; did you mean severity?"),
    "unknown field of nothing near": (
        rule(xyz="1"),
        "11: xyz: unknown field; known are name, id, revision, kind,",
    ),
    "name missing": (rule(name=None), "1: name: is missing; write name: mine"),
    "name of another file": (
        rule(name="other"),
        "1: name: other stands in a file called mine; name the file other.yaml",
    ),
    "name with blanks": (
        rule(name="My Rule"),
        "1: name: 'My Rule' is no name; write small letters, digits and _",
    ),
    "name a number": (rule(name="5"), "1: name: 5 where text belongs; write text, in quotes if need be"),
    "id missing": (rule(id=None), "1: id: is missing; write a number that no other rule has; 4800000 to"),
    "id a word": (rule(id="first"), "2: id: 'first' where a whole number belongs; write a number from 1 on"),
    "id true": (rule(id="true"), "2: id: true where a whole number belongs; write a number from 1 on"),
    "id too large": (rule(id="4294967296"), "2: id: 4294967296 is too large; write at most 2,147,483,647"),
    "severity missing": (rule(severity=None), "1: severity: is missing; write critical, warning or info"),
    "unknown severity": (rule(severity="warn"), "3: severity: 'warn' is no severity; did you mean warning?"),
    "unknown kind": (rule(kind="treshold"), "11: kind: 'treshold' is no kind; did you mean threshold?"),
    "technique": (
        rule(technique="brute force"),
        "11: technique: 'brute force' is no ATT&CK technique; write T1110 or",
    ),
    "summary missing": (rule(summary=None), "1: summary: is missing; say in a line what happened"),
    "summary with an escape": (
        rule(summary='"\\e[2J{source}"'),
        "4: summary: holds characters that cannot be printed; leave them out",
    ),
    "template of an unknown field": (
        rule(summary='"{user} {count}"'),
        "4: summary: {user} is no field of this rule; did you mean",
    ),
    "template of a key it is not grouped by": (
        rule(summary='"{username}"'),
        "4: summary: {username} is no field of this rule; did you mean usernames?",
    ),
    "template that reaches into objects": (
        rule(summary='"{source.__class__}"'),
        "4: summary: {source.__class__} is no plain field; write one of {source, count,",
    ),
    "template with a lone brace": (
        rule(description='"a { b"'),
        "5: description: has a brace without its other half; write {{ for a brace itself",
    ),
    "match missing": (rule(match=None), "1: match: is missing; say which attempts: {guess: true}"),
    "match a word": (rule(match="guess"), "6: match: 'guess' where fields belong; write"),
    "match of an unknown field": (
        rule(match="{user: x}"),
        "6: match.user: unknown field; did you mean username?",
    ),
    "unknown outcome": (
        rule(match="{outcome: failed}"),
        "6: match.outcome: 'failed' is no outcome; did you mean failure?",
    ),
    "unknown origin": (
        rule(match='{origin: "!owned"}'),
        "6: match.origin: 'owned' is no origin; did you mean own?",
    ),
    "flag": (
        rule(match="{guess: yes}"),
        "6: match.guess: 'yes' where true or false belongs; write true, false or null",
    ),
    "bad network": (
        rule(match="{source: 192.0.2.0/33}"),
        f"6: match.source: '192.0.2.0/33' is no address or network; {NETWORK}",
    ),
    "network with host bits": (
        rule(match="{source: 192.0.2.7/24}"),
        "6: match.source: '192.0.2.7/24' has bits behind the prefix; write 192.0.2.0/24",
    ),
    "network too small": (
        rule(match="{network: 192.0.2.0/28}"),
        "6: match.network: '192.0.2.0/28' is smaller than a source's network; write /24 or wider, or",
    ),
    "number": (
        rule(match='{code: "=>900"}'),
        '6: match.code: \'=>900\' where a number belongs; write a number, ">=900" or "5..10", in quotes',
    ),
    "range the wrong way round": (
        rule(match='{code: "599..500"}'),
        "6: match.code: '599..500' ends before it begins; write 500..599",
    ),
    "enhanced code as a number": (
        rule(match="{enhanced: 5.7}"),
        '6: match.enhanced: 5.7 where text belongs; write it in quotes: "5.7"',
    ),
    "enhanced code": (
        rule(match='{enhanced: "5.7"}'),
        "6: match.enhanced: '5.7' is no enhanced status code; write 5.7.8",
    ),
    "regular expression": (
        rule(match='{username: "^admin"}'),
        "6: match.username: '^admin' looks like a regular expression; only * and ? have a meaning:",
    ),
    "too many stars": (
        rule(match=STARS),
        "6: match.username: '*a*a*a*a*a*a*a*a*a' holds 9 *; write at most 8",
    ),
    "half of a list negated": (
        rule(match='{code: ["!535", 530]}'),
        "6: match.code: mixes values with and without !; put ! before all of them or none",
    ),
    "empty list": (rule(match="{code: []}"), "6: match.code: an empty list matches nothing; write a value"),
    "group missing": (rule(group=None), "1: group: is missing; say by what attempts are grouped: source"),
    "unknown group": (rule(group="user"), "7: group: 'user' is no key to group by; did you mean"),
    "group twice": (
        rule(group="[source, source]"),
        "7: group[1]: 'source' stands here twice; leave one of them",
    ),
    "threshold missing": (
        rule(threshold=None).replace(b"threshold:\n  - {attempts: 10, within: 5m}\n", b""),
        "1: threshold: is missing; write - {attempts: 10, within: 5m}",
    ),
    "threshold of zero": (
        rule(threshold="{attempts: 0, within: 5m}"),
        "9: threshold[0].attempts: 0 is too small; write 1 or more",
    ),
    "threshold below zero": (
        rule(threshold="{usernames: -3, within: 5m}"),
        "9: threshold[0].usernames: -3 is too small; write 1 or more",
    ),
    "threshold never reached": (
        rule(threshold="{usernames: 1000, within: 5m}"),
        "9: threshold[0].usernames: 1000 is too large; write at most 256",
    ),
    "threshold of its own key": (
        rule(threshold="{sources: 5, within: 5m}"),
        "9: threshold[0].sources: is never above 1: attempts are grouped by source; count something",
    ),
    "threshold that counts nothing": (
        rule(threshold="{within: 5m}"),
        "9: threshold[0]: counts nothing; write attempts, sources, networks, usernames or secrets",
    ),
    "unknown distinct": (
        rule(threshold="{users: 5, within: 5m}"),
        "9: threshold[0].users: unknown field; did you mean usernames?",
    ),
    "window of zero": (
        rule(threshold="{attempts: 10, within: 0s}"),
        "9: threshold[0].within: '0s' is no time at all; write a duration above zero, such as 5m",
    ),
    "window without a unit": (
        rule(threshold="{attempts: 10, within: 300}"),
        f"9: threshold[0].within: 300 is no duration; {HOW}",
    ),
    "window missing": (
        rule(threshold="{attempts: 10}"),
        "9: threshold[0].within: is missing; say in which time: within: 5m",
    ),
    "window of a century": (
        rule(threshold="{attempts: 10, within: 36500d}"),
        "9: threshold[0].within: '36500d' is too long; write at most 366d",
    ),
    "against without a limit": (
        rule(against="{outcome: success}"),
        "11: against: no threshold has a limit for it; add against_below: 10 to a threshold",
    ),
    "limit without against": (
        rule(threshold="{attempts: 10, within: 5m, against_below: 3}"),
        "8: threshold: against_below without against; say what speaks against it: {outcome: success}",
    ),
    "quiet missing": (rule(quiet=None), "1: quiet: is missing; say after which time"),
    "unless itself": (rule(unless="[mine]"), "11: unless: names the rule itself, mine; leave it out"),
    "covers": (rule(covers="[sources]"), "11: covers[0]: 'sources' is no member; did you mean source?"),
    "needs": (rule(needs="vpn"), "11: needs: 'vpn' is no need; known are trusted"),
    "settings of a rule without": (
        rule(settings="{failures: 5}"),
        "11: settings: a rule of kind threshold has none; leave it out",
    ),
    "unknown setting": (
        rule(kind="success_after_failures", threshold=None, settings="{failure: 5}").replace(
            b"threshold:\n  - {attempts: 10, within: 5m}\n", b""
        ),
        "10: settings.failure: unknown field; did you mean failures?",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_one_line_with_file_line_field_and_fix(case: str) -> None:
    data, said = CASES[case]
    with pytest.raises(RuleErrors) as raised:
        read_rule(data, "rules/mine.yaml", "mine")
    lines = str(raised.value).split("\n")
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"rules/mine.yaml:{said}")
    assert "; " in lines[0]


def test_the_rule_that_is_changed_is_right() -> None:
    assert read_rule(rule(), "mine.yaml", "mine").rule.name == "mine"
    assert rule().decode() == GOOD


def test_all_mistakes_of_a_file_are_said_in_the_order_of_lines() -> None:
    bad = rule(severity="loud", match="{outcome: failed}", group="user", quiet="0m")
    with pytest.raises(RuleErrors) as raised:
        read_rule(bad, "mine.yaml", "mine")
    assert [(error.line, error.field) for error in raised.value.errors] == [
        (3, "severity"),
        (6, "match.outcome"),
        (7, "group"),
        (10, "quiet"),
    ]


def test_a_thousand_mistakes_are_not_a_thousand_lines() -> None:
    with pytest.raises(RuleErrors) as raised:
        read_rule("".join(f"x{n}: 1\n" for n in range(1000)).encode(), "mine.yaml")
    assert len(raised.value.errors) <= 50
