"""Readers of the two servers' logs: lines in, dialogues out."""

import re
from collections.abc import Iterable, Iterator

from .truth import Dialogue

_POSTFIX = re.compile(r"postfix/(?:(?P<service>\w+)/)?smtpd\[(?P<pid>\d+)\]: (?P<text>.*)")
_POSTFIX_PEER = re.compile(
    r"(?P<what>connect from|disconnect from|<|>) unknown\[(?P<source>[^]]+)\]:(?P<port>\d+):? ?(?P<line>.*)"
)
_POSTFIX_NAME = re.compile(
    r"xsasl_dovecot_handle_reply: auth reply: (?:OK|FAIL)\?\d+.*?\?user=(?P<name>[^?]*)"
)


def postfix_dialogues(lines: Iterable[str]) -> Iterator[Dialogue]:
    """Dialogues in Postfix's log (`debug_peer_level = 1`, `smtpd_client_port_logging = yes`).

    One smtpd process serves one connection at a time. The names are Dovecot's, as it told Postfix.
    """
    current: dict[str, Dialogue] = {}
    for raw in lines:
        found = _POSTFIX.search(raw)
        if found is None:
            continue
        pid, text = found["pid"], found["text"]
        if (name := _POSTFIX_NAME.match(text)) and pid in current:
            current[pid].named(name["name"], "dovecot")
        peer = _POSTFIX_PEER.match(text)
        if peer is None:
            continue
        if peer["what"] == "connect from":
            current[pid] = Dialogue(
                peer["source"], int(peer["port"]), _POSTFIX_PORTS.get(found["service"] or "smtpd")
            )
            yield current[pid]
        elif peer["what"] == "disconnect from":
            current.pop(pid).ended()
        elif peer["what"] == "<":
            current[pid].client(peer["line"])
        else:
            current[pid].server(peer["line"])


_POSTFIX_PORTS = {"smtpd": 25, "submission": 587, "protected": 2525, "plain": 587}

_EXIM = re.compile(r" *(?P<pid>\d+) (?P<text>.*)")
_EXIM_BEGIN = re.compile(
    r"Process \d+ is handling incoming connection from \[(?P<source>[^]]+)\]:(?P<port>\d+)"
)
_EXIM_ACCEPTED = re.compile(
    r" *SMTP connection from \[(?P<source>[^]]+)\]:(?P<port>\d+) I=\[[^]]+\]:(?P<server_port>\d+) \(TCP"
)
_EXIM_FAILED = re.compile(r" *\S+ authenticator failed for .*\(set_id=(?P<name>[^)]*)\)")
_EXIM_PASSED = re.compile(r" .* A=\w+:(?P<name>\S+)( |$)")


def exim_dialogues(lines: Iterable[str]) -> Iterator[Dialogue]:
    """Dialogues in Exim's debug output (`-d-all+receive+auth+pid`); its log lines stand among them.

    One process serves one connection.
    """
    current: dict[str, Dialogue] = {}
    ports: dict[tuple[str, str], int] = {}
    for raw in lines:
        found = _EXIM.match(raw.rstrip("\n"))
        if found is None:
            continue
        pid, text = found["pid"], found["text"]
        if accepted := _EXIM_ACCEPTED.match(text):
            ports[accepted["source"], accepted["port"]] = int(accepted["server_port"])
        if begin := _EXIM_BEGIN.match(text):
            peer = begin["source"], begin["port"]
            current[pid] = Dialogue(begin["source"], int(begin["port"]), ports.get(peer))
            yield current[pid]
        if pid in current:
            _exim_line(current[pid], text)


def _exim_line(dialogue: Dialogue, text: str) -> None:
    if text.startswith("SMTP<< "):
        dialogue.client(text[7:])
    elif text.startswith("SMTP>> "):
        dialogue.server(text[7:])
    elif failed := _EXIM_FAILED.match(text):
        dialogue.named(_unescaped(failed["name"]), "exim set_id")
    elif passed := _EXIM_PASSED.match(text):
        dialogue.passed(_unescaped(passed["name"]), "exim A=")
    elif "terminating with rc=" in text:
        dialogue.ended()


def _unescaped(name: str) -> str:
    """Undo the octal escapes of Exim's log (UTF-8 names)."""
    octets = re.sub(rb"\\([0-3][0-7]{2})", lambda found: bytes((int(found[1], 8),)), name.encode())
    return octets.decode(errors="replace")
