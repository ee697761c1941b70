"""Every encapsulation that is opened, each around the same TCP segment: rows by IP version."""

from decode.rows_links import LINKS
from decode.rows_tags import TAGS
from decode.rows_tunnels import TUNNELS
from decode.wrapping import KEY4, KEY6, SEGMENT4, SEGMENT6

ROWS = (*LINKS, *TAGS, *TUNNELS)
CASES = [(row, version) for row in ROWS for version in row.versions]
IDS = [f"{row.name}, IPv{version}" for row, version in CASES]


def segment(version: str) -> bytes:
    """The packet that every row carries."""
    return SEGMENT4 if version == "4" else SEGMENT6


def key(version: str) -> bytes:
    """Its key."""
    return KEY4 if version == "4" else KEY6
