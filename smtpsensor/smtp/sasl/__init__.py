"""SASL mechanisms as they are seen in SMTP AUTH. A new one is a file here and a line in MECHANISMS."""

from smtpsensor.smtp.sasl.base import Credentials, Exchange
from smtpsensor.smtp.sasl.cram import Cram
from smtpsensor.smtp.sasl.digest import Digest
from smtpsensor.smtp.sasl.external import AsSent
from smtpsensor.smtp.sasl.gssapi import Gssapi
from smtpsensor.smtp.sasl.login import Login
from smtpsensor.smtp.sasl.ntlm import Ntlm
from smtpsensor.smtp.sasl.oauth import OAuthBearer, XOAuth2
from smtpsensor.smtp.sasl.plain import Plain
from smtpsensor.smtp.sasl.scram import Scram
from smtpsensor.smtp.sasl.unknown import Unknown
from smtpsensor.tagging import Tagger
from smtpsensor.text import LIMIT

__all__ = ["MECHANISMS", "OTHER", "Credentials", "Exchange", "name", "start"]

MECHANISMS: dict[str, type[Exchange]] = {
    "PLAIN": Plain,
    "LOGIN": Login,
    "CRAM-MD5": Cram,
    "CRAM-SHA1": Cram,  # Courier's
    "CRAM-SHA256": Cram,
    "DIGEST-MD5": Digest,
    "NTLM": Ntlm,
    "SCRAM-SHA-1": Scram,
    "SCRAM-SHA-1-PLUS": Scram,
    "SCRAM-SHA-256": Scram,
    "SCRAM-SHA-256-PLUS": Scram,
    "SCRAM-SHA-512": Scram,
    "SCRAM-SHA-512-PLUS": Scram,
    "SCRAM-SHA3-512": Scram,
    "SCRAM-SHA3-512-PLUS": Scram,
    "XOAUTH2": XOAuth2,
    "OAUTHBEARER": OAuthBearer,
    "EXTERNAL": AsSent,
    "ANONYMOUS": AsSent,
    "GSSAPI": Gssapi,
    "GSS-SPNEGO": Gssapi,
    "NEGOTIATE": Gssapi,  # GSS-SPNEGO by HTTP's name for it
}

OTHER = "OTHER"  # stands for what is no mechanism name
_NAME_OCTETS = 20  # RFC 4422 section 3.1: 1*20, letters, digits, hyphen, underscore
_NAME_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

_BY_OCTETS = {known.encode(): (known, family) for known, family in MECHANISMS.items()}


def start(mechanism: bytes, tagger: Tagger, limit: int = LIMIT) -> Exchange:
    """Begin an exchange for the word after AUTH; names in it get at most `limit` octets."""
    known = _BY_OCTETS.get(mechanism.upper())
    if known is not None:
        return known[1](known[0], tagger, limit)
    word = name(mechanism)
    family = Scram if word.startswith("SCRAM-") else Unknown  # any hash, RFC 5802 section 4
    return family(word, tagger, limit)


def name(mechanism: bytes) -> str:
    """Return the mechanism's name in capitals, or OTHER if it is none by RFC 4422 section 3.1.

    A word of mixed case that is no known name counts as none: a client out of step sends base64 there, and
    what may be a password is not repeated.
    """
    capitals = mechanism.upper()
    if capitals in _BY_OCTETS:
        return _BY_OCTETS[capitals][0]
    if not 0 < len(mechanism) <= _NAME_OCTETS or capitals.strip(_NAME_LETTERS):
        return OTHER
    return capitals.decode("ascii") if mechanism in (capitals, mechanism.lower()) else OTHER
