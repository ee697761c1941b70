"""EXTERNAL (RFC 4422 appendix A) and ANONYMOUS (RFC 4505)."""

import pytest
from sasl.dialogue import b64, talk

from smtpsensor.smtp.sasl import Credentials


def test_rfc_4505_example() -> None:
    assert talk("C: AUTH ANONYMOUS c2lyaGM=").credentials() == Credentials("sirhc")


@pytest.mark.parametrize("mechanism", ["EXTERNAL", "ANONYMOUS"])
@pytest.mark.parametrize(
    ("case", "response", "expected"),
    [
        ("as sent", b64("anna@example.net"), Credentials("anna@example.net")),
        ("empty", "=", Credentials("")),
        ("no base64", "anna@example.net", Credentials(malformed=True)),
        ("padding left out", "YW5uYQ", Credentials("anna", malformed=True)),
    ],
)
def test_initial_response(mechanism: str, case: str, response: str, expected: Credentials) -> None:
    exchange = talk(f"C: AUTH {mechanism} {response}")
    assert exchange.credentials() == expected, case
    assert exchange.complete


def test_empty_response_to_the_challenge() -> None:
    exchange = talk("C: AUTH EXTERNAL\nS: 334")
    assert exchange.credentials() == Credentials()
    exchange.client(b"")
    assert exchange.credentials() == Credentials("")
