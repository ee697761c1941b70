"""Frames in, events out: one way, one pipeline, whatever the source."""

from smtpsensor.capture.types import Batch
from smtpsensor.config import Settings
from smtpsensor.decode.decoder import Decoder
from smtpsensor.events import Event
from smtpsensor.pump import Pump
from smtpsensor.reassembly.control import Connections
from smtpsensor.smtp.context import Context
from smtpsensor.stats import Stats
from smtpsensor.tagging import Tagger, new_key


class Pipeline:
    """Takes batches of frames; `events` fills up, the caller empties it whenever it likes."""

    def __init__(self, settings: Settings | None = None, stats: Stats | None = None) -> None:
        settings = settings or Settings()
        self.stats = stats or Stats()
        self.events: list[Event] = []
        tagger = Tagger(settings.secret_key or new_key())
        self.context = Context(self.events.append, settings.limits, self.stats, tagger)
        self.table = Connections(settings, self.context)
        self._decoder = Decoder(settings.limits, self.stats)
        ports = settings.smtp_ports | settings.implicit_tls_ports
        self._pump = Pump(self.table, self._decoder, self.stats, ports)

    def feed(self, batch: Batch) -> None:
        """Take every frame of `batch`. Raises nothing for what is on the wire."""
        self._pump.run(batch)

    def used(self) -> dict[str, int]:
        """Return what is taken of the caps in `Limits`, by their names; from any thread, without waiting."""
        connections, closed, held = self.table.sizes
        fragments, octets = self._decoder.fragments
        return {
            "connections": connections,
            "closed_entries": closed,
            "held_total": held,
            "fragments": fragments,
            "fragment_bytes": octets,
            "repeats": len(self.context.repeats),
        }

    def finish(self) -> None:
        """Report everything still open: the input ended."""
        self._decoder.finish()
        self.table.finish()

    def drain(self) -> list[Event]:
        """Return the events since the last call, and forget them."""
        events = self.events[:]
        self.events.clear()
        return events
