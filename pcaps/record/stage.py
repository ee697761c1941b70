"""What a scenario works with: a running server, clients with addresses of their own, and the real tools."""

import itertools
import smtplib
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from .client import Client, Record, session
from .net import SERVER4, Network, inside
from .truth import Dialogue

# The tools name the machine they run on, and some look its name up: it gets a name of the scenario's, and the
# resolver nobody to ask (there is no way out of the namespace, they would only wait).
_NAMED = """hostname pc.example.org
mount --bind /dev/null /etc/resolv.conf
mount --bind "$1" /etc/hosts
shift
exec "$@"
"""
_HOSTS = "127.0.0.1 localhost pc.example.org pc\n"
_TOOL_TIMEOUT = 300  # seconds


class Server(Protocol):
    """A mail server under recording."""

    name: str
    packages: tuple[str, ...]
    logs: str

    def start(self) -> None: ...  # noqa: D102
    def start_auth(self) -> None: ...  # noqa: D102
    def stop_auth(self) -> None: ...  # noqa: D102
    def dialogues(self) -> list[Dialogue]: ...  # noqa: D102


class Stage:
    """Network, server and the clients' record of one scenario."""

    def __init__(self, network: Network, server: Server, work: Path) -> None:
        self.network = network
        self.server = server
        self.record = Record()
        self._work = work
        self._numbers = itertools.count()

    def client(self, source: str, server: str = SERVER4, port: int = 587) -> Client:
        """Connect a client that speaks word by word."""
        return Client(self.network, self.record, source, server, port)

    def session(self, source: str, server: str = SERVER4, port: int = 587) -> AbstractContextManager[Client]:
        """Connect, EHLO, and QUIT at the end of the block."""
        return session(self.network, self.record, source, server, port)

    @contextmanager
    def smtplib(self, source: str, port: int = 587) -> Iterator[smtplib.SMTP]:
        """Python's own client, connected and greeted; QUIT at the end of the block."""
        with inside(self.network.client(source)):
            smtp = smtplib.SMTP(SERVER4, port, local_hostname="pc.example.org", timeout=30)
        with smtp:
            smtp.ehlo()
            yield smtp

    def hydra(
        self, source: str, names: list[str], passwords: list[str], *, port: int = 587, how: str = ""
    ) -> None:
        """Guess with hydra, one connection at a time; `how` is its mechanism (default: LOGIN)."""
        lists = ["-L", self._list(names), "-P", self._list(passwords)]
        target = f"smtp://{SERVER4}:{port}/{how}"
        self.tool(source, ["hydra", "-I", "-t", "1", "-c", "0", *lists, target])

    def nmap(self, source: str, names: list[str], passwords: list[str], *, port: int = 25) -> None:
        """Guess with nmap's smtp-brute, one thread."""
        arguments = f"userdb={self._list(names)},passdb={self._list(passwords)},brute.threads=1,brute.start=1"
        scan = [
            "nmap",
            "-n",
            "-Pn",
            "-sT",
            "-p",
            str(port),
            "--script",
            "smtp-brute",
            "--script-args",
            arguments,
        ]
        self.tool(source, [*scan, SERVER4])

    def swaks(
        self, source: str, name: str, password: str, how: str, *, port: int = 587, tls: bool = False
    ) -> None:
        """Log in with swaks and send a mail when that works."""
        message = "Subject: from swaks\\n\\nHello"
        mail = ["--from", "clara@example.net", "--to", "list@example.org", "--data", message]
        login = ["--auth", how, "--auth-user", name, "--auth-password", password]
        self.tool(
            source, ["swaks", "--server", f"{SERVER4}:{port}", *login, *mail, *(["--tls"] if tls else [])]
        )

    def curl(
        self, source: str, name: str, password: str, how: str, *, port: int = 587, tls: bool = False
    ) -> None:
        """Log in with curl and send a mail when that works."""
        secret = (
            ["--oauth2-bearer", password, "--user", name]
            if "OAUTH" in how
            else ["--user", f"{name}:{password}"]
        )
        mail = ["--mail-from", "anna@example.net", "--mail-rcpt", "list@example.org", "--upload-file"]
        message = self._file("Subject: from curl\r\n\r\nHello\r\n")
        ways = ["--login-options", f"AUTH={how}", *(["--ssl-reqd", "--insecure"] if tls else [])]
        self.tool(
            source, ["curl", "-sS", f"smtp://{SERVER4}:{port}/pc.example.org", *secret, *ways, *mail, message]
        )

    def tool(self, source: str, command: list[str]) -> str:
        """Run a tool at this address; a login that fails is no error of the tool's run."""
        hosts = self._work / "hosts"
        hosts.write_text(_HOSTS)
        where = ["ip", "netns", "exec", self.network.client(source), "unshare", "--uts", "--mount"]
        named = ["bash", "-ec", _NAMED, "bash", str(hosts)]
        run = subprocess.run(
            [*where, *named, *command],
            cwd=self._work,
            capture_output=True,
            text=True,
            timeout=_TOOL_TIMEOUT,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        with (self._work / "tools.log").open("a") as log:
            log.write(f"$ {' '.join(command)}\n{run.stdout}{run.stderr}\n")
        return run.stdout

    def _list(self, lines: list[str]) -> str:
        return self._file("".join(f"{line}\n" for line in lines))

    def _file(self, text: str) -> str:
        file = (
            self._work / f"file{next(self._numbers)}"
        )  # one step of the interpreter: threads get files of their own
        file.write_text(text)
        return str(file)
