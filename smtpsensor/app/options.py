"""What one run is asked to do, checked and in the program's own types."""

from dataclasses import dataclass
from enum import StrEnum

from smtpsensor.config import Settings
from smtpsensor.detect.alert import Severity
from smtpsensor.metrics.listen import Listen
from smtpsensor.sinks.alertmanager_address import Address
from smtpsensor.sinks.filters import EventFilter
from smtpsensor.sinks.names import Names
from smtpsensor.sinks.output import STDOUT


class EventFormat(StrEnum):
    """Forms of event lines."""

    EVE = "eve"
    ECS = "ecs"


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How metrics are served. `top`: sources and names listed, 0 for none."""

    listen: Listen
    web_config: str | None = None
    top: int = 0
    wait: float = 30.0  # s for a first scrape, before a replay at a pace begins


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """Options of `smtpsensor replay`. Outputs are FILE, `-` for standard output, or None."""

    paths: tuple[str, ...]
    settings: Settings
    events_filter: EventFilter
    names: Names = Names.FULL
    filters: tuple[str, ...] = ()  # the options that `events_filter` was made of, as they may be printed
    rules: tuple[str, ...] = ()  # files or folders of detection rules
    config: str | None = None
    fail_on: Severity | None = None
    events: str | None = None
    events_format: EventFormat = EventFormat.EVE
    csv: str | None = None
    openmetrics: str | None = None
    mmdb: tuple[str, ...] = ()  # databases of countries and network operators
    alertmanagers: tuple[Address, ...] = ()
    serve: ServeOptions | None = None
    speed: float | None = None  # times the pace of the capture; None: as fast as can be
    json: bool = False  # the report as JSON on standard output
    local: bool = False  # times of the report in the zone of this machine
    progress: bool | None = None  # None: a bar if standard error is a terminal
    quiet: bool = False

    @property
    def stdout_taken(self) -> bool:
        """Whether an output goes to standard output, which then carries nothing else."""
        return STDOUT in self.outputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return FILE or `-` of every output."""
        return tuple(one for one in (self.events, self.csv, self.openmetrics) if one is not None)
