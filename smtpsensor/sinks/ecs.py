"""Events in the Elastic Common Schema 8.11 (docs/schema/events.md has the fields).

Fields of ECS carry their ECS meaning and type; what ECS has no field for stands under `smtpsensor`, under the
names that EVE lines use. A field that is not known is left out.
"""

from smtpsensor import __version__
from smtpsensor.anomalies import ANOMALIES
from smtpsensor.detect.alert import Alert
from smtpsensor.events import AnomalyEvent, AuthEvent, Flow, Outcome, SessionEvent
from smtpsensor.sinks.alerts import category, details
from smtpsensor.sinks.eve import anomaly_kind
from smtpsensor.sinks.geo import Geo, Place
from smtpsensor.sinks.lines import LineWriter, Record, Sink, clamp
from smtpsensor.sinks.times import Stamper

ECS_VERSION = "8.11.0"

# ECS knows three outcomes. Rules count `failure` by source, so it holds what may be guessing and nothing
# else; `smtpsensor.outcome` keeps all seven apart.
OUTCOMES: dict[Outcome, str] = {
    Outcome.SUCCESS: "success",
    Outcome.FAILURE: "failure",
    Outcome.REJECTED: "failure",  # nobody judged a password, yet AUTH was refused: how nmap's tries end
    Outcome.TEMPORARY: "unknown",  # the server's trouble: says nothing about the credentials
    Outcome.CANCELLED: "unknown",  # the client gave up
    Outcome.ABORTED: "unknown",
    Outcome.UNKNOWN: "unknown",
}

# `event.reason`: the meaning of the code (RFC 4954 section 6, RFC 5321 section 4.2.2), not the server's text,
# which may echo the client's line, password and all.
REASONS: dict[int, str] = {
    235: "authentication succeeded",
    421: "service closing",
    432: "password transition needed",
    454: "temporary authentication failure",
    500: "line too long or command unknown",
    501: "cancelled, or credentials not decodable",
    502: "AUTH not implemented",
    503: "AUTH out of sequence",
    504: "mechanism unknown",
    530: "authentication required",
    534: "mechanism too weak",
    535: "credentials invalid",
    538: "encryption required",
}
_MS = 1_000_000  # ns


