"""Every limit of detection, each with its reason. The floods in tests/detect reach them all."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caps:
    """Caps on what attempts can grow."""

    # Records of one table (one grouping of attempts): the sources of a busy week, at most 1 kB each.
    records: int = 32_768
    # The largest number of distinct things that a threshold may ask for: a record has to keep as many.
    values: int = 256
    # Distinct values of a kind kept by one record before it alerts, if no threshold asks for more: 5 kB.
    kept: int = 50
    # Alerts at once, of one rule: more than anybody reads. A flood fills one rule and leaves the others room.
    active: int = 512
    # An alert that was silent for so long (ns) leaves for another of its rule when there is no room.
    silent: int = 60_000_000_000
    # Distinct sources, names, networks and secrets counted by one alert, and by all of them: 100 octets each.
    distinct: int = 8_192
    distinct_total: int = 131_072
    # Members listed by name in an alert: what a person reads; the numbers beyond are counted.
    members: int = 32
    # Other alerts that one points to.
    related: int = 16
    # (source, name) pairs whose failures are remembered to tell a tool from a stale device.
    pairs: int = 32_768
