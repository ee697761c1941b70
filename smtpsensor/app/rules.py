"""`smtpsensor rules`: list, check, explain and test the rules of detection."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from smtpsensor.app.configfile import load_config
from smtpsensor.app.exits import DONE, FOUND, UNUSABLE
from smtpsensor.app.messages import line, say
from smtpsensor.app.writers import output_line
from smtpsensor.capture.trouble import printable
from smtpsensor.detect.explain import explain
from smtpsensor.detect.files import TESTS, rule_files, shipped_folder, tests_of
from smtpsensor.detect.loading import load_files, load_rules
from smtpsensor.detect.problems import RuleError, RuleErrors, listed, meant
from smtpsensor.detect.rule import Rule
from smtpsensor.detect.rulecase import Case, RuleTest, load_test
from smtpsensor.detect.ruletest import run_case
from smtpsensor.detect.site import RuleChange, Site
from smtpsensor.events import Event
from smtpsensor.sinks.output import STDOUT, OutputClosed, OutputError, open_output

Thing = TypeVar("Thing")


class RuleOptions(NamedTuple):
    """Options of all `rules` commands: what is asked about, `--rules` and `--config`."""

    names: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    config: str | None = None


def list_rules(options: RuleOptions) -> int:
    """Print a line for each rule in force."""
    return _guarded(partial(_list, options))


def explain_rule(options: RuleOptions) -> int:
    """Print what one rule does, with the numbers in force."""
    return _guarded(partial(_explain, options))


def check_rules(options: RuleOptions) -> int:
    """Say everything that is wrong with rule files and their tests."""
    return _guarded(partial(_check, options))


def test_rules(options: RuleOptions) -> int:
    """Run test files; say what is not as expected."""
    return _guarded(partial(_test, options))


def _guarded(command: Callable[[], int]) -> int:
    """Return the command's exit code; mistakes of files are said, a line each."""
    try:
        return command()
    except RuleErrors as found:
        for error in found.errors:
            say(line(str(error)))
        return UNUSABLE
    except OutputError as error:
        say(line(output_line(error)))
        return UNUSABLE
    except OutputClosed:
        return DONE  # `| head` has seen enough


def _print(text: str) -> None:
    """Print lines whose text may come from files. Raises OutputError or OutputClosed."""
    lines = "".join(f"{printable(one)}\n" for one in text.split("\n"))
    open_output(STDOUT).write(lines.encode("utf-8", "backslashreplace"))


def _site(options: RuleOptions) -> Site:
    return Site() if options.config is None else load_config(options.config)


def _in_force(options: RuleOptions) -> list[Rule]:
    return load_rules(options.rules, _site(options))


def _list(options: RuleOptions) -> int:
    rows = [
        (rule.name, str(rule.facts.severity), rule.facts.technique or "-", rule.facts.summary)
        for rule in _in_force(options)
    ]
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:3]]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        _print("  ".join((*cells, row[3])))
    return DONE


def _explain(options: RuleOptions) -> int:
    site = _site(options)
    rules = load_rules(options.rules, site)
    (name,) = options.names
    own = [change for change in site.changes if change.rule == name]
    if any(change.off for change in own):
        fix = "take it out of off in [detection] there, or leave --config out"
        raise RuleErrors([RuleError(name, None, "", f"is switched off by {site.file}", fix)])
    for rule in rules:
        if rule.name == name:
            _print(explain(rule, rules))
            if own:
                _print(f"{site.file} changes {_changes(own)}.")
            return DONE
    known = [rule.name for rule in rules]
    raise RuleErrors([RuleError(name, None, "", "is no rule in force", meant(name, known))])


def _changes(own: Sequence[RuleChange]) -> str:
    """Return what the configuration changes of a rule, as a sentence lists it."""
    parts = []
    for change in own:
        where = f" on {change.server}" if change.server else ""
        fields = {
            "thresholds": change.thresholds,
            "severity": change.severity,
            "quiet": change.quiet,
        }
        parts += [f"its {field}{where}" for field, value in fields.items() if value is not None]
    return listed(parts)