class EcsWriter(LineWriter):
    """Writes ECS lines to `out`; `host` is the sensor's name. `geo` adds `source.geo` and `source.as`.

    About 5 us per event.
    """

    def __init__(self, out: Sink, host: str, geo: Geo | None = None) -> None:
        super().__init__(out)
        self._host = host
        self._geo = geo
        self._stamp = Stamper("Z")
        self.register(AuthEvent, self._auth)
        self.register(SessionEvent, self._session)
        self.register(AnomalyEvent, self._anomaly)
        self.register(Alert, self._alert)

    def envelope(
        self, dataset: str, ts: int, flow: Flow, own: Record, file: str | None, frame: int | None
    ) -> Record:
        """Return the fields that all events of a flow share; `own` becomes `smtpsensor` and is completed."""
        observer: Record = {
            "name": self._host,
            "product": "smtpsensor",
            "type": "sensor",
            "version": __version__,
        }
        if flow.iface is not None:
            observer["ingress"] = {"interface": {"name": flow.iface}}
        network: Record = {
            "transport": "tcp",
            "protocol": "smtp",
            "type": "ipv6" if ":" in flow.src else "ipv4",
            "community_id": flow.community_id,
        }
        own["flow_id"] = flow.flow_id
        if flow.vlan:
            network["vlan"] = {"id": str(flow.vlan[0])}
            if len(flow.vlan) > 1:
                network["inner"] = {"vlan": {"id": str(flow.vlan[-1])}}
                own["vlan"] = flow.vlan
        addresses = [flow.src, flow.dst]
        if flow.proxy is not None:
            own["proxy_ip"] = flow.proxy
            addresses.append(flow.proxy)
        record: Record = {
            "@timestamp": self._stamp(ts),
            "ecs": {"version": ECS_VERSION},
            "event": {"kind": "event", "module": "smtpsensor", "dataset": f"smtpsensor.{dataset}"},
            "source": {"address": flow.src, "ip": flow.src, "port": flow.src_port},
            "destination": {"address": flow.dst, "ip": flow.dst, "port": flow.dst_port},
            "network": network,
            "observer": observer,
            "related": {"ip": addresses},
            "smtpsensor": own,
        }
        if self._geo is not None:
            _place(record["source"], self._geo.of(flow.src))
        if file is not None:
            record["log"] = {"file": {"path": file}}
        if frame is not None:
            own["pcap_cnt"] = frame
        return record

    def _auth(self, event: AuthEvent) -> Record:
        own: Record = {
            "outcome": event.outcome,
            "cleartext": event.cleartext,
            "attempt": event.attempt,
            "malformed": event.malformed,
        }
        for name in (
            "mechanism",
            "realm",
            "workstation",
            "enhanced",
            "offered",
            "repeated",
            "helo",
            "secret_tag",
        ):
            value = getattr(event, name)
            if value is not None:
                own[name] = value
        if event.response_ns is not None:
            own["response_ms"] = round(event.response_ns / _MS, 3)
        record = self.envelope("auth", event.ts, event.flow, own, event.file, event.frame)
        about = record["event"]
        about["category"] = ["authentication", "network"]
        about["type"] = ["start"]
        about["action"] = "smtp_auth"
        about["outcome"] = OUTCOMES[event.outcome]
        if event.code is not None:
            about["code"] = str(event.code)
            reason = REASONS.get(event.code)
            if reason is not None:
                about["reason"] = reason
        if event.ts_verdict is not None:
            self._span(about, event.ts, event.ts_verdict)
        _user(record, event)
        return record

    def _session(self, event: SessionEvent) -> Record:
        own: Record = {
            "encryption": event.encryption,
            "end": event.end,
            "midstream": event.midstream,
            "attempts": event.attempts,
            "failures": event.failures,
            "successes": event.successes,
            "mails": event.mails,
            "recipients": event.recipients,
            "mail_bytes": event.mail_bytes,
            "lost_toserver": event.lost_client,
            "lost_toclient": event.lost_server,
        }
        for name in ("greeting", "software", "helo", "starttls_offered", "last_code"):
            value = getattr(event, name)
            if value is not None:
                own[name] = value
        for name in ("auth_offered", "capabilities", "anomalies"):
            values = getattr(event, name)
            if values:
                own[name] = values
        record = self.envelope("session", event.ts, event.flow, own, event.file, event.frame)
        record["source"]["bytes"] = event.bytes_client
        record["destination"]["bytes"] = event.bytes_server
        record["network"]["bytes"] = event.bytes_client + event.bytes_server
        about = record["event"]
        about["category"] = ["network"]
        about["type"] = ["connection", "end"]
        about["action"] = "smtp_session"
        self._span(about, event.ts, event.ts_end)
        return record

    def _anomaly(self, event: AnomalyEvent) -> Record:
        own: Record = {"anomaly": {"type": anomaly_kind(event.name), "event": event.name}}
        record = self.envelope("anomaly", event.ts, event.flow, own, event.file, event.frame)
        about = record["event"]
        about["category"] = ["network"]
        about["type"] = ["info"]
        about["action"] = "anomaly"
        about["code"] = event.name
        meaning = ANOMALIES.get(event.name)
        if meaning is not None:
            about["reason"] = meaning
        return record

    def _alert(self, alert: Alert) -> Record:
        """Source and destination are those of the decisive attempt; `related` names all that are listed."""
        rule, decisive = alert.rule, alert.decisive
        own: Record = {"alert": details(alert, self._stamp)}
        record = self.envelope("alert", alert.ts, alert.flow, own, decisive.file, decisive.frame)
        about = record["event"]
        about["kind"] = "alert"
        about["category"] = ["authentication", "intrusion_detection", "network"]
        about["type"] = ["info"]
        about["action"] = alert.state
        about["severity"] = alert.severity.rank
        self._span(about, alert.first, alert.last)
        record["message"] = alert.summary()
        record["rule"] = {
            "id": str(rule.sid),
            "name": rule.name,
            "version": str(rule.rev),
            "category": category(rule.technique),
            "description": alert.description(),
            "ruleset": "smtpsensor",
        }
        if rule.technique is not None:
            record["threat"] = _threat(rule.technique)
        related = record["related"]
        related["ip"] = list(dict.fromkeys((*related["ip"], *alert.members.get("sources", ()))))
        name, domain = alert.key.get("username"), alert.key.get("domain")
        names = list(dict.fromkeys((*((name,) if name else ()), *alert.members.get("usernames", ()))))
        if names:
            related["user"] = names
        user = {field: text for field, text in (("name", name), ("domain", domain)) if text is not None}
        if user:
            record["user"] = user
        return record

    def _span(self, about: Record, start: int, end: int) -> None:
        about["start"] = self._stamp(start)
        about["end"] = self._stamp(end)
        about["duration"] = clamp(end - start)


def _user(record: Record, event: AuthEvent) -> None:
    """Fill `user` and `related.user`: authcid as user, authorization identity as the one acted for."""
    user: Record = {}
    names: list[str] = []
    if event.username is not None:
        user["name"] = event.username
        names.append(event.username)
    if event.domain is not None:
        user["domain"] = event.domain
    if event.authzid:
        user["effective"] = {"name": event.authzid}
        if event.authzid not in names:
            names.append(event.authzid)
    if user:
        record["user"] = user
    if names:
        record["related"]["user"] = names


def _place(source: Record, place: Place | None) -> None:
    """Add country and operator of the source, as far as they are known."""
    if place is None:
        return
    if place.country is not None:
        source["geo"] = {"country_iso_code": place.country}
    system: Record = {}
    if place.asn is not None:
        system["number"] = place.asn
    if place.org is not None:
        system["organization"] = {"name": place.org}
    if system:
        source["as"] = system


def _threat(technique: str) -> Record:
    """ECS keeps technique and sub-technique apart: T1110.003 is T1110 and T1110.003."""
    parent = technique.partition(".")[0]
    about: Record = {"id": [parent]}
    if parent != technique:
        about["subtechnique"] = {"id": [technique]}
    return {"framework": "MITRE ATT&CK", "technique": about}
