"""The world a server lives in: its own mounts and processes inside the server's network namespace.

The unpacked packages are laid over `/usr`, `/etc` and `/var`, with scratch file systems over all that gets
written, visible only in there. All its processes are children of one shell that ends when this process does,
and the kernel ends the whole process namespace with it.
"""

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from .net import BRIDGE, Network
from .packages import unpacked_servers

_ENTER = """
set -e
umask 022
hostname mx.example.net
mount -t tmpfs -o mode=755 world "$WORK/fs"
mkdir -p "$WORK/fs/etc" "$WORK/fs/etc.work" "$WORK/fs/var" "$WORK/fs/var.work"
mount -t overlay world -o "lowerdir=$SERVERS/usr:/usr" /usr
mount -t overlay world -o "lowerdir=$SERVERS/etc:/etc,upperdir=$WORK/fs/etc,workdir=$WORK/fs/etc.work" /etc
mount -t overlay world -o "lowerdir=$SERVERS/var:/var,upperdir=$WORK/fs/var,workdir=$WORK/fs/var.work" /var
mount -t tmpfs -o mode=755 world /run
mkdir -p /var/log
mount --bind "$WORK/log" /var/log
echo ready
while read -r _; do :; done
"""

_USERS = """root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
postfix:x:7001:7001::/var/spool/postfix:/usr/sbin/nologin
dovecot:x:7003:7003::/usr/lib/dovecot:/usr/sbin/nologin
dovenull:x:7004:7004::/nonexistent:/usr/sbin/nologin
Debian-exim:x:7005:7005::/var/spool/exim4:/usr/sbin/nologin
"""
_GROUPS = """root:x:0:
mail:x:8:
nogroup:x:65534:
postfix:x:7001:
postdrop:x:7002:
dovecot:x:7003:
dovenull:x:7004:
Debian-exim:x:7005:
"""


class World:
    """A process and mount namespace for one server; `with` starts and ends it."""

    def __init__(self, network: Network, work: Path) -> None:
        self.network = network
        self.work = work
        self.logs = work / "log"
        self._shell: subprocess.Popen[str] | None = None
        self._pid = 0

    def __enter__(self) -> Self:
        (self.work / "fs").mkdir(parents=True)
        self.logs.mkdir()
        self.logs.chmod(0o777)  # the servers write under users of their own
        unshare = ["unshare", "--mount", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc"]
        self._shell = subprocess.Popen(
            ["ip", "netns", "exec", self.network.server, *unshare, "bash", "-c", _ENTER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": "/usr/sbin:/usr/bin", "WORK": str(self.work), "SERVERS": str(unpacked_servers())},
        )
        assert self._shell.stdout is not None
        if self._shell.stdout.readline() != "ready\n":
            self.__exit__(None, None, None)
            raise RuntimeError("the server's namespace could not be set up")
        children = Path(f"/proc/{self._shell.pid}/task/{self._shell.pid}/children").read_text().split()
        self._pid = int(children[0])
        self.write("/etc/passwd", _USERS)
        self.write("/etc/group", _GROUPS)
        self.write(
            "/etc/hosts", "127.0.0.1 localhost\n203.0.113.25 mx.example.net\n2001:db8:25::25 mx.example.net\n"
        )
        self.write("/etc/resolv.conf", "")
        self.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\nservices: files\n")
        self.write("/etc/mailname", "mx.example.net\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shell is None:
            return
        assert self._shell.stdin is not None
        self._shell.stdin.close()  # the shell's loop ends, and with it every process of the namespace
        try:
            self._shell.wait(10)
        except subprocess.TimeoutExpired:
            self._shell.kill()
            self._shell.wait()
        if self._shell.stdout is not None:
            self._shell.stdout.close()
        self._shell = None

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file as the server sees it."""
        self.run(["bash", "-c", 'mkdir -p "${0%/*}"; cat > "$0"; chmod "$1" "$0"', path, f"{mode:o}"], text)

    def run(self, command: list[str], text: str = "") -> str:
        """Run a command in there and give its output; raises RuntimeError with its words when it fails."""
        # To a file, not a pipe: a server that goes on running would hold the pipe open.
        with tempfile.TemporaryFile("w+") as output:
            run = subprocess.run(
                self._enter(command),
                input=text,
                stdout=output,
                stderr=output,
                text=True,
                check=False,
                timeout=60,
            )
            output.seek(0)
            words = output.read()
        if run.returncode:
            raise RuntimeError(f"{' '.join(command)}: exit code {run.returncode}: {words}")
        return words

    def start(self, command: list[str], output: Path) -> subprocess.Popen[bytes]:
        """Start a program that stays; it ends with the world at the latest."""
        with output.open("ab") as file:
            return subprocess.Popen(self._enter(command), stdin=subprocess.DEVNULL, stdout=file, stderr=file)

    def _enter(self, command: list[str]) -> list[str]:
        return [
            "nsenter",
            f"--target={self._pid}",
            "--mount",
            "--pid",
            "--uts",
            "--net",
            "--wd=/",
            "--",
            *command,
        ]


class Capture:
    """tcpdump on the server's interface while the `with` block runs."""

    def __init__(self, network: Network, file: Path, ports: tuple[int, ...]) -> None:
        self._network = network
        self._file = file
        self._filter = " or ".join(f"tcp port {port}" for port in ports)
        self._tcpdump: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        command = [
            "tcpdump",
            "-i",
            BRIDGE,
            "-U",
            "-s",
            "0",
            "--immediate-mode",
            "-Z",
            "root",
            "-w",
            str(self._file),
        ]
        last = ["setpriv", "--pdeathsig", "INT"]  # should this process be killed, tcpdump ends too
        self._tcpdump = subprocess.Popen(
            ["ip", "netns", "exec", self._network.server, *last, *command, self._filter],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._tcpdump.stderr is not None
        while "listening on" not in (line := self._tcpdump.stderr.readline()):
            if not line:
                raise RuntimeError("tcpdump did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._tcpdump is not None
        time.sleep(0.5)  # the last goodbyes are still on their way
        self._tcpdump.send_signal(signal.SIGINT)
        self._tcpdump.communicate(timeout=10)


def wait_for(what: str, done: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until it is so; raises TimeoutError naming what did not come."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: did not happen in {seconds:g} s")
        time.sleep(0.05)
