"""Tell a guess from a mistake: what a failure says depends on what this source did on the name before."""

from typing import NamedTuple

from smtpsensor.detect.caps import Caps
from smtpsensor.detect.facts import Facts
from smtpsensor.events import Outcome

# From so many different passwords on one name on, a changed password is a guess even if it failed before: a
# tool going through its list again. A person's devices hold two or three old passwords between them.
TOOL = 5
# So many different passwords in a row are mistakes on a name that this source has logged in with before.
TYPOS = 4


class Pair(NamedTuple):
    """One source on one name, since its last login."""

    home: bool  # it has logged in
    fresh: int  # failures with a secret that had not failed before
    unseen: int  # guesses whose secret could not be seen
    hidden: int  # failures whose secret could not be seen
    visible: int  # ... and those whose could
    last: int | None  # the last secret


_NEW = Pair(home=False, fresh=0, unseen=0, hidden=0, visible=0, last=None)
_HOME = Pair(home=True, fresh=0, unseen=0, hidden=0, visible=0, last=None)


class Guessing:
    """Marks guesses: failures with a secret that this source has not failed with on this name before.

    - A failure whose secret cannot be seen is one as far as such failures outnumber those that can be seen,
      and one that can be seen as far as these outnumber the guesses before: a client may try one password by
      CRAM-MD5, then by PLAIN, then by LOGIN.
    - The same wrong password again is none, unless the source has tried `TOOL` on the name and goes from one
      to another.
    - Where the source has logged in as this name, `TYPOS` different ones in a row are mistakes. A login
      begins anew.
    """

    __slots__ = ("_cap", "_pairs", "evicted")

    def __init__(self, caps: Caps) -> None:
        self._cap = caps.pairs
        self._pairs: dict[tuple[str, str], Pair] = {}
        self.evicted = 0

    @property
    def entries(self) -> int:
        """Return how many pairs are remembered."""
        return len(self._pairs)

    def judge(self, facts: Facts) -> None:
        """Set `facts.guess`."""
        name = facts.username
        if facts.outcome is not Outcome.FAILURE:
            if name is not None and facts.came_in:
                self._put((facts.source, name), _HOME)
            return
        new = facts.event.repeated is not True
        if name is None:
            facts.guess = new
            return
        key = (facts.source, name)
        if facts.is_token:
            new = key not in self._pairs
        home, fresh, unseen, hidden, visible, last = self._pairs.get(key, _NEW)
        secret = facts.secret
        if secret is None:
            hidden += 1
            guess = hidden > visible
            unseen += guess
        else:
            visible += 1
            fresh += new
            # The first of a client's ways to try one password may have hidden it.
            guess = (new and fresh > unseen) or (fresh >= TOOL and secret != last)
        facts.guess = guess and not (home and max(fresh, unseen) <= TYPOS)
        self._put(key, Pair(home, fresh, unseen, hidden, visible, secret))

    def _put(self, key: tuple[str, str], pair: Pair) -> None:
        pairs = self._pairs
        if key not in pairs and len(pairs) >= self._cap:
            self._forget()
        pairs[key] = pair

    def _forget(self) -> None:
        """Let the older half of those go that tried least: a tool's pairs stay."""
        pairs = self._pairs
        few = [key for key, pair in pairs.items() if max(pair.fresh, pair.unseen) < TOOL] or list(pairs)
        for key in few[: len(few) // 2 + 1]:
            del pairs[key]
        self.evicted += len(few) // 2 + 1
