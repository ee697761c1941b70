"""smtpsensor: passive sensor for attacks on SMTP logins."""

__version__ = "0.1.0"
