"""The project's pages as data: tables, blocks, code spans, links."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from support.tree import ROOT

# Written by hand for people; docs/bad-input.md is made of mistakes on purpose.
PAGES = (
    *("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"),
    *("docs/detection.md", "docs/loss.md", "docs/metrics.md"),
    *("docs/prometheus.md", "docs/public-captures.md", "docs/rules.md", "docs/schema/events.md"),
    *("grafana/README.md", "pcaps/README.md"),
)
ALL = (*PAGES, "docs/bad-input.md")
_BLOCK = re.compile(r"^```(?P<kind>\S*)(?: (?P<how>[^\n]*))?\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


class Block(NamedTuple):
    """A fenced block. `how`: what stands behind the language, "" if nothing."""

    page: str
    kind: str
    how: str
    text: str


@cache
def text(page: str) -> str:
    """All of a page."""
    return (ROOT / page).read_text()


@cache
def prose(page: str) -> str:
    """A page without its blocks and comments."""
    return _COMMENT.sub("", _BLOCK.sub("", text(page)))


def blocks(page: str) -> list[Block]:
    """Fenced blocks, in order."""
    return [
        Block(page, found["kind"], found["how"] or "", found["text"]) for found in _BLOCK.finditer(text(page))
    ]


def spans(page: str) -> list[str]:
    """Code spans outside of blocks; a table's `\\|` is a bar."""
    return [found.replace("\\|", "|") for found in re.findall(r"`([^`\n]+)`", prose(page))]


def section(page: str, title: str) -> str:
    """What stands under a heading of any level, up to the next heading of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", text(page), re.DOTALL | re.MULTILINE)
    assert found, f"{page} has no section {title!r}"
    return found[1]


def rows(markdown: str) -> Iterator[list[str]]:
    """Rows of all tables, heads left out, cell by cell; a `\\|` is a bar."""
    lines = markdown.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if (
            line.startswith("|")
            and not line.startswith(("| ---", "|--"))
            and not following.startswith("| ---")
        ):
            cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
            yield [cell.strip().replace("\\|", "|") for cell in cells]


def named(markdown: str) -> dict[str, list[str]]:
    """Rows by the code span in their first cell -> the other cells."""
    found = {}
    for first, *others in rows(markdown):
        name = re.fullmatch(r"`([^`]+)`", first)
        if name:
            assert name[1] not in found, f"{name[1]} stands twice"
            found[name[1]] = others
    return found


def anchors(page: str) -> set[str]:
    """What links can point at in a page, as GitHub forms it from headings."""
    heads = re.findall(r"^#+ (.+)$", _BLOCK.sub("", text(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
