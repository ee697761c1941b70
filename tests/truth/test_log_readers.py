"""The readers of the servers' logs, by lines as the servers write them: the truth needs tests as well."""

import pytest

from pcaps.record.client import Said
from pcaps.record.truth import Attempt, Dialogue, Truth, comparable
from pcaps.record.truth_logs import exim_dialogues, postfix_dialogues

POSTFIX = """\
Nov 24 20:41:45 mx postfix/submission/smtpd[199]: connect from unknown[198.51.100.7]:57610
Nov 24 20:41:45 mx postfix/submission/smtpd[199]: > unknown[198.51.100.7]:57610: 220 mx.example.net ESMTP
Nov 24 20:41:45 mx postfix/submission/smtpd[199]: < unknown[198.51.100.7]:57610: AUTH LOGIN
Nov 24 20:41:45 mx postfix/submission/smtpd[199]: > unknown[198.51.100.7]:57610: 334 VXNlcm5hbWU6
Nov 24 20:41:45 mx postfix/smtpd[200]: connect from unknown[2001:db8::9]:1025
Nov 24 20:41:45 mx postfix/smtpd[200]: < unknown[2001:db8::9]:1025: auth plain AGEAYg==
Nov 24 20:41:45 mx postfix/submission/smtpd[199]: < unknown[198.51.100.7]:57610: YW5uYQ==
Nov 24 20:41:45 mx postfix/submission/smtpd[199]: > unknown[198.51.100.7]:57610: 334 UGFzc3dvcmQ6
Nov 24 20:41:45 mx postfix/submission/smtpd[199]: < unknown[198.51.100.7]:57610: YmFk
Nov 24 20:41:46 mx postfix/smtpd[200]: xsasl_dovecot_handle_reply: auth reply: OK?1?user=a
Nov 24 20:41:46 mx postfix/smtpd[200]: > unknown[2001:db8::9]:1025: 235 2.7.0 Authentication successful
Nov 24 20:41:46 mx postfix/submission/smtpd[199]: xsasl_dovecot_handle_reply: auth reply: FAIL?2?user=anna
Nov 24 20:41:46 mx postfix/submission/smtpd[199]: > unknown[198.51.100.7]:57610: 535 5.7.8 Error: no
Nov 24 20:41:46 mx postfix/submission/smtpd[199]: < unknown[198.51.100.7]:57610: AUTH PLAIN
Nov 24 20:41:46 mx postfix/submission/smtpd[199]: > unknown[198.51.100.7]:57610: 334\x20
Nov 24 20:41:46 mx postfix/submission/smtpd[199]: disconnect from unknown[198.51.100.7]:57610 ehlo=1 auth=0/2
Nov 24 20:41:46 mx postfix/smtpd[200]: disconnect from unknown[2001:db8::9]:1025 auth=1
"""

EXIM = """\
   39   SMTP connection from [198.51.100.7]:49838 I=[203.0.113.25]:587 (TCP/IP connection count = 1)
   43 Process 43 is handling incoming connection from [198.51.100.7]:49838
   43 SMTP>> 220 mx.example.net ESMTP Exim
   43 SMTP<< AUTH PLAIN AGrDvHJnZW4AYmFk
   43 SMTP>> 535 Incorrect authentication data
   43 LOG: MAIN REJECT
   43   plain authenticator failed for [198.51.100.7]: 535 no (set_id=j\\303\\274rgen)
   43 SMTP<< AUTH LOGIN
   43 SMTP>> 334 VXNlcm5hbWU6
   43 SMTP<< *
   43 SMTP>> 501 Authentication cancelled
   43 SMTP<< AUTH PLAIN AGFubmEAcHc=
   43 SMTP>> 235 Authentication succeeded
   43 SMTP<< STARTTLS
   43 SMTP>> 220 TLS go ahead
   43 SMTP<< AUTH PLAIN AGFubmEAcHc=
   43 SMTP>> 503 already authenticated
   43   no MAIL in SMTP connection from [198.51.100.7]:49838 I=[203.0.113.25]:587 A=plain:anna C=EHLO
   43 >>>>>>>>>>>>>>>> Exim pid=43 (daemon-accept) terminating with rc=0 >>>>>>>>>>>>>>>>
"""


