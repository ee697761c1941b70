"""Keyed tags: equal for equal secrets under one key, nothing else."""

import gc
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpsensor.tagging import Tagger, new_key

KEY = bytes(range(32))


def test_is_keyed_blake2b_of_64_bits() -> None:
    expected = blake2b(b"sesame", key=KEY, digest_size=8).digest()
    assert Tagger(KEY).tag(b"sesame") == int.from_bytes(expected, "big")


def test_another_key_gives_another_tag() -> None:
    assert Tagger(KEY).tag(b"sesame") != Tagger(KEY[::-1]).tag(b"sesame")


def test_keys_are_new_each_time() -> None:
    assert len({new_key() for _ in range(8)}) == 8
    assert len(new_key()) == 32


@pytest.mark.parametrize("key", [b"", bytes(65)])
def test_key_of_impossible_length(key: bytes) -> None:
    with pytest.raises(ValueError, match="key"):
        Tagger(key)


def test_shows_and_keeps_neither_key_nor_secret() -> None:
    tagger = Tagger(KEY)
    tagger.tag(b"sesame")
    assert repr(tagger) == str(tagger) == "Tagger()"
    assert not [thing for thing in gc.get_referents(tagger) if isinstance(thing, bytes | str)]


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_tags_agree_exactly_where_secrets_do(one: bytes, other: bytes) -> None:
    tagger = Tagger(KEY)
    assert (tagger.tag(one) == tagger.tag(other)) == (one == other)
    assert 0 <= tagger.tag(one) < 2**64
