"""A mechanism nobody here knows: its lines are responses, and stay unread."""

from smtpsensor.smtp.sasl.base import Exchange


class Unknown(Exchange):
    """Keeps the place of an exchange; tells no name."""

    __slots__ = ()
