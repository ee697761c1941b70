"""Tell a guess from a mistake: what a failure says depends on what this source failed with before."""

from smtpsensor.detect.caps import Caps
from smtpsensor.detect.facts import Facts
from smtpsensor.events import Outcome

# From so many different passwords on one name on, a changed password is a guess even if it failed before: a
# tool going through its list again. A person's devices hold two or three old passwords between them.
TOOL = 5


class Guessing:
    """Marks guesses: failures with a secret that this source has not failed with on this name before.

    A failure whose secret cannot be seen is one as well. The same wrong password again is none, unless the
    source has tried `TOOL` on the name and goes from one to another. A login begins anew.
    """

    __slots__ = ("_cap", "_pairs", "evicted")

    def __init__(self, caps: Caps) -> None:
        self._cap = caps.pairs
        # (source, name) -> fresh failures; and the last secret, once they are many
        self._pairs: dict[tuple[str, str], tuple[int, int | None]] = {}
        self.evicted = 0

    @property
    def entries(self) -> int:
        """Return how many pairs are remembered."""
        return len(self._pairs)

    def judge(self, facts: Facts) -> None:
        """Set `facts.guess`."""
        name = facts.username
        if facts.outcome is not Outcome.FAILURE:
            if name is not None and facts.outcome is Outcome.SUCCESS:
                self._pairs.pop((facts.source, name), None)
            return
        fresh = facts.event.repeated is not True
        facts.guess = fresh
        if name is None:
            return
        key = (facts.source, name)
        pairs = self._pairs
        known = pairs.get(key)
        if known is None:
            if fresh:
                if len(pairs) >= self._cap:
                    self._forget()
                pairs[key] = (1, facts.secret)
            return
        tried, last = known
        if not fresh:
            facts.guess = tried >= TOOL and facts.secret != last
        pairs[key] = (tried + fresh, facts.secret)

    def _forget(self) -> None:
        """Let the older half of those go that tried least: a tool's pairs stay."""
        pairs = self._pairs
        few = [key for key, (tried, _) in pairs.items() if tried < TOOL] or list(pairs)
        for key in few[: len(few) // 2 + 1]:
            del pairs[key]
        self.evicted += len(few) // 2 + 1
