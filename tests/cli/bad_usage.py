"""Outputs that cannot be written, and options that mean nothing."""

from cli.bad import GOOD, Case, file, shut

NO_SPACE = "no space left on device; free some space or write to another disk, then run again"

PLACE = "choose a place you may write to, or ask for the permission"


def output(what: str, arguments: str, says: str) -> Case:
    """An output that fails while the rest goes on: all is read, and the report is printed."""
    return Case(what, f"replay {GOOD} {arguments}", (says,), 2)


def wrong(what: str, arguments: str, says: str) -> Case:
    """A command line that is refused before anything is read."""
    return Case(what, arguments, (says,), 2, nothing=True)


def option(what: str, arguments: str, says: str) -> Case:
    """An option with a value that means nothing."""
    return wrong(what, f"replay {GOOD} {arguments}", says)


MINE = b"""\
name: mine
id: 4900001
severity: warning
summary: "{source} fails"
description: more than once
match: {outcome: failure}
group: source
threshold: [{attempts: 2, within: 5m}]
quiet: 1h
quite: 1h
"""
OUTPUTS = [
    output(
        "output folder is missing",
        "--events nowhere/events.jsonl",
        "nowhere/events.jsonl: cannot be written, the folder 'nowhere' does not exist;"
        " make it: mkdir -p 'nowhere'",
    ),
    Case(
        "output is a folder",
        f"replay {GOOD} --csv out",
        ("out: cannot be written, is a directory; name a file in it",),
        2,
        make=lambda folder: (folder / "out").mkdir(),
    ),
    Case(
        "output path not writable",
        f"replay {GOOD} --events shut/events.jsonl",
        (f"shut/events.jsonl: cannot be written, permission denied; {PLACE}",),
        2,
        make=shut("shut", None),
    ),
    output(
        "disk full while writing events",
        "--events /dev/full",
        f"/dev/full: cannot be written, {NO_SPACE}",
    ),
    output("disk full while writing rows", "--csv /dev/full", f"/dev/full: cannot be written, {NO_SPACE}"),
    option(
        "output is an input",
        f"--events {GOOD}",
        f"{GOOD}: is a capture to be read, and would be lost; write to another file",
    ),
    option(
        "two outputs on standard output",
        "--events - --json",
        "--events and --json both go to standard output; give one of them a file",
    ),
    option(
        "two outputs in one file",
        "--events out --csv ./out",
        "--events and --csv both go to the same file; give one of them a file",
    ),
]
ADDRESS = "is no address or network; write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32"
HELP = "see python -m smtpsensor replay --help"
OPTIONS = [
    option(
        "unknown option",
        "--event x",
        f"no such option: --event (possible options: --events, --serve, --server); {HELP}",
    ),
    wrong(
        "option without its value",
        "replay --source",
        "option '--source' requires an argument; see smtpsensor replay --help",
    ),
    wrong("no capture named", "replay", f"missing argument 'PATH'; {HELP}"),
    wrong("no command", GOOD, f"no such command '{GOOD}'; to read it: smtpsensor replay {GOOD}"),
    wrong(
        "unknown command",
        "reply",
        "no such command 'reply' (did you mean 'replay'?); see python -m smtpsensor --help",
    ),
    option("unknown form of events", "--format csv", "--format: 'csv' is not known; write eve or ecs"),
    option("unknown name policy", "--names some", "--names: 'some' is not known; write full, hash or none"),
    option(
        "unknown severity",
        "--fail-on fatal",
        "--fail-on: 'fatal' is not known; write critical, warning or info",
    ),
    option("rules are missing", "--rules nowhere.yaml", "nowhere.yaml: does not exist; check the path"),
    option("configuration is missing", "--config site.toml", "site.toml: does not exist; check the path"),
    Case(
        "configuration with an unknown field",
        f"replay {GOOD} --config site.toml",
        ("site.toml: detection.of: unknown field; did you mean off?",),
        2,
        nothing=True,
        make=file("site.toml", b"[detection]\nof = ['password_spray']\n"),
    ),
    Case(
        "rule with an unknown field",
        f"replay {GOOD} --rules mine.yaml",
        ("mine.yaml:10: quite: unknown field; did you mean quiet?",),
        2,
        nothing=True,
        make=file("mine.yaml", MINE),
    ),
    option(
        "filter that is no address", "--source mail.example.org", f"--source: 'mail.example.org' {ADDRESS}"
    ),
    option(
        "filter that is no server",
        "--server 203.0.113.25:smtp",
        "--server: 'smtp' in '203.0.113.25:smtp' is no port; write a number from 1 to 65535",
    ),
    option(
        "filter that is no time",
        "--since yesterday",
        "--since: 'yesterday' is no time; write 2026-11-24, 2026-11-24T04:20:00 (UTC)"
        " or 2026-11-24T04:20:00+01:00",
    ),
    option(
        "times that leave nothing",
        "--since 2026-11-25 --until 2026-11-24",
        "--until: '2026-11-24' is not after --since '2026-11-25'; nothing would be left",
    ),
    option(
        "filter with an empty name",
        "--user ''",
        "--user: the name is empty; write anna@example.net or '*@example.net'",
    ),
    option("port out of range", "--port 70000", "--port: '70000' is no port; write a number from 1 to 65535"),
    option(
        "port that is no number",
        "--smtp-ports 25,smtp",
        "--smtp-ports: 'smtp' is no port; write a number from 1 to 65535",
    ),
    option(
        "port both in clear and in TLS",
        "--implicit-tls-ports 25",
        "--implicit-tls-ports: 25 is an SMTP port as well; leave out one of them",
    ),
    option("proxy that is no address", "--proxy haproxy", f"--proxy: 'haproxy' {ADDRESS}"),
    option(
        "sensor without a name",
        "--host ''",
        "--host: the name is empty; write the name of this sensor, such as mx1-span",
    ),
    option(
        "place to listen that names no port",
        "--serve --listen 192.0.2.1",
        "--listen: '192.0.2.1' names no port; write 127.0.0.1:19925, [::1]:19925,"
        " or 0.0.0.0:19925 for every interface",
    ),
    option(
        "address of another machine",
        "--serve --listen 192.0.2.1:19925",
        "--listen: 192.0.2.1:19925: is no address of this machine;"
        " write 127.0.0.1:19925, or one that `ip address` lists",
    ),
    option("passwords for nothing", "--web-config w.yml", "--web-config: nothing is served; add --serve"),
    option(
        "web-config that is not there",
        "--serve --web-config web.yml",
        "web.yml: cannot be read, no such file or directory;"
        " check path and permissions of the web-config file",
    ),
    option(
        "pace that stands still",
        "--speed 0",
        "--speed: '0' is not within 0.01 and 1e+06; write 1 for as recorded, 60 for an hour a minute",
    ),
    option("list of no number", "--serve --top all", "--top: 'all' is no number; write 10 for the first ten"),
    option(
        "wait that has no time",
        "--serve --wait -1",
        "--wait: '-1' is not within 0 and 3600; write 0 to begin at once",
    ),
]
