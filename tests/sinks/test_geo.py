"""`--mmdb`: what a database knows of a source, and every way for a file not to be one."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sinks.samples import alert, anomaly, auth, flow, session
from support.mmdb import database
from support.tree import ROOT

from smtpsensor.sinks.ecs import EcsWriter
from smtpsensor.sinks.eve import EveWriter
from smtpsensor.sinks.geo import Geo, GeoError, Place

ALL_KNOWN = {
    "country": {"iso_code": "DE", "names": {"en": "Germany"}},
    "autonomous_system_number": 64_500,
    "autonomous_system_organization": "Example Networks",
}
COUNTRIES = {
    "198.51.100.0/25": {"country": {"iso_code": "DE"}, "registered_country": {"iso_code": "FR"}},
    "198.51.100.128/25": {"registered_country": {"iso_code": "FR"}},
    "203.0.113.7/32": {"country": {"iso_code": "NL"}},
    "2001:db8::/48": {"country": {"iso_code": "SE"}},
    "192.0.2.0/24": {"continent": {"code": "EU"}},
}
SYSTEMS = {
    "198.51.100.0/24": {
        "autonomous_system_number": 64_500,
        "autonomous_system_organization": "Example Networks",
    },
    "2001:db8::/48": {"autonomous_system_number": 4_200_000_000},
}
Make = Callable[..., str]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """`make(records)`: the path of a database."""

    def made(records: Any, **options: Any) -> str:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.mmdb"
        path.write_bytes(records if isinstance(records, bytes) else database(records, **options))
        return str(path)

    return made


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("198.51.100.7", Place("DE", 64_500, "Example Networks")),
        ("198.51.100.200", Place("FR", 64_500, "Example Networks")),  # where it is registered, else nothing
        ("203.0.113.7", Place("NL", None, None)),
        ("203.0.113.8", None),
        ("2001:db8::7", Place("SE", 4_200_000_000, None)),
        ("2001:db8:1::7", None),
        ("192.0.2.1", None),  # it is in there, with nothing of use
    ],
)
def test_country_and_operator_from_two_files(address: str, place: Place | None, make: Make) -> None:
    geo = Geo(make(COUNTRIES, kind="GeoLite2-Country"), make(SYSTEMS, kind="GeoLite2-ASN"))
    assert geo.of(address) == place
    assert geo.of(address) == place  # and from the cache
    geo.close()


def test_the_first_file_that_knows_is_taken(make: Make) -> None:
    mine = make({"198.51.100.0/24": {"country": {"iso_code": "AT"}}})
    assert Geo(mine, make(COUNTRIES)).of("198.51.100.7") == Place("AT", None, None)
    assert Geo(make(COUNTRIES), mine).of("198.51.100.7") == Place("DE", None, None)


@pytest.mark.parametrize(
    ("record", "place"),
    [
        ({"country": "DE", "asn": "AS64500", "as_name": "Example"}, Place("DE", 64_500, "Example")),
        ({"country": "Germany", "country_code": "DE"}, Place("DE", None, None)),
        ({"asn": "64500"}, Place(None, 64_500, None)),
        ({"country_code": "de", "asn": "ASx", "as_name": ""}, None),
        ({"country": {"iso_code": 49}, "autonomous_system_number": 2**40}, None),
        ({"country": ["DE"], "asn": "AS" + "9" * 300}, None),
        ({"as_name": "a\x1b[2J\nb"}, Place(None, None, "a\\x1b[2J\\x0ab")),
        ("DE", None),
        (["DE"], None),
    ],
)
def test_records_of_other_forms(record: Any, place: Place | None, make: Make) -> None:
    """IPinfo's flat names; and types that nobody promised."""
    assert Geo(make({"198.51.100.0/24": record})).of("198.51.100.7") == place


def test_a_long_name_is_cut(make: Make) -> None:
    place = Geo(make({"198.51.100.0/24": {"as_name": "x" * 5_000}})).of("198.51.100.7")
    assert place is not None
    assert place.org is not None
    assert len(place.org) <= 128


@pytest.mark.parametrize("address", ["2001:db8::7", "no address", "", "fe80::1%eth0"])
def test_an_address_that_a_database_cannot_hold_is_not_known(address: str, make: Make) -> None:
    geo = Geo(make({"198.51.100.0/24": ALL_KNOWN}, version=4))
    assert geo.of("198.51.100.7") == Place("DE", 64_500, "Example Networks")
    assert geo.of(address) is None
    assert geo.damaged == 0


def test_a_flood_of_addresses_does_not_grow_the_cache_without_end(make: Make) -> None:
    geo = Geo(make(COUNTRIES))
    for number in range(70_000):
        geo.of(f"198.18.{number >> 8 & 255}.{number & 255}:{number >> 16}")
    assert len(geo._known) <= 65_536


def said(*paths: str) -> str:
    with pytest.raises(GeoError) as caught:
        Geo(*paths)
    return str(caught.value)


