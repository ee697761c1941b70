"""Links lead somewhere, and what is named in a page exists."""

import re

import pytest
from docs.pages import ALL, PAGES, anchors, blocks, prose, spans, text
from docs.test_reference import OPTIONS, TOP, names
from support.tree import ROOT

from benchmarks.__main__ import PARTS
from smtpsensor.cli.main import COMMANDS, GROUPS

LINKS = [(page, target) for page in ALL for target in re.findall(r"\]\(([^)]+)\)", prose(page))]
# Options of the project's other programs, each documented where it is named.
OTHERS = {"--save": "python -m benchmarks", "--check": "python -m pcaps.record", "--keep": "the same"}
# Made by a run, never committed.
MADE = {".cache/servers", "../shared/pcaps", "env/bin", ".venv/bin"}


@pytest.mark.parametrize(("page", "target"), LINKS, ids=str)
def test_a_link_leads_somewhere(page: str, target: str) -> None:
    if re.match(r"https?://", target):
        pytest.skip("of the web only the form is known here")
    path, _, anchor = target.partition("#")
    file = (ROOT / page).parent / path if path else ROOT / page
    assert file.exists()
    if anchor:
        assert anchor in anchors(str(file.resolve().relative_to(ROOT)))


def code(page: str) -> list[str]:
    """Everything set as code: spans, and lines of blocks."""
    return [*spans(page), *(line for block in blocks(page) for line in block.text.splitlines())]


@pytest.mark.parametrize("page", PAGES)
def test_no_command_is_promised_that_does_not_exist(page: str) -> None:
    for line in code(page):
        for word in re.findall(r"\bsmtpsensor ([a-z]+)\b(?! report)", line):
            assert word in {*COMMANDS, *GROUPS}, line


@pytest.mark.parametrize("page", PAGES)
def test_no_option_is_promised_that_does_not_exist(page: str) -> None:
    known = {*OTHERS, "--help", "-h"}.union(*map(names, OPTIONS), *map(names, TOP.params))
    for line in code(page):
        if line.startswith("--") or re.search(r"\bsmtpsensor (replay|-)", line):
            own = line.partition("smtpsensor")[2] or line
            assert set(re.findall(r"(?<![\w-])--[a-z-]+", own)) <= known, line


@pytest.mark.parametrize("page", PAGES)
def test_no_target_of_make_is_promised_that_does_not_exist(page: str) -> None:
    targets = set(re.findall(r"^\.PHONY: ([a-z-]+)$", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for line in code(page):
        for word in re.findall(r"^(?:\$ )?make ([a-z-]+)", line):
            assert word in targets, line


@pytest.mark.parametrize("page", PAGES)
def test_a_module_that_is_to_be_run_exists(page: str) -> None:
    for line in code(page):
        for name, part in re.findall(r"python -m ([\w.]+)(?: (\w+))?", line):
            path = ROOT.joinpath(*name.split("."))
            assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), line
            assert name != "benchmarks" or part in {"", *PARTS}, line


@pytest.mark.parametrize("page", PAGES)
def test_a_file_of_the_project_that_is_named_exists(page: str) -> None:
    bases = (ROOT, ROOT / page / "..", ROOT / "smtpsensor")
    for span in spans(page):
        if re.fullmatch(r"[\w.]+(/[\w.-]+)+/?", span) and span not in MADE:
            assert any((base / span).resolve().exists() for base in bases), span


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_left_for_later(page: str) -> None:
    assert not re.search(r"\b(TODO|TBD|FIXME|coming soon)\b", text(page), re.IGNORECASE)
