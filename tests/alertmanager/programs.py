"""Real Alertmanagers of Debian on loopback ports, asked with amtool; each ends with its test."""

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alertmanager.servers import free_port, within
from support.programs import require_unpacked
from support.tools import missing

PACKAGE = "prometheus-alertmanager"
READY = 20  # s; it takes less than one
CONFIG = """
route:
  receiver: hook
  group_by: [alertname, source, username]
  group_wait: {wait}
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: hook
    webhook_configs:
      - url: {hook}
        send_resolved: true
"""


def amtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = require_unpacked(PACKAGE, "amtool")
    return subprocess.run(
        [program, *arguments],
        capture_output=True, text=True, check=False, timeout=30, stdin=subprocess.DEVNULL,
    )  # fmt: skip


class Alertmanager:
    """One process; may be killed and started again with what it kept."""

    def __init__(self, folder: Path, hook: str, peers: tuple[int, ...] = (), wait: str = "1s") -> None:
        self.port, self.gossip = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._peers = peers
        self._folder = folder
        self._running: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "alertmanager.yml").write_text(CONFIG.format(hook=hook, wait=wait))

    def start(self) -> None:
        program = require_unpacked(PACKAGE, PACKAGE)
        peers = [f"--cluster.peer=127.0.0.1:{port}" for port in self._peers]
        with (self._folder / "log").open("ab") as log:
            self._running = subprocess.Popen(
                [
                    *_with_its_templates(program),
                    *(program, "--config.file=alertmanager.yml", "--storage.path=data"),
                    *(f"--web.listen-address=127.0.0.1:{self.port}",),
                    *(f"--cluster.listen-address=127.0.0.1:{self.gossip}", *peers),
                    *("--cluster.peer-timeout=2s", "--cluster.gossip-interval=50ms"),
                    *("--cluster.pushpull-interval=1s", "--cluster.settle-timeout=3s"),
                ],
                cwd=self._folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        assert within(READY, self.is_ready), (self._folder / "log").read_text()

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=1) as got:
                return bool(got.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """As a machine that loses power does."""
        if self._running is not None:
            self._running.kill()
            self._running.wait()
            self._running = None

    def alerts(self, *options: str) -> list[dict[str, Any]]:
        """What fires, as amtool says it; `--inhibited`: what is not told because of another alert."""
        told = amtool("alert", "query", *options, "--output=json", f"--alertmanager.url={self.url}")
        assert told.returncode == 0, told.stderr
        return list(json.loads(told.stdout) or [])


@contextmanager
def cluster(folder: Path, hook: str, size: int = 1, wait: str = "1s") -> Iterator[list[Alertmanager]]:
    """`size` Alertmanagers that know each other, ready and settled."""
    members: list[Alertmanager] = []
    try:
        for number in range(size):
            peers = tuple(each.gossip for each in members)
            members.append(Alertmanager(folder / str(number), hook, peers, wait))
            members[-1].start()
        yield members
    finally:
        for each in members:
            each.kill()


def _with_its_templates(program: str) -> list[str]:
    """Words before the command: Debian's reads templates below /usr/share, unpacked they lie elsewhere.

    In a mount namespace of its own the one is laid over the other; nothing of the machine changes.
    """
    if Path("/usr/share/prometheus/alertmanager/default.tmpl").exists():
        return []
    unshare = shutil.which("unshare") or missing("unshare is missing: apt-get install util-linux")
    share = Path(program).parents[1] / "share"
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    return [
        *(unshare, "--mount", *user, "sh", "-c"),
        *('mount --bind "$0" /usr/share && exec "$@"', str(share)),
    ]


def sleep(seconds: float) -> None:
    """For what must not happen: there is nothing to wait for."""
    time.sleep(seconds)
