"""Files of a size to read, and nothing in them that belongs to one machine or to somebody else's network."""

import ipaddress
import re
from collections.abc import Iterator

import pytest
from support.tree import ROOT, texts, tracked

MOST_LINES = 300

# Put together from halves so that this file does not hold them itself.
PRIVATE = {
    "a private path": re.compile("(?<![\\w.])/" + "(?:root|work|farm|home/[a-z]+|Users/[A-Za-z]+)" + "/"),
    "a registry's host": re.compile("pypi\\.org/" + "simple|registry\\." + "npmjs|deb\\.debian" + "\\.org"),
}

NETWORKS = {
    "192.0.2.0/24": "documentation (RFC 5737)",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "2001:db8::/32": "documentation (RFC 3849)",
    "198.18.0.0/15": "floods and namespaces (RFC 2544)",
    "10.0.0.0/8": "floods",
    "127.0.0.0/8": "loopback",
    "::1/128": "loopback",
    "0.0.0.0/32": "any",
    "::/128": "any",
    "255.255.255.255/32": "broadcast and masks",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128": "the longest address, as the PROXY protocol shows it",
    "224.0.0.0/24": "multicast of the local link, seen in captures",
    "fe80::/16": "link-local, seen in captures",
    "ff02::/16": "multicast, seen in captures",
    "::ffff:0:0/96": "IPv4 inside IPv6: the part behind it is judged by itself",
}
THIS = "tests/project/test_tree.py"
# Addresses of somebody that a file has to hold all the same: file below the root -> address -> why.
SINGLE: dict[str, dict[str, str]] = {
    THIS: dict.fromkeys(("8.8.8.8", "2606:4700:4700::1111"), "must be recognised below"),
    "tests/smtp/test_reply.py": {"5.7.8.9": "an enhanced status code of one number too many"},
    "pcaps/MANIFEST.json": {"2.3.19.1": "the version of a Dovecot"},
}
SINGLE[THIS] |= {address: why for path in SINGLE for address, why in SINGLE[path].items()}  # they stand above

# A section of a standard, such as 4.5.3.2: small numbers behind the document's name in the same line.
SECTION = re.compile(r"(?:RFC \d+|MS-[A-Z]+|[Ss]ections?)\b.{0,60}?(?:\b[1-9]\d?(?:\.[1-9]\d?){3}\b)")
V4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
V6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])")


def addresses(text: str) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Yield whatever reads as an address; IPv6 only with three groups or more: `[1::2]` is a slice."""
    for found in V4.findall(SECTION.sub("", text)):
        try:
            yield ipaddress.IPv4Address(found)
        except ValueError:
            continue  # 1.2.3.400, 01.02.03.04
    for found in V6.findall(text):
        if len([group for group in found.split(":") if group]) < 3:
            continue
        try:
            yield ipaddress.IPv6Address(found)
        except ValueError:
            continue  # a time, a MAC address


def is_known(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    networks = map(ipaddress.ip_network, NETWORKS)
    return any(address in network for network in networks if network.version == address.version)


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("src 192.0.2.7 dst 2001:db8::25", []),
        ("a host at 8.8.8.8, port 25", ["8.8.8.8"]),
        ("[2606:4700:4700::1111]:25", ["2606:4700:4700::1111"]),
        ("# RFC 5321 4.5.3.2: five minutes; [MS-NLMP] 2.2.1.3", []),
        ("version 1.2.3, OID 1.3.6.1.5.5.2, 12:30:45, buf[1::2], 00:00:5e:00:53:01", []),
    ],
)
def test_a_strange_address_is_recognised(text: str, strange: list[str]) -> None:
    assert [str(address) for address in addresses(text) if not is_known(address)] == strange


@pytest.mark.parametrize("path", texts())
def test_addresses_are_documentation_ones(path: str) -> None:
    strange = {str(address) for address in addresses(texts()[path]) if not is_known(address)}
    assert sorted(strange - set(SINGLE.get(path, ()))) == []


@pytest.mark.parametrize("what", PRIVATE)
def test_nothing_names_one_machine(what: str) -> None:
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        if PRIVATE[what].search(line)
    ]
    assert found == [], what


def test_files_of_the_package_stay_under_300_lines() -> None:
    long = {
        path: text.count("\n")
        for path, text in texts().items()
        if path.startswith("smtpsensor/") and path.endswith(".py") and text.count("\n") >= MOST_LINES
    }
    assert long == {}


def test_the_root_holds_only_what_people_and_tools_look_for_there() -> None:
    expected = {
        *(
            "smtpsensor",
            "rules",
            "pcaps",
            "tests",
            "grafana",
            "benchmarks",
            "scripts",
            "deploy",
            "docs",
            ".ci",
        ),
        *("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"),
        *("pyproject.toml", "Makefile", ".gitignore", ".gitattributes"),
    }
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} - expected == set()
