"""Country and network operator of a source, from database files in MaxMind's format (MaxMind DB 2.0).

Files of GeoLite2, GeoIP2 and DB-IP are read by their common field names, those of IPinfo by its own. Country
and operator come in two files from most publishers, so several can be given; the first that knows is taken.
"""

import os
import stat
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from smtpsensor.text import harmless_text

if TYPE_CHECKING:
    from maxminddb import Reader

# One entry per source of a busy day, 200 octets each; beyond, the cache starts anew.
_CACHE = 65_536
_ORGANIZATION = 128  # characters; the file may hold anything
_UINT32 = 2**32


class GeoError(Exception):
    """A database cannot be used: `path`, `reason` and `fix`, each one line without an end."""

    def __init__(self, path: str, reason: str, fix: str) -> None:
        super().__init__(f"{path}: {reason}; {fix}")
        self.path = path
        self.reason = reason
        self.fix = fix


class Place(NamedTuple):
    """Where an address belongs; None is not known."""

    country: str | None  # ISO 3166-1, two capitals
    asn: int | None  # number of the autonomous system
    org: str | None  # who runs it, made harmless


class Geo:
    """Looks addresses up in open databases. A lookup never raises; `damaged` counts those that failed."""

    def __init__(self, *paths: str) -> None:
        """Open every database. Raises GeoError."""
        self._readers: list[Reader] = [_open(path) for path in paths]
        self._known: dict[str, Place | None] = {}
        self.damaged = 0

    def of(self, address: str) -> Place | None:
        """Return what is known of an IPv4 or IPv6 address in text form; None if nothing is."""
        try:
            return self._known[address]
        except KeyError:
            pass
        if len(self._known) >= _CACHE:
            self._known.clear()
        found = self._known[address] = self._look_up(address)
        return found

    def close(self) -> None:
        """Close the files; what was looked up stays known."""
        for reader in self._readers:
            reader.close()
        self._readers.clear()

    def _look_up(self, address: str) -> Place | None:
        country = asn = org = None
        for reader in self._readers:
            record = self._record(reader, address)
            country = country or _country(record)
            asn = _asn(record) if asn is None else asn
            org = org or _organization(record)
        return None if country is None and asn is None and org is None else Place(country, asn, org)

    def _record(self, reader: "Reader", address: str) -> Mapping[str, Any]:
        try:
            record = reader.get(address)
        except ValueError as error:
            # An IPv6 address in a database of IPv4, or text that is no address; or text in it is no UTF-8.
            self.damaged += isinstance(error, UnicodeError)
            return {}
        except Exception:  # noqa: BLE001 - a damaged file fails in many ways, and events must go on
            self.damaged += 1
            return {}
        return record if isinstance(record, dict) else {}


def _open(path: str) -> "Reader":
    try:
        import maxminddb  # noqa: PLC0415 - an extra, only where asked for
    except ImportError:
        raise GeoError(
            path, "reading it needs the package maxminddb", "install it: pip install 'smtpsensor[geo]'"
        ) from None
    fix = "name a .mmdb file, such as GeoLite2-Country.mmdb"
    try:
        regular = stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - a pipe would be waited for
        if regular:
            with open(path, "rb"):  # noqa: PTH123 - the library calls a file that may not be read no database
                return maxminddb.open_database(path)
    except OSError as error:
        raise GeoError(path, (error.strerror or str(error)).lower(), fix) from None
    except Exception:  # noqa: BLE001 - as many errors as there are ways not to be one
        raise GeoError(path, "is no MaxMind database, or not a whole one", fix) from None
    raise GeoError(path, "is no file", fix)


def _country(record: Mapping[str, Any]) -> str | None:
    for name in ("country", "registered_country"):
        held = record.get(name)
        code = held.get("iso_code") if isinstance(held, dict) else held
        if _is_code(code):
            return str(code)
    code = record.get("country_code")
    return str(code) if _is_code(code) else None


def _is_code(value: object) -> bool:
    return (
        isinstance(value, str) and len(value) == 2 and value.isascii() and value.isalpha() and value.isupper()
    )


def _asn(record: Mapping[str, Any]) -> int | None:
    number = record.get("autonomous_system_number", record.get("asn"))
    if isinstance(number, str):
        digits = number.removeprefix("AS")
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else None
    return number if type(number) is int and 0 <= number < _UINT32 else None


def _organization(record: Mapping[str, Any]) -> str | None:
    for name in ("autonomous_system_organization", "as_name"):
        text = record.get(name)
        if isinstance(text, str) and text:
            return harmless_text(text, _ORGANIZATION)
    return None
