"""What cannot be read of each capture, known only once its frames have passed: one line per capture."""

from dataclasses import dataclass, field

from smtpsensor.app.messages import Messages, called
from smtpsensor.report.words import some
from smtpsensor.stats import Stats

_LINES = 10  # per kind; of a folder with thousands of captures the first few tell enough
_LINK = "link_"  # begin of the names under which `Stats.undecoded` counts link types


@dataclass(slots=True)
class _Found:
    frames: int = 0
    unknown: int = 0  # of them of a link type that is not read
    short: int = 0  # ... that end before their headers do
    snapped: int = 0  # SMTP frames cut by the capture length
    links: set[str] = field(default_factory=set)


class Findings:
    """Compares the counters before and after each batch."""

    def __init__(self, stats: Stats) -> None:
        self._stats = stats
        self._by_file: dict[str, _Found] = {}
        self._seen = (0, 0, 0, 0)
        self._links: dict[str, int] = {}

    def after(self, file: str | None) -> None:
        """Take down what the batch that was just read of `file` added."""
        stats = self._stats
        named = stats.named
        now = (stats.frames, named.get("link_unknown", 0), named.get("frame_short", 0), stats.frames_snapped)
        frames, unknown, short, snapped = self._seen
        self._seen = now
        name = called(file)
        found = self._by_file.get(name)
        if found is None:
            found = self._by_file[name] = _Found()
        found.frames += now[0] - frames
        if now[1] != unknown:
            found.unknown += now[1] - unknown
            links = {name: count for name, count in stats.undecoded.items() if name.startswith(_LINK)}
            grown = (name for name, count in links.items() if count != self._links.get(name, 0))
            found.links.update(name.removeprefix(_LINK) for name in grown)
            self._links = links
        found.short += now[2] - short
        found.snapped += now[3] - snapped

    def tell(self, messages: Messages) -> None:
        """Say it. A capture of which no frame can be read is an error, the rest are warnings."""
        warnings: dict[str, list[str]] = {}
        for file, found in self._by_file.items():
            if found.unknown and found.unknown == found.frames:
                messages.error(f"{file}: holds nothing but {_frames(found)}; capture on a network interface")
            elif found.unknown:
                text = f"{file}: holds {_frames(found)}; all but these were read"
                warnings.setdefault("link", []).append(text)
            if found.snapped:
                text = f"{file}: {_are(found.snapped, 'SMTP frame')} cut by the capture length; {_WHOLE}"
                warnings.setdefault("snapped", []).append(text)
            if found.short * 2 > found.frames:
                text = f"{file}: {_are(found.short, 'frame')} cut within the headers, of {found.frames:,}"
                warnings.setdefault("short", []).append(f"{text}; {_WHOLE}")
        for lines in warnings.values():
            for text in lines[:_LINES]:
                messages.warn(text)
            if len(lines) > _LINES:
                messages.warn(f"the same of {len(lines) - _LINES:,} more captures")


_WHOLE = "capture whole frames (tcpdump -s 0)"


def _frames(found: _Found) -> str:
    types = ", ".join(sorted(found.links)) or "?"
    kinds = "type" if len(found.links) == 1 else "types"
    return f"{some(found.unknown, 'frame')} of link {kinds} {types}, which {_verb(len(found.links))} not read"


def _are(count: int, what: str) -> str:
    return f"{some(count, what)} {_verb(count)}"


def _verb(count: int) -> str:
    return "is" if count == 1 else "are"