FIX = "name a .mmdb file, such as GeoLite2-Country.mmdb"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"a text file\n",
        b"\xab\xcd\xefMaxMind.com",
        b"PK\x03\x04" + bytes(2_000),
        database(COUNTRIES)[:-100],
        database(COUNTRIES).replace(
            b"binary_format_major_version\xa1\x02", b"binary_format_major_version\xa1\x07"
        ),
    ],
    ids=["empty", "zeros", "text", "marker alone", "zip", "cut", "format 7"],
)
def test_a_file_that_is_none_says_so_in_one_line(content: bytes, make: Make) -> None:
    path = make(content)
    assert said(path) == f"{path}: is no MaxMind database, or not a whole one; {FIX}"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "none.mmdb"
    assert said(str(path)) == f"{path}: no such file or directory; {FIX}"


def test_a_folder(tmp_path: Path) -> None:
    assert said(str(tmp_path)) == f"{tmp_path}: is no file; {FIX}"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert said(str(tmp_path / "pipe")).endswith(f"pipe: is no file; {FIX}")


def test_a_file_that_may_not_be_read(make: Make) -> None:
    path = make(COUNTRIES)
    Path(path).chmod(0)
    program = (
        "import os\n"
        "from smtpsensor.sinks.geo import Geo, GeoError\n"
        "if os.geteuid() == 0:\n"
        "    import maxminddb\n"
        "    os.setresgid(65534, 65534, 65534)\n"
        "    os.setresuid(65534, 65534, 65534)\n"
        "try:\n"
        f"    Geo({path!r})\n"
        "except GeoError as error:\n"
        "    print(error.reason)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "permission denied\n"


@pytest.mark.parametrize("name", ["a\0b", "a" * 5_000])
def test_a_name_that_no_file_can_have(name: str) -> None:
    assert "\n" not in said(name)


def test_the_second_file_is_checked_too(make: Make, tmp_path: Path) -> None:
    assert "none.mmdb" in said(make(COUNTRIES), str(tmp_path / "none.mmdb"))


def test_without_the_library_it_says_how_to_get_it(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(COUNTRIES)
    monkeypatch.setitem(sys.modules, "maxminddb", None)
    told = "reading it needs the package maxminddb; install it: pip install 'smtpsensor[geo]'"
    assert said(path) == f"{path}: {told}"


def test_a_record_that_cannot_be_read_is_counted_and_not_known(make: Make) -> None:
    """Text that is no UTF-8 where a country should be, in the middle of a file that opened well."""
    geo = Geo(make({"198.51.100.0/24": {"as_name": b"\xff\xfe"}, "203.0.113.0/24": ALL_KNOWN}))
    assert geo.of("198.51.100.7") is None
    assert geo.damaged == 1
    assert geo.of("203.0.113.7") == Place("DE", 64_500, "Example Networks")


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6))
def test_a_damaged_file_never_raises_but_at_the_start(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, int]]
) -> None:
    content = bytearray(database(SYSTEMS, version=6))
    for at, octet in damage:
        content[-1 - at % len(content)] = octet
    path = tmp_path_factory.getbasetemp() / "damaged.mmdb"
    path.unlink(missing_ok=True)  # an open one is mapped: it must not change under its reader
    path.write_bytes(content)
    try:
        geo = Geo(str(path))
    except GeoError:
        return
    for address in ("198.51.100.7", "2001:db8::7", "203.0.113.1"):
        found = geo.of(address)
        assert found is None or isinstance(found, Place)
    geo.close()


def line(writer_class: type[EveWriter | EcsWriter], event: object, geo: Geo | None) -> dict[str, Any]:
    out = io.BytesIO()
    writer = writer_class(out, "sensor1", geo)
    writer.write(event)
    writer.flush()
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.mark.parametrize("event", [auth(), session(), anomaly(), alert()])
def test_every_line_tells_where_the_client_is(event: object, make: Make) -> None:
    geo = Geo(make({"198.51.100.0/24": ALL_KNOWN}))
    assert line(EveWriter, event, geo)["src_geo"] == {
        "country": "DE",
        "asn": 64_500,
        "org": "Example Networks",
    }
    source = line(EcsWriter, event, geo)["source"]
    assert source["geo"] == {"country_iso_code": "DE"}
    assert source["as"] == {"number": 64_500, "organization": {"name": "Example Networks"}}


def test_what_is_not_known_is_left_out(make: Make) -> None:
    geo = Geo(make(COUNTRIES))
    event = auth(flow=flow(src="203.0.113.7"))
    assert line(EveWriter, event, geo)["src_geo"] == {"country": "NL"}
    assert "as" not in line(EcsWriter, event, geo)["source"]
    for place in (geo, None):
        other = auth(flow=flow(src="203.0.113.9"))
        assert "src_geo" not in line(EveWriter, other, place)
        assert not {"geo", "as"} & set(line(EcsWriter, other, place)["source"])
