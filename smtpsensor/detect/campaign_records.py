"""What is remembered to tie sources together: what each tried first, and which of it others tried as well."""

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self
from zlib import crc32

if TYPE_CHECKING:
    from smtpsensor.detect.active import Active
    from smtpsensor.detect.facts import Facts

_HOUR: Final = 3_600_000_000_000  # ns
_CELLS: Final = 1 << 20  # of 8 octets: nine in ten sources are still there 100,000 evictions later
_MARK: Final = (
    0xFFFFFF  # names are told apart by 24 bits: three that are equal by chance are not to be expected
)
_SHARED: Final = 64  # names and passwords counted as shared by one campaign

DEFAULTS: Final[dict[str, float]] = {
    "sources": 5,
    "networks": 3,
    "names": 8,
    "secrets": 6,
    "within_hours": 168,
}

Tie = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Numbers:
    """The rule's settings; time in ns."""

    sources: int
    networks: int
    names: int
    secrets: int
    within: int

    @classmethod
    def of(cls, settings: Mapping[str, float]) -> Self:
        """Return the numbers in force."""
        known = DEFAULTS | dict(settings)
        return cls(
            sources=int(known["sources"]),
            networks=int(known["networks"]),
            names=int(known["names"]),
            secrets=int(known["secrets"]),
            within=int(known["within_hours"] * _HOUR),
        )


class Campaign:
    """An active alert and what its sources share."""

    __slots__ = ("alert", "names", "secrets")

    def __init__(self, alert: "Active") -> None:
        self.alert = alert
        self.names: set[int] = set()
        self.secrets: set[int] = set()

    def share(self, tie: Tie, *, named: bool) -> None:
        """Add what a tie says is shared."""
        found = self.names if named else self.secrets
        if len(found) < _SHARED:
            found.update(tie)
        self.alert.facts.update(shared_names=len(self.names), shared_secrets=len(self.secrets))


class Source:
    """One source and its first guesses."""

    __slots__ = ("address", "campaign", "first", "guesses", "last", "marks", "names", "network", "secrets")

    def __init__(self, facts: "Facts") -> None:
        event = facts.event
        self.address = facts.source
        self.network = facts.network
        self.first = (event.ts, event.file, event.frame)
        self.guesses = 0
        self.last = facts.t
        self.names: list[str] = []
        self.marks: list[int] = []  # of the names; of two more in front where it was forgotten in between
        self.secrets: list[int] = []
        self.campaign: Campaign | None = None


class Shared:
    """A tie that two sources or more have."""

    __slots__ = ("campaign", "sources")

    def __init__(self) -> None:
        self.sources: dict[str, tuple[str, int]] = {}  # address -> network, engine time
        self.campaign: Campaign | None = None


class Traces:
    """The last two names of sources that had to be forgotten, a cell each, until another falls on it.

    A flood of strangers cannot wash out somebody who goes on, only make it less likely that he is known.
    """

    __slots__ = ("_cells",)

    def __init__(self) -> None:
        self._cells: array[int] | None = None  # 16 bits of the address, 24 of each mark

    def leave(self, source: Source) -> None:
        """Note a source that is forgotten."""
        if not source.marks:
            return
        if self._cells is None:
            self._cells = array("Q", bytes(8 * _CELLS))
        place = _hash(source.address)
        before = source.marks[-2] if len(source.marks) > 1 else 0
        self._cells[place % _CELLS] = place >> 20 << 48 & _ADDRESS | before << 24 | source.marks[-1]

    def of(self, address: str) -> list[int]:
        """Return the marks of the last two names of a source that was forgotten, [] if it is not known."""
        if self._cells is None:
            return []
        place = _hash(address)
        cell = self._cells[place % _CELLS]
        if cell & _ADDRESS != place >> 20 << 48 & _ADDRESS:
            return []
        return [mark for mark in (cell >> 24 & _MARK, cell & _MARK) if mark]


_ADDRESS: Final = 0xFFFF << 48


def _hash(address: str) -> int:
    """Return 40 bits, the same on every run."""
    text = address.encode("utf-8", "surrogatepass")
    return crc32(text) | (crc32(text, 0x5BD1E995) & 0xFF) << 32


def mark(name: str) -> int:
    """Return a name's mark, never 0 and the same on every run."""
    return crc32(name.encode("utf-8", "surrogatepass")) & _MARK or 1


def name_ties(marks: list[int]) -> Iterator[Tie]:
    """Yield the ties that the last name makes: with two of the three before it."""
    if len(marks) > 2:
        last = marks[-1]
        yield marks[-3], marks[-2], last
        if len(marks) > 3:
            yield marks[-4], marks[-2], last
            yield marks[-4], marks[-3], last


def secret_ties(secrets: list[int]) -> Iterator[Tie]:
    """Yield the ties that the last secret makes: with any two before it, in whatever order."""
    last = secrets[-1]
    for at, one in enumerate(secrets[:-1]):
        for other in secrets[:at]:
            low, middle, high = sorted((one, other, last))
            yield low, middle, high
