"""Replays log lines through Fail2Ban's own jails, in log time; run by Debian's Python.

argv: the `fail2ban` folder of /etc, with a jail.local that enables jails. stdin: JSON, scenario -> list of
[seconds, source, line]. stdout: JSON, scenario -> list of [index of the line, jail, source, matched, banned].
The jails are set up by the commands that `fail2ban-client -d` gives for that folder.
While a source is banned its lines are left out: it cannot reach the server.
"""

import contextlib
import json
import logging
import os
import sys
import time
from typing import Any

from fail2ban.client.configurator import Configurator
from fail2ban.server.mytime import MyTime
from fail2ban.server.server import Server
from fail2ban.server.transmitter import Transmitter

_UNUSED = {"addaction", "action", "addlogpath", "addjournalmatch", "logtarget", "dbfile", "syslogsocket"}


def jails(folder: str) -> dict[str, Any]:
    """Return the enabled jails, with nothing that acts or reads files."""
    configurator = Configurator()
    configurator.setBaseDir(folder)
    configurator.readAll()
    configurator.getOptions()
    configurator.convertToProtocol()
    server = Server()
    transmitter = Transmitter(server)
    names = []
    for command in configurator.getConfigStream():
        words = {str(word) for word in command[:4]}
        if command[0] == "add":
            names.append(command[1])
        elif command[0] not in {"set", "multi-set"} or words & _UNUSED or command[1] not in names:
            continue
        code, answer = transmitter.proceed(command)
        if code:
            raise SystemExit(f"{command}: {answer}")
    return {name: server._Server__jails[name] for name in names}


def replay(folder: str, lines: list[tuple[float, str, str]]) -> list[tuple[int, str, str, bool, bool]]:
    """Feed one scenario's lines to fresh jails; return what each line that matched led to."""
    found = []
    ends: dict[str, float] = {}  # source -> end of its ban
    active = jails(folder)
    for index, (seconds, source, line) in enumerate(lines):
        if seconds < ends.get(source, 0):
            continue
        MyTime.setTime(seconds)
        for name, jail in active.items():
            before = jail.filter.failManager.getFailTotal()
            jail.filter.processLineAndAdd(line)
            matched = jail.filter.failManager.getFailTotal() > before
            ticket = jail.getFailTicket()
            if ticket:
                ends[ticket.getIP()] = seconds + jail.actions.getBanTime()
            if matched or ticket:
                found.append((index, name, source, matched, bool(ticket)))
    return found


if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    time.tzset()
    logging.disable(logging.WARNING)
    with contextlib.redirect_stdout(sys.stderr):
        results = {name: replay(sys.argv[1], lines) for name, lines in json.load(sys.stdin).items()}
    json.dump(results, sys.stdout)
