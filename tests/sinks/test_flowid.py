"""Community ID against its authors' own implementation; flow_id by its promises."""

from ipaddress import ip_address

import communityid
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpsensor.flowid import community_id, flow_id

PORT = st.integers(0, 65_535)
V4 = st.binary(min_size=4, max_size=4)
V6 = st.binary(min_size=16, max_size=16)
REFERENCE = communityid.CommunityID(seed=0)


def reference(src: bytes, dst: bytes, sport: int, dport: int) -> str:
    return REFERENCE.calc(communityid.FlowTuple.make_tcp(src, dst, sport, dport))


@given(st.one_of(st.tuples(V4, V4), st.tuples(V6, V6)), PORT, PORT)
def test_any_flow_has_the_reference_id_in_both_directions(
    addresses: tuple[bytes, bytes], sport: int, dport: int
) -> None:
    src, dst = addresses
    expected = reference(src, dst, sport, dport)
    assert community_id(src, dst, sport, dport) == expected
    assert community_id(dst, src, dport, sport) == expected


@pytest.mark.parametrize(
    ("src", "dst", "sport", "dport"),
    [
        ("198.51.100.7", "203.0.113.25", 40112, 587),
        ("203.0.113.25", "198.51.100.7", 587, 40112),
        ("192.0.2.1", "192.0.2.1", 587, 25),  # one address: the ports decide the order
        ("192.0.2.1", "192.0.2.1", 25, 25),
        ("2001:db8::1", "2001:db8::2", 65535, 0),
        ("::", "2001:db8::2", 1, 2),
    ],
)
def test_order_and_borders_equal_the_reference(src: str, dst: str, sport: int, dport: int) -> None:
    packed = ip_address(src).packed, ip_address(dst).packed
    assert community_id(*packed, sport, dport) == reference(*packed, sport, dport)


@given(st.binary(min_size=1, max_size=36), st.integers(-(2**70), 2**70))
def test_flow_id_is_exact_in_json_numbers_and_equal_on_every_call(key: bytes, ts: int) -> None:
    assert 0 <= flow_id(key, ts) < 2**53
    assert flow_id(key, ts) == flow_id(key, ts)


def test_flow_id_is_equal_on_every_run() -> None:
    assert flow_id(bytes(range(12)), 1_700_000_000_000_000_000) == 1_436_734_056_374_070


def test_flow_id_tells_apart_connections_that_share_ports_in_turn() -> None:
    ids = {flow_id(bytes(range(12)), ts) for ts in range(10_000)}
    assert len(ids) == 10_000
