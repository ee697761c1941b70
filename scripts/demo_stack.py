#!/usr/bin/env python3
"""Prometheus, Alertmanager and a sensor that replays an attack, on loopback ports, until Ctrl-C.

CHECK=1: says what happens to the alert, from firing to resolved, and ends; not 0 if anything is missing.
"""

import os
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from alertmanager.programs import cluster  # noqa: E402 - the tests' own programs, once the path is set
from alertmanager.servers import Receiver, free_port, receiving, within  # noqa: E402
from prometheus.stack import get, prometheus, sensor  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

CHECK = os.environ.get("CHECK") == "1"
# An alert ends when it was quiet for half an hour of the capture's time: half a minute.
SPEED = "60"
RATE = "sum(rate(smtpsensor_auth_failures_total[30s])) > 0"
SOURCE = "198.51.100.23"


def say(text: str) -> None:
    """Write a line at once, also where it goes into a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def statuses(hook: Receiver) -> set[str]:
    """Return what the receiver was told about the guessing, `firing` and `resolved`."""
    return {
        one["status"]
        for body in hook.bodies
        for one in body["alerts"]
        if one["labels"].get("rule") == "brute_force_source"
    }


def main() -> int:
    """Run it; return the exit code."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="smtpsensor-demo-")))
        hook = stack.enter_context(receiving())
        (manager,) = stack.enter_context(cluster(folder / "alertmanager", hook.url))
        port = free_port()
        url = stack.enter_context(sensor(folder, port, "--speed", SPEED))
        asked = stack.enter_context(prometheus(folder, port, manager.port))
        say(f"sensor        {url}/metrics, {url}/report")
        say(f"Prometheus    {asked.url}/alerts")
        say(f"Alertmanager  {manager.url}")
        firing = 'ALERTS{alertname="SmtpsensorBruteForce", rule="brute_force_source", alertstate="firing"}'
        steps: list[tuple[str, int, Callable[[], object]]] = [
            ("Prometheus scrapes the sensor", 30, lambda: asked.now('up{job="smtpsensor"} == 1')),
            ("the attack shows in a rate", 40, lambda: asked.now(RATE)),
            ("the alert fires in Prometheus", 40, lambda: asked.now(firing)),
            ("it is in Alertmanager", 40, lambda: any(
                one["labels"].get("rule") == "brute_force_source" for one in manager.alerts())),
            ("its receiver is notified: firing", 40, lambda: "firing" in statuses(hook)),
            ("the report names who guesses", 20, lambda: SOURCE.encode() in get(f"{url}/report")),
            ("it was quiet, the alert is resolved", 90, lambda: not asked.now(firing)),
            ("its receiver is notified: resolved", 60, lambda: "resolved" in statuses(hook)),
        ]  # fmt: skip
        began = time.monotonic()
        for what, patience, true in steps:
            if not within(patience, true):
                say(f"{time.monotonic() - began:5.1f} s  MISSING: {what}")
                return 1
            say(f"{time.monotonic() - began:5.1f} s  {what}")
        if not CHECK:
            say("Ctrl-C ends")
            while True:
                time.sleep(60)
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what it started ends with it
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("")
