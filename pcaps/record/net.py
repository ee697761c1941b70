"""Network namespaces: one for the server, one per client, joined by a bridge in the server's."""

import ctypes
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

BRIDGE = "br0"
SERVER4 = "203.0.113.25"
SERVER4_PLAIN = "203.0.113.26"  # where the server offers no AUTH
SERVER6 = "2001:db8:25::25"
_CLONE_NEWNET = 0x40000000  # linux/sched.h
_libc = ctypes.CDLL(None, use_errno=True)


def ip(*words: str) -> None:
    """Run one `ip` command; raises CalledProcessError with ip's own words on stderr."""
    subprocess.run(["ip", *words], check=True)


class Network:
    """A server namespace and client namespaces, gone again when the `with` block is left.

    Every client has an address of its own (IPv4 or IPv6, documentation ranges) and reaches the server at
    SERVER4 or SERVER6 over one Ethernet segment. Nothing outside can be reached.
    """

    def __init__(self) -> None:
        self._prefix = f"smtprec{os.getpid()}"
        self._names: list[str] = []
        self._clients: dict[str, str] = {}
        self.server = ""

    def __enter__(self) -> Self:
        self.server = self._add("srv")
        # The wait for another bridge's spanning tree would hold the first packets back.
        ip(
            "-n",
            self.server,
            "link",
            "add",
            BRIDGE,
            "type",
            "bridge",
            "forward_delay",
            "0",
            "mcast_snooping",
            "0",
        )
        ip("-n", self.server, "link", "set", BRIDGE, "address", "02:00:00:00:00:19", "up")
        ip("-n", self.server, "addr", "add", f"{SERVER4}/24", "dev", BRIDGE)
        ip("-n", self.server, "addr", "add", f"{SERVER6}/64", "dev", BRIDGE, "nodad")
        ip("-n", self.server, "addr", "add", f"{SERVER4_PLAIN}/24", "dev", BRIDGE)
        for family in ("-4", "-6"):
            ip("-n", self.server, family, "route", "add", "default", "dev", BRIDGE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in reversed(self._names):
            subprocess.run(["ip", "netns", "del", name], check=False)
        self._names.clear()

    def client(self, address: str) -> str:
        """Name of the namespace of the client with this address, made on first use."""
        if address not in self._clients:
            self._clients[address] = self._join(address)
        return self._clients[address]

    def _join(self, address: str) -> str:
        number = len(self._clients)
        name, port = self._add(f"c{number}"), f"c{number}"
        ip("-n", self.server, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("-n", name, "link", "set", "eth0", "address", f"02:00:00:00:01:{number:02x}")
        ip("-n", name, "addr", "add", address, "dev", "eth0", *(["nodad"] if ":" in address else []))
        ip("-n", name, "link", "set", "eth0", "up")
        ip("-n", self.server, "link", "set", port, "master", BRIDGE, "up")
        ip("-n", name, "-6" if ":" in address else "-4", "route", "add", "default", "dev", "eth0")
        _await_carrier(name, SERVER6 if ":" in address else SERVER4)
        return name

    def _add(self, role: str) -> str:
        name = f"{self._prefix}-{role}"
        ip("netns", "add", name)
        self._names.append(name)
        ip("-n", name, "link", "set", "lo", "up")
        return name


def _await_carrier(name: str, server: str) -> None:
    """Wait until the client can resolve the server's link address, so that no capture begins with retries."""
    for _ in range(100):
        # An unused UDP port makes the kernel ask for the neighbour without a program of its own.
        subprocess.run(
            ["ip", "netns", "exec", name, "bash", "-c", f"echo > /dev/udp/{server}/9"],
            check=False,
            capture_output=True,
        )
        shown = subprocess.run(
            ["ip", "-n", name, "neigh", "show", server], check=True, capture_output=True, text=True
        )
        if "lladdr" in shown.stdout:
            return
        time.sleep(0.05)
    raise TimeoutError(f"namespace {name} cannot reach {server}")


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Sockets this thread opens in the block belong to the namespace (and stay there afterwards)."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(Path("/run/netns") / namespace, os.O_RDONLY)
    try:
        _setns(there)
        try:
            yield
        finally:
            _setns(home)
    finally:
        os.close(there)
        os.close(home)


def _setns(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
