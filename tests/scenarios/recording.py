"""Scenarios at a real Postfix with Dovecot: what the server itself logs, at the scenario's own times.

All connections of all scenarios are made in one go, as fast as the server takes them. Its log carries the
client's port with every line, so each line belongs to one visit; it is then set to the time at which the
visit says it happens, and the port is taken out again, as it is by default. The text stays the server's.
"""

import re
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from scenarios.acting import play
from scenarios.people import people
from scenarios.visits import Visit
from support.forge_tcp import SECOND

from pcaps.record.client import Record, session
from pcaps.record.net import SERVER4, SERVER4_PLAIN, SERVER6, Network, ip
from pcaps.record.postfix import Postfix
from pcaps.record.world import World

_CONNECTIONS: Final = 40  # at once; Postfix serves 100
_LINE: Final = re.compile(
    r"\w+ +\d+ [\d:]+ (?P<head>\S+ \S+): (?P<text>.*unknown\[(?P<source>[^]]+)\]:(?P<port>\d+).*)"
)


class Line(NamedTuple):
    """A line of the mail log at the time it belongs to (ns)."""

    ts: int
    source: str
    text: str


class Crowd(Network):
    """A network whose clients all stand in one namespace: hundreds of addresses, made in no time."""

    def __init__(self) -> None:
        super().__init__()
        self._addresses: set[str] = set()
        self._crowd = ""

    def client(self, address: str) -> str:
        """Name of the namespace, with this address in it."""
        if not self._crowd:
            self._crowd = super().client("198.18.0.1")
            ip("-n", self._crowd, "-6", "route", "add", "default", "dev", "eth0")
        if address not in self._addresses:
            self._addresses.add(address)
            length, flags = ("128", ["nodad"]) if ":" in address else ("32", [])
            ip("-n", self._crowd, "addr", "add", f"{address}/{length}", "dev", "eth0", *flags)
        return self._crowd


def record(scenarios: dict[str, list[Visit]]) -> dict[str, list[Line]]:
    """Play scenarios at a real server; return what it logged of each, in order of the scenario's time."""
    with tempfile.TemporaryDirectory(prefix="smtp-scenarios-") as temporary:
        work = Path(temporary)
        with Crowd() as network, World(network, work / "world") as world:
            server = Postfix(world)
            _as_by_default(world)
            server.start()
            played = [(name, visit) for name, visits in scenarios.items() for visit in visits]
            for _, visit in played:
                network.client(visit.source)
            with ThreadPoolExecutor(_CONNECTIONS) as pool:
                ports = list(pool.map(lambda one: _connect(network, one[1]), played))
            log = server.log.read_text().splitlines()
    connections = _by_peer(log)
    logged: dict[int, list[tuple[str, str]]] = {}
    # A port may have been used again later: in the log as here, the earlier connection comes first.
    for at in sorted(range(len(played)), key=lambda at: ports[at][0]):
        logged[at] = connections[played[at][1].source, ports[at][1]].pop(0)
    found: dict[str, list[Line]] = {}
    first = 0
    for name, visits in scenarios.items():
        lines = [
            line
            for at, (visit, _, verdicts) in enumerate(play(visits), first)
            for line in _timed(visit, verdicts, logged[at])
        ]
        first += len(visits)
        found[name] = sorted(lines, key=lambda line: line.ts)
    return found


def _as_by_default(world: World) -> None:
    """Log what the servers log by default, and let everybody of the scenarios in."""
    for file, unwanted in (
        ("/etc/postfix/main.cf", "debug_peer"),
        ("/etc/dovecot/dovecot.conf", "auth_debug"),
    ):
        kept = [line for line in world.run(["cat", file]).splitlines() if not line.startswith(unwanted)]
        world.write(file, "".join(f"{line}\n" for line in kept if line != "auth_verbose = yes"))
    users = "".join(f"{person.name}:{{PLAIN}}{person.password}\n" for person in people())
    world.write("/etc/dovecot/users", users)


def _connect(network: Network, visit: Visit) -> tuple[float, int]:
    """Make one connection; return when it was open (s, of a clock that only counts) and the client's port."""
    server = SERVER6 if ":" in visit.source else SERVER4 if visit.offers else SERVER4_PLAIN
    port = visit.port if visit.offers else 587  # that address offers no AUTH at 587
    with session(network, Record(), visit.source, server, port) as client:
        opened = time.monotonic()
        for each in visit.tries:
            code = client.auth(each.mechanism, each.name, each.password)
            assert code == each.code or {code, each.code} == {502, 503}, (code, each)
        return opened, client.port


def _by_peer(log: Iterable[str]) -> dict[tuple[str, int], list[list[tuple[str, str]]]]:
    """Heads and texts of the log's lines, connection by connection, by the client's address and port."""
    found: dict[tuple[str, int], list[list[tuple[str, str]]]] = {}
    for raw in log:
        line = _LINE.match(raw)
        if line:
            text = line["text"].replace(f"]:{line['port']}", "]")
            same = found.setdefault((line["source"], int(line["port"])), [])
            if text.startswith("connect from"):
                same.append([])
            same[-1].append((line["head"], text))
    return found


def _timed(visit: Visit, verdicts: tuple[int, ...], lines: list[tuple[str, str]]) -> Iterable[Line]:
    """Lines of one visit at its times: each failure at its verdict, what follows it as well."""
    left = [ts for ts, each in zip(verdicts, visit.tries, strict=True) if each.code == 535]
    now = visit.ts
    for head, text in lines:
        if "authentication failed" in text:
            now = left.pop(0)
        elif text.startswith("disconnect"):
            now = max(now, *verdicts, visit.ts)
        yield Line(
            now, visit.source, f"{datetime.fromtimestamp(now // SECOND, UTC):%b %d %H:%M:%S} {head}: {text}"
        )
    assert not left, f"failures that the server did not log: {visit}"
