"""The rules in force: the shipped ones, those that the user adds or overrides, as the site wants them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from smtpsensor.detect.alert import Severity
from smtpsensor.detect.files import contents, rule_files, shipped_folder, stem_of
from smtpsensor.detect.problems import RuleError, RuleErrors, meant
from smtpsensor.detect.rule import ATTEMPTS, Rule, Threshold
from smtpsensor.detect.schema import LARGEST, Written, read_rule
from smtpsensor.detect.site import RuleChange, Site
from smtpsensor.detect.thresholds import never

Thing = TypeVar("Thing")


def load_rules(paths: Iterable[str | Path] = (), site: Site | None = None) -> list[Rule]:
    """Return the rules in force, by name: shipped, overridden or added by `paths`, changed by `site`.

    `paths` are files or folders. Raises RuleErrors with everything that is wrong with any of them.
    """
    written = load_files(paths)
    errors: list[RuleError] = []
    rules = changed([one.rule for one in written], site or Site(), errors)
    if errors:
        raise RuleErrors(errors)
    return rules


def load_files(paths: Iterable[str | Path] = ()) -> list[Written]:
    """Return the shipped rules with those of `paths` added or in their place, by name; raises RuleErrors."""
    errors: list[RuleError] = []
    shipped = _source([shipped_folder()], errors)
    own = _source([Path(path) for path in paths], errors)
    found = sorted({**shipped, **own}.values(), key=lambda one: one.rule.name)
    if not errors:
        _cross_check(found, errors)
    if errors:
        raise RuleErrors(errors)
    return found


def _source(paths: Sequence[Path], errors: list[RuleError]) -> dict[str, Written]:
    """Return the rules of one source by name; two of one name are a mistake, a file given twice is none."""
    found: dict[str, Written] = {}
    seen: set[Path] = set()
    for path in paths:
        for file in _collected(partial(rule_files, path), errors) or ():
            real = file.resolve()
            if real in seen:
                continue
            seen.add(real)
            one = _collected(partial(load_file, file), errors)
            if one is None:
                continue
            other = found.setdefault(one.rule.name, one)
            if other is not one:
                place = f"{other.rule.file}:{other.lines['name']}"
                _note(
                    errors,
                    one,
                    "name",
                    f"{one.rule.name} is the name of the rule in {place} as well",
                    "rename one",
                )
    return found


def load_file(path: Path) -> Written:
    """Return the rule of one file; raises RuleErrors."""
    return read_rule(contents(path, LARGEST), str(path), stem_of(path))


def _collected(make: Callable[[], Thing], errors: list[RuleError]) -> Thing | None:
    try:
        return make()
    except RuleErrors as found:
        errors.extend(found.errors)
        return None


def _note(errors: list[RuleError], one: Written, field: str, wrong: str, fix: str) -> None:
    errors.append(RuleError(one.rule.file, one.lines.get(field, one.rule.line), field, wrong, fix))


def _cross_check(found: Sequence[Written], errors: list[RuleError]) -> None:
    """Note what is wrong between rules: numbers twice, names that no rule has."""
    names = [one.rule.name for one in found]
    numbers: dict[int, Written] = {}
    for one in found:
        rule = one.rule
        other = numbers.setdefault(rule.facts.sid, one)
        if other is not one:
            _note(
                errors,
                one,
                "id",
                f"{rule.facts.sid} is the id of {other.rule.name} as well",
                "take another number",
            )
        for field, others in (("unless", rule.unless), ("yields_to", rule.yields)):
            for name in others:
                if name not in names:
                    _note(
                        errors,
                        one,
                        field,
                        f"{name} is no rule",
                        meant(name, [n for n in names if n != rule.name]),
                    )


def changed(rules: Sequence[Rule], site: Site, errors: list[RuleError]) -> list[Rule]:
    """Return the rules as the site wants them; what is wrong with its wishes is noted."""
    by_name = {rule.name: rule for rule in rules}
    off = set()

    def note(field: str, wrong: str, fix: str) -> None:
        errors.append(RuleError(site.file or "configuration", None, f"detection.{field}", wrong, fix))

    for change in site.changes:
        rule = by_name.get(change.rule)
        if rule is None:
            note(_path(change), f"{change.rule} is no rule", meant(change.rule, by_name))
            continue
        if change.off:
            off.add(rule.name)
        by_name[rule.name] = _change(rule, change, note)
    for at, mute in enumerate(site.mutes):
        if mute.rule is not None and mute.rule not in by_name:
            note(f"mute[{at}].rule", f"{mute.rule} is no rule", meant(mute.rule, by_name))
    return [rule for rule in by_name.values() if rule.name not in off]


def _path(change: RuleChange) -> str:
    if change.off:
        return "off"
    return f'servers."{change.server}".{change.rule}' if change.server else f"rules.{change.rule}"


def _change(rule: Rule, change: RuleChange, note: Callable[[str, str, str], None]) -> Rule:
    if change.severity is not None:
        rule = replace(rule, facts=replace(rule.facts, severity=Severity(change.severity)))
    if change.quiet is not None:
        rule = replace(rule, quiet=change.quiet)
    if change.thresholds is None:
        return rule
    field = f"{_path(change)}.threshold"
    if not rule.thresholds:
        note(field, f"{rule.name} does not count to thresholds", "override the rule with --rules FILE")
        return rule
    thresholds = tuple(_limited(one, rule) for one in change.thresholds if isinstance(one, Threshold))
    for one in thresholds:
        for name, number in one.counts:
            if wrong := never(name, number, rule.group):
                note(f"{field}: {name}", wrong, "count something else")
    if change.server is None:
        return replace(rule, thresholds=thresholds)
    return replace(rule, servers={**rule.servers, change.server: thresholds})


def _limited(threshold: Threshold, rule: Rule) -> Threshold:
    """Return the threshold with a limit for what speaks against it, in the rule's proportion."""
    own = next((one for one in rule.thresholds if one.against_below is not None), None)
    if threshold.against_below is not None or own is None or own.against_below is None:
        return threshold
    below = own.against_below * _largest(threshold) / _largest(own)
    return replace(threshold, against_below=max(1, round(below)))


def _largest(threshold: Threshold) -> int:
    counts = dict(threshold.counts)
    return counts.get(ATTEMPTS) or max(counts.values())
