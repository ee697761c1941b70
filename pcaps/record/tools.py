"""The tools people attack and work with, each from an address of its own, each failing and succeeding."""

import contextlib
import smtplib

from .accounts import ACCOUNTS
from .sasl import token
from .stage import Stage

ANNA, ANNAS = "anna@example.net", ACCOUNTS["anna@example.net"]
WRONG = "Regenschirm-8"


def hydra(stage: Stage, *mechanisms: str) -> None:
    """Guess with hydra: a list of passwords, a list of names, and each mechanism it speaks."""
    source = "198.51.100.51"
    stage.hydra(source, [ANNA], ["123456", "password", "qwerty", WRONG])
    stage.hydra(source, ["admin", ANNA], ["letmein", ANNAS], port=25)
    for mechanism in mechanisms:
        stage.hydra(source, [ANNA], [WRONG, ANNAS], how=mechanism)


def nmap(stage: Stage) -> None:
    """Guess with nmap's smtp-brute."""
    stage.nmap("198.51.100.52", ["admin", ANNA], ["letmein", ANNAS])


def swaks(stage: Stage, *mechanisms: str) -> None:
    """Send with swaks, with the wrong and the right password, and once inside TLS."""
    for mechanism in mechanisms:
        for password in (WRONG, ANNAS):
            stage.swaks("198.51.100.53", ANNA, password, mechanism)
    stage.swaks("198.51.100.53", ANNA, ANNAS, "PLAIN", tls=True)


def curl(stage: Stage, *mechanisms: str) -> None:
    """Send with curl, with the wrong and the right password or token, and once inside TLS."""
    for mechanism in mechanisms:
        right, wrong = (token(ANNA), token(ANNA, key=b"another")) if "OAUTH" in mechanism else (ANNAS, WRONG)
        for secret in (wrong, right):
            stage.curl("198.51.100.54", ANNA, secret, mechanism)
    stage.curl("198.51.100.54", ANNA, ANNAS, "PLAIN", tls=True)


def python(stage: Stage) -> None:
    """Log in with smtplib: `login` tries every mechanism it knows; `auth` one."""
    for password in (WRONG, ANNAS):
        with stage.smtplib("198.51.100.55") as smtp, contextlib.suppress(smtplib.SMTPAuthenticationError):
            smtp.login(ANNA, password)
            smtp.sendmail(ANNA, "list@example.org", "Subject: from smtplib\r\n\r\nHello")
    for initial in (True, False):
        with stage.smtplib("198.51.100.55", port=25) as smtp:
            smtp.user, smtp.password = ANNA, WRONG
            for mechanism, step in (("PLAIN", smtp.auth_plain), ("LOGIN", smtp.auth_login)):
                with contextlib.suppress(smtplib.SMTPAuthenticationError):
                    smtp.auth(mechanism, step, initial_response_ok=initial)


def postfix(stage: Stage) -> None:
    """Use every tool against Postfix."""
    hydra(stage, "PLAIN", "CRAM-MD5", "DIGEST-MD5")
    nmap(stage)
    swaks(stage, "PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5")
    curl(stage, "PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "OAUTHBEARER")
    python(stage)


def exim(stage: Stage) -> None:
    """Use every tool against Exim."""
    hydra(stage, "PLAIN", "CRAM-MD5", "NTLM")
    nmap(stage)
    swaks(stage, "PLAIN", "LOGIN", "CRAM-MD5", "NTLM")
    curl(stage, "PLAIN", "LOGIN", "CRAM-MD5", "NTLM")
    python(stage)