def test_postfix_lines_of_two_processes_are_kept_apart() -> None:
    first, second = postfix_dialogues(POSTFIX.splitlines())
    source = "198.51.100.7"
    assert first.attempts == [
        Attempt(source, 57610, 587, "LOGIN", "failure", 535, "anna", "dovecot"),
        Attempt(source, 57610, 587, "PLAIN", "aborted", None, None, None),
    ]
    assert second.attempts == [Attempt("2001:db8::9", 1025, 25, "PLAIN", "success", 235, "a", "dovecot")]


def test_exim_lines_with_a_cancelled_attempt_and_one_inside_tls() -> None:
    (dialogue,) = exim_dialogues(EXIM.splitlines())
    source = "198.51.100.7"
    assert dialogue.attempts == [
        Attempt(source, 49838, 587, "PLAIN", "failure", 535, "jürgen", "exim set_id"),
        Attempt(source, 49838, 587, "LOGIN", "cancelled", 501, None, None),
        Attempt(source, 49838, 587, "PLAIN", "success", 235, "anna", "exim A="),
    ]
    assert dialogue.hidden == 1


def judged(name: str | None, code: int = 535) -> Dialogue:
    dialogue = Dialogue("192.0.2.1", 1025, 25)
    dialogue.client("AUTH PLAIN AAAA")
    if name:
        dialogue.named(name, "dovecot")
    dialogue.server(f"{code} so it is")
    return dialogue


@pytest.mark.parametrize(
    ("logged", "sent", "name", "name_from"),
    [
        ("anna", "anna", "anna", "dovecot"),
        (None, "anna", "anna", "client"),
        ("a", "a b", "a b", "client (the log says 'a')"),
        (None, None, None, None),
    ],
)
def test_the_client_completes_what_the_log_leaves_out(
    logged: str | None, sent: str | None, name: str | None, name_from: str | None
) -> None:
    truth = Truth.of([judged(logged)], [Said("192.0.2.1", 1025, "PLAIN", sent, 535)])
    assert (truth.attempts[0].name, truth.attempts[0].name_from) == (name, name_from)


@pytest.mark.parametrize(
    "said",
    [
        [Said("192.0.2.1", 1025, "PLAIN", "anna", 235)],
        [Said("192.0.2.1", 1025, "LOGIN", "anna", 535)],
        [Said("192.0.2.1", 1025, "PLAIN", "anna", 535)] * 2,
    ],
    ids=["verdict", "mechanism", "number"],
)
def test_client_and_log_that_contradict_each_other_are_no_truth(said: list[Said]) -> None:
    with pytest.raises(ValueError, match="logged"):
        Truth.of([judged("anna")], said)


def test_a_reset_connection_has_no_verdict_whatever_the_server_wrote() -> None:
    truth = Truth.of([judged("anna")], [Said("192.0.2.1", 1025, "PLAIN", "anna", reset=True)])
    assert (truth.attempts[0].outcome, truth.attempts[0].code) == ("aborted", None)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (235, "success"),
        (535, "failure"),
        (538, "failure"),
        (554, "failure"),
        (432, "failure"),
        (454, "temporary"),
        (421, "temporary"),
        (501, "rejected"),
        (503, "rejected"),
        (504, "rejected"),
        (530, "rejected"),
    ],
)
def test_codes_and_outcomes(code: int, outcome: str) -> None:
    assert judged("anna", code).attempts[0].outcome == outcome


def test_two_recordings_are_compared_without_ports_and_across_sources() -> None:
    one = {"server_port": 25, "mechanism": "PLAIN", "outcome": "failure", "code": 535, "name": "anna"}
    first = [{**one, "source": "192.0.2.1", "port": 1}, {**one, "source": "192.0.2.2", "port": 2}]
    second = [{**one, "source": "192.0.2.2", "port": 3}, {**one, "source": "192.0.2.1", "port": 4}]
    assert comparable(first) == comparable(second)
    assert comparable(first) != comparable([{**row, "name": "bert"} for row in second])
