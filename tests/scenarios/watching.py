"""A capture through the whole program: frames to events to alerts, with the shipped rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from support.forge import Frame, run

from smtpsensor.detect.alert import Alert, AlertState, Severity
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.loading import load_rules
from smtpsensor.detect.rule import Rule
from smtpsensor.detect.site import Site
from smtpsensor.events import AuthEvent


@dataclass(frozen=True, slots=True)
class Watched:
    """What was said, by id: `alerts` as they stood last, `opened` as they were opened."""

    alerts: dict[str, Alert]
    opened: dict[str, Alert]
    attempts: list[AuthEvent]

    def loud(self) -> list[Alert]:
        """Alerts above info."""
        return [alert for alert in self.alerts.values() if alert.severity is not Severity.INFO]

    def of(self, rule: str) -> list[Alert]:
        """Alerts of a rule."""
        return [alert for alert in self.alerts.values() if alert.rule.name == rule]


@cache
def _rules(site: Site | None) -> list[Rule]:
    return load_rules([], site)


def watch(captured: Iterable[Frame], site: Site | None = None) -> Watched:
    """Run frames through the pipeline and the engine."""
    result = run(captured)
    engine = Engine(_rules(site), site)
    said = [alert for event in result.events for alert in engine.take(event)]
    said += engine.finish()
    opened = {alert.id: alert for alert in said if alert.state is AlertState.OPENED}
    return Watched({alert.id: alert for alert in said}, opened, result.auths)
