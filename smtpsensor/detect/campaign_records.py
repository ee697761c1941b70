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
    "secrets": 5,
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
        """Return the numbers in force. Work grows with the cube of `names` and `secrets`: 16 is the most."""
        known = DEFAULTS | dict(settings)
        return cls(
            sources=max(2, int(known["sources"])),
            networks=int(known["networks"]),
            names=min(16, int(known["names"])),
            secrets=min(16, int(known["secrets"])),
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
    """One source and its first guesses. Tuples, for most sources have one of each and there are many."""

    __slots__ = (
        "address",
        "campaign",
        "first",
        "guesses",
        "last",
        "marks",
        "names",
        "network",
        "place",
        "secrets",
    )

    def __init__(self, facts: "Facts") -> None:
        event = facts.event
        self.address = facts.source
        self.network = facts.network
        self.place = place(facts.source)
        self.first = (event.ts, event.file, event.frame)
        self.guesses = 0
        self.last = facts.t
        self.names: tuple[str, ...] = ()
        self.marks: tuple[int, ...] = ()  # of names; of two more in front where it was forgotten in between
        self.secrets: tuple[int, ...] = ()
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
        self._cells: array[int] | None = None  # what is left of the place, 24 bits of each mark

    def leave(self, source: Source) -> None:
        """Note a source that is forgotten."""
        marks = source.marks
        if not marks:
            return
        if self._cells is None:
            self._cells = array("Q", bytes(8 * _CELLS))
        number = source.place
        before = marks[-2] if len(marks) > 1 else 0
        self._cells[number % _CELLS] = number // _CELLS << 48 | before << 24 | marks[-1]

    def of(self, number: int) -> tuple[int, ...]:
        """Return the marks of the last two names of a source that was forgotten, () if it is not known."""
        if self._cells is None:
            return ()
        cell = self._cells[number % _CELLS]
        if cell >> 48 != number // _CELLS or not cell:
            return ()
        before = cell >> 24 & _MARK
        return (before, cell & _MARK) if before else (cell & _MARK,)


def place(address: str) -> int:
    """Return 32 bits of an address, the same on every run."""
    return crc32(address.encode("utf-8", "surrogatepass"))


def mark(name: str) -> int:
    """Return a name's mark, never 0 and the same on every run."""
    return crc32(name.encode("utf-8", "surrogatepass")) & _MARK or 1


def name_ties(marks: tuple[int, ...]) -> Iterator[Tie]:
    """Yield the ties that the last name makes: with two of the three before it."""
    if len(marks) > 2:
        last = marks[-1]
        yield marks[-3], marks[-2], last
        if len(marks) > 3:
            yield marks[-4], marks[-2], last
            yield marks[-4], marks[-3], last


def secret_ties(secrets: tuple[int, ...]) -> Iterator[Tie]:
    """Yield the ties that the last secret makes: with any two before it, in whatever order."""
    last = secrets[-1]
    for at, one in enumerate(secrets[:-1]):
        for other in secrets[:at]:
            low, middle, high = sorted((one, other, last))
            yield low, middle, high
