"""Sources that work through one list: the same names in the same order, or the same passwords.

About half of the addresses that guess try one account only (Singh et al., "Where The Wild Things Are:
Brute-Force SSH Attacks In The Wild And How To Stop Them", NSDI 2024): limits per source see nothing of them.
What ties them together is the dictionary that they share (Abdou, Barrera, van Oorschot, "What Lies Beneath?
Analyzing Automated SSH Bruteforce Attacks", 2015).

* Of each source the first `names` distinct names and the first `secrets` distinct passwords of its guesses
  are kept, in order. A source that logged in before its first guess is somebody's own, and not looked at.
* A tie is three names in one order, out of four that follow each other: one may be lost on the way. Or it is
  three passwords in any order. Three, for popular passwords and one wrong password of a program that runs
  everywhere come one at a time.
* A tie of `sources` sources in `networks` networks (/24, /64) within `within_hours` is a campaign. Networks,
  for an office or a household has one or two. A tie that has so many sources, one of them in a campaign,
  belongs to it, and so does each source that comes to have a tie of it or an order of names in common with
  one of it.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from smtpsensor.detect.aging import make_room
from smtpsensor.detect.alert import Evidence
from smtpsensor.detect.alerts import Alerts
from smtpsensor.detect.campaign_records import (
    Campaign,
    Numbers,
    Shared,
    Source,
    Tie,
    Traces,
    mark,
    name_ties,
    secret_ties,
)
from smtpsensor.detect.caps import Caps
from smtpsensor.detect.facts import Facts
from smtpsensor.detect.match import compiled
from smtpsensor.detect.rule import Rule
from smtpsensor.events import SessionEvent

NEVER: Final = 1 << 63
# Sources of one network that are remembered for one tie: more networks are needed, whatever their number.
_OF_NETWORK: Final = 16
# Campaigns whose sources are known without a record: there are a few at a time.
_RECENT: Final = 16
_LEAST: Final = 3  # guesses of a source that has a tie, where its record is gone


class Campaigns:
    """The detector of rule kind `campaign`. All its tables are bounded."""

    def __init__(self, rule: Rule, alerts: Alerts, caps: Caps) -> None:
        self.next_due = NEVER
        self.evicted = 0
        self._rule = rule
        self._alerts = alerts
        self._caps = caps
        self._need = Numbers.of(rule.settings)
        self._matches = compiled(rule.match)
        # Each table in two, the latest last: a flood of what is seen once leaves the other alone.
        self._new: dict[str, Source] = {}
        self._tied: dict[str, Source] = {}
        self._single: dict[Tie, tuple[str, str, int]] = {}  # address, network, engine time
        self._shared: dict[Tie, Shared] = {}
        self._owners: dict[str, None] = {}  # sources that logged in
        self._traces = Traces()
        self._campaigns: list[Campaign] = []  # active

    @property
    def entries(self) -> int:
        """Return how many sources and ties are remembered."""
        return len(self._new) + len(self._tied) + len(self._single) + len(self._shared) + len(self._owners)

    def ended(self, event: SessionEvent, t: int) -> None:
        """Sessions are not looked at."""

    def advance(self, t: int) -> None:
        """Time is looked at when an attempt comes."""

    def take(self, facts: Facts) -> None:
        """Take one attempt: look at guesses, and remember who logs in."""
        if not facts.guess:
            if facts.came_in:
                self._own(facts.source)
            return
        if facts.source in self._owners or not self._matches(facts):
            return
        source = self._source(facts)
        source.guesses += 1
        source.last = facts.t
        if source.campaign is not None:
            self._alerts.hit(source.campaign.alert, facts)
        name = facts.username
        if name and len(source.names) < self._need.names:
            self._name(source, name, facts)
        secret = facts.secret
        if secret is not None and len(source.secrets) < self._need.secrets and secret not in source.secrets:
            source.secrets += (secret,)
            if len(source.secrets) > 2:
                for tie in secret_ties(source.secrets):
                    self._tie(source, tie, facts, named=False)

    def _name(self, source: Source, name: str, facts: Facts) -> None:
        found = mark(name)
        if found in source.marks:
            return
        source.names += (name,)
        source.marks += (found,)
        for tie in name_ties(source.marks):
            self._tie(source, tie, facts, named=True)

    def _own(self, address: str) -> None:
        owners = self._owners
        if address in owners:
            del owners[address]
        elif address in self._tied:
            return
        else:
            self.evicted += len(make_room(owners, self._caps.records))
        owners[address] = None
        self._new.pop(address, None)  # who got in at the third try mistyped twice

    def _source(self, facts: Facts) -> Source:
        """Return what is known of the source, moved to the end of its table."""
        address = facts.source
        table = self._new
        source = table.pop(address, None)
        if source is None:
            table = self._tied
            source = table.pop(address, None)
        elif len(source.marks) > 2 or len(source.secrets) > 2:
            table = self._tied
            self._bound(table)
        if (
            source is None
            or facts.t - source.last > self._need.within
            or (source.campaign is not None and source.campaign.alert.ended >= 0)
        ):
            table = self._new
            self._bound(table)
            source = Source(facts)
            source.marks = self._traces.of(source.place)
            source.campaign = self._campaign((address,)) if self._campaigns else None
        table[address] = source
        return source

    def _bound(self, table: dict[str, Source]) -> None:
        """Make room for one more."""
        if len(table) < self._caps.records:
            return
        for source in make_room(table, self._caps.records):
            self._traces.leave(source)
            self.evicted += 1

    def _tie(self, source: Source, tie: Tie, facts: Facts, *, named: bool) -> None:
        """Note that a source has a tie, and see who else has it."""
        shared = self._shared.pop(tie, None)
        if shared is None:
            ties = self._single
            single = ties.pop(tie, None)
            if single is None or single[0] == source.address or facts.t - single[2] > self._need.within:
                if len(ties) >= self._caps.pairs:
                    self.evicted += len(make_room(ties, self._caps.pairs))
                ties[tie] = (source.address, source.network, facts.t)
                return
            self.evicted += len(make_room(self._shared, self._caps.records))
            shared = Shared()
            shared.sources[single[0]] = single[1:]
        self._shared[tie] = shared
        campaign = shared.campaign
        if campaign is not None and campaign.alert.ended < 0:
            if source.campaign is None:
                self._grow(campaign, [source], facts)
            return
        if campaign is not None:
            shared.campaign = None
            shared.sources.clear()
        enough = self._note(shared, source, facts.t)
        # One in a campaign and another are enough for an order of names, which is no chance.
        campaign = self._campaign(shared.sources) if named or enough else None
        if campaign is None and enough:
            campaign = self._open(shared.sources, facts, named=named)
        if campaign is not None:
            members = [source, *self._known(shared.sources)]
            self._take_over(campaign, tie, shared, named=named)
            self._grow(campaign, members, facts)

    def _take_over(self, campaign: Campaign, tie: Tie, shared: Shared, *, named: bool) -> None:
        """Let a tie be one of a campaign: from here on, whoever comes to have it joins."""
        shared.campaign = campaign
        shared.sources.clear()
        campaign.share(tie, named=named)

    def _grow(self, campaign: Campaign, waiting: list[Source], facts: Facts) -> None:
        """Let sources join a campaign, and those that have an order of names in common with them."""
        while waiting:
            source = waiting.pop()
            if source.campaign is None:
                source.campaign = campaign
                now = source.address == facts.source
                self._alerts.add(campaign.alert, source.guesses - now, _seen([source]))
                if now:
                    self._alerts.hit(campaign.alert, facts)
            elif source.campaign is not campaign:
                continue
            for end in range(_LEAST, len(source.marks) + 1):
                for tie in name_ties(source.marks[:end]):
                    shared = self._shared.get(tie)
                    if shared is not None and shared.campaign is None:
                        waiting += self._known(shared.sources)
                        self._take_over(campaign, tie, shared, named=True)

    def _note(self, shared: Shared, source: Source, t: int) -> bool:
        """Add a source to a tie; return whether there are enough now."""
        sources = shared.sources
        if sum(network == source.network for network, _ in sources.values()) >= _OF_NETWORK:
            return False
        sources[source.address] = (source.network, t)
        need = self._need
        if len(sources) < need.sources:
            return False
        for address in [one for one, (_, last) in sources.items() if t - last > need.within]:
            del sources[address]
        return len(sources) >= need.sources and len({one for one, _ in sources.values()}) >= need.networks

    def _known(self, addresses: Iterable[str]) -> list[Source]:
        found = (self._tied.get(address) or self._new.get(address) for address in addresses)
        return [source for source in found if source is not None]

    def _campaign(self, addresses: Iterable[str]) -> Campaign | None:
        """Return the campaign of one of the sources, whether or not its record is still there."""
        campaigns = self._campaigns
        if not campaigns:
            return None
        if any(one.alert.ended >= 0 for one in campaigns):
            campaigns[:] = [one for one in campaigns if one.alert.ended < 0]
        for address in addresses:
            for campaign in campaigns:
                if address in campaign.alert.seen[0]:
                    return campaign
        return None

    def _open(self, members: dict[str, tuple[str, int]], facts: Facts, *, named: bool) -> Campaign | None:
        known = self._known(members)
        first = min(known, key=lambda one: one.first[0])
        seen = _seen(known)
        seen["sources"] += members  # some records may be gone
        alert = self._alerts.open(
            self._rule,
            (blake2b(first.address.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest(),),
            facts,
            first=Evidence(*first.first),
            count=sum(one.guesses for one in known) + _LEAST * (len(members) - len(known)),
            seen=seen,
            more={"shared_names": _LEAST if named else 0, "shared_secrets": 0 if named else _LEAST},
        )
        if alert is None:
            return None
        campaign = Campaign(alert)
        self._campaigns.append(campaign)
        del self._campaigns[:-_RECENT]
        for one in known:
            one.campaign = campaign
        return campaign


def _seen(sources: list[Source]) -> dict[str, list[str | int]]:
    return {
        "sources": [one.address for one in sources],
        "networks": [one.network for one in sources],
        "usernames": [name for one in sources for name in one.names],
        "secrets": [secret for one in sources for secret in one.secrets],
    }
