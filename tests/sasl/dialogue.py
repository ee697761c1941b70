"""AUTH exchanges as transcripts, and the hunt for secrets in what is left of them."""

import base64
import gc
from collections.abc import Iterator
from types import BuiltinFunctionType, FunctionType, ModuleType

from smtpsensor.smtp.sasl import Exchange, start
from smtpsensor.tagging import Tagger

TAGGER = Tagger(b"a key of the tests")


def b64(message: str | bytes) -> str:
    """Encode a message as it goes over the wire."""
    raw = message.encode() if isinstance(message, str) else message
    return base64.b64encode(raw).decode()


def talk(transcript: str) -> Exchange:
    """Play an exchange: `C: AUTH MECHANISM [initial]`, `S: 334 challenge`, `C: response`, `-- lost`."""
    exchange: Exchange | None = None
    for line in transcript.strip().split("\n"):
        side, text = line.strip()[:2], line.strip()[3:]
        if side == "C:" and exchange is None:
            _, mechanism, *initial = text.split(" ", 2)
            exchange = start(mechanism.encode(), TAGGER)
            for response in initial:
                exchange.client(response.encode())
            continue
        assert exchange is not None
        if side == "C:":
            exchange.client(text.encode())
        elif side == "S:":
            assert text.startswith("334"), "a verdict does not come through an exchange"
            exchange.server(text[4:].encode())
        else:
            assert line.strip() == "-- lost"
            exchange.lost()
    assert exchange is not None
    return exchange


def username(transcript: str) -> str | None:
    return talk(transcript).credentials().username


def reachable(root: object) -> Iterator[object]:
    """Give every object that `root` keeps alive, code and types left out."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        here = waiting.pop()
        if id(here) in seen or isinstance(here, type | ModuleType | FunctionType | BuiltinFunctionType):
            continue
        seen.add(id(here))
        yield here
        waiting += gc.get_referents(here)


def forms(secret: bytes) -> list[bytes]:
    """Return what may be left of a secret: plain, UTF-16, hex, base64 at each of its three offsets."""
    found = [secret, secret.hex().encode(), b"\0".join(bytes([octet]) for octet in secret)]
    for offset in range(3):
        # The letters that do not depend on the neighbours.
        encoded = base64.b64encode(b"\0" * offset + secret)
        found.append(encoded[(0, 2, 3)[offset] : -4].rstrip(b"="))
    return found


def leaks(root: object, secret: bytes) -> list[str]:
    """Return the objects reachable from `root`, its repr included, that hold the secret in some form."""
    hunted = forms(secret)
    found = []
    for thing in [*reachable(root), repr(root)]:
        if isinstance(thing, str):
            raw = thing.encode("utf-8", "surrogatepass")
        elif isinstance(thing, bytes | bytearray | memoryview):
            raw = bytes(thing)
        else:
            continue
        if any(form in raw for form in hunted):
            found.append(f"{type(thing).__name__} {raw[:80]!r}")
    return found