def _check(options: RuleOptions) -> int:
    files = [file for name in options.names for file in rule_files(Path(name))]
    errors: list[RuleError] = []
    shipped = {file.resolve() for file in rule_files(shipped_folder())}
    own = [file for file in files if file.resolve() not in shipped]
    found = _collected(partial(load_files, own), errors) or []
    names = {one.rule.name for one in found}
    for file in files:
        test = tests_of(file)
        if not test.is_file():
            if any(error.file == str(file) for error in errors):
                continue  # what cannot be a rule needs no test
            errors.append(RuleError(str(file), 1, "", "has no test", f"write one: {test}"))
            continue
        one = _collected(partial(load_test, test), errors)
        if one is not None:
            errors += _misnamed(one, file.stem, names)
    if errors:
        raise RuleErrors(errors)
    _print(f"{len(files)} rule{'s' * (len(files) != 1)} and tests: no mistakes")
    return DONE


def _misnamed(test: RuleTest, name: str, names: Iterable[str]) -> Iterator[RuleError]:
    if test.rule != name:
        yield RuleError(
            test.file, test.line, "rule", f"{test.rule} is tested", f"the rule beside it is {name}"
        )
    for case in test.cases:
        for other in case.also:
            if names and other not in names:
                yield RuleError(
                    test.file, case.line, "also", f"{other} is no rule", meant(other, list(names))
                )


def _collected(make: Callable[[], Thing], errors: list[RuleError]) -> Thing | None:
    try:
        return make()
    except RuleErrors as found:
        errors.extend(found.errors)
        return None


def _test(options: RuleOptions) -> int:
    files = [file for name in options.names for file in _test_files(Path(name))]
    errors: list[RuleError] = []
    tests = [test for file in files if (test := _collected(partial(load_test, file), errors)) is not None]
    if errors:
        raise RuleErrors(errors)
    beside = [rule for file in files if (rule := file.parent.parent / file.name).is_file()]
    rules = load_rules([*options.rules, *_own(beside)])
    names = [rule.name for rule in rules]
    unknown = [
        RuleError(test.file, test.line, "rule", f"{test.rule} is no rule", meant(test.rule, names))
        for test in tests
        if test.rule not in names
    ]
    if unknown:
        raise RuleErrors(unknown)
    failed = sum(_run(test, case, rules) for test in tests for case in test.cases)
    cases = sum(len(test.cases) for test in tests)
    _print(f"{cases - failed} of {cases} cases passed")
    return FOUND if failed else DONE


def _test_files(path: Path) -> list[Path]:
    """Return the test files that a path stands for: itself, those beside a rule or in a folder of rules."""
    if not path.is_dir():
        beside = tests_of(path)
        return [beside] if beside.is_file() and path.parent.name != TESTS else [path]
    inner = path / TESTS
    return rule_files(inner if inner.is_dir() else path)


def _own(files: Sequence[Path]) -> list[Path]:
    shipped = {file.resolve() for file in rule_files(shipped_folder())}
    return [file for file in files if file.resolve() not in shipped]


def _run(test: RuleTest, case: Case, rules: Sequence[Rule]) -> bool:
    """Run one case; return whether it failed."""
    wrong = run_case(test, case, rules, lambda path: _capture(test, case, path))
    _print(f"{'FAIL' if wrong else 'ok  '} {test.rule}: {case.text}")
    for text in wrong:
        _print(f"     {text}")
    return bool(wrong)


def _capture(test: RuleTest, case: Case, path: Path) -> Iterator[Event]:
    """Yield the events of a capture; raises RuleErrors if it cannot be read whole."""
    from smtpsensor.capture.timeline import Timeline  # noqa: PLC0415 - tests without captures need no packet code
    from smtpsensor.pipeline import Pipeline  # noqa: PLC0415

    pipeline = Pipeline()
    timeline = Timeline([str(path)], pipeline.stats)
    for batch in timeline.batches():
        pipeline.feed(batch)
        yield from pipeline.drain()
    pipeline.finish()
    yield from pipeline.drain()
    for problem in timeline.errors:
        raise RuleErrors(
            [RuleError(test.file, case.line, "pcap", f"{problem.path}: {problem.message}", problem.fix)]
        )
