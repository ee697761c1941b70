"""Events as lines that a reader of Suricata's eve.json takes (docs/schema/events.md has the fields).

The client is always `src`, whichever packet came last. A field that is not known is left out. The text of a
reply is not written: a server may echo the client's line in it, password and all.
"""

from smtpsensor.detect.alert import Alert
from smtpsensor.events import AnomalyEvent, AuthEvent, Flow, SessionEvent
from smtpsensor.sinks.alerts import category, details
from smtpsensor.sinks.geo import Geo
from smtpsensor.sinks.lines import LineWriter, Record, Sink
from smtpsensor.sinks.times import Stamper

_DECODE = """
    frame_short capture_truncated capture_damaged link_unknown encapsulation_unknown tunnel_too_deep
    clock_step fragment_overlap fragment_invalid fragment_timeout fragment_evicted
"""
_STREAM = """
    tcp_header_invalid overlap_conflict urgent_data rst_out_of_window data_after_rst hold_limit
    connection_evicted
"""
# Suricata's three kinds of anomaly; whatever is not below TCP was found by the SMTP parser.
_KINDS = dict.fromkeys(_DECODE.split(), "decode") | dict.fromkeys(_STREAM.split(), "stream")
_MS = 1_000_000  # ns


def anomaly_kind(name: str) -> str:
    """Return Suricata's `anomaly.type` for a name from `smtpsensor.anomalies`."""
    return _KINDS.get(name, "applayer")


class EveWriter(LineWriter):
    """Writes EVE lines to `out`; `host` is the sensor's name. About 2 us per event.

    `geo` adds `src_geo`, which Suricata has no field for.
    """

    def __init__(self, out: Sink, host: str, geo: Geo | None = None) -> None:
        super().__init__(out)
        self._host = host
        self._geo = geo
        self._stamp = Stamper("+0000")
        self.register(AuthEvent, self._auth)
        self.register(SessionEvent, self._session)
        self.register(AnomalyEvent, self._anomaly)
        self.register(Alert, self._alert)

    def envelope(
        self, kind: str, ts: int, flow: Flow, file: str | None = None, frame: int | None = None
    ) -> Record:
        """Return what every event of a flow begins with; `kind` becomes `event_type`."""
        record: Record = {
            "timestamp": self._stamp(ts),
            "host": self._host,
            "flow_id": flow.flow_id,
            "event_type": kind,
        }
        if flow.iface is not None:
            record["in_iface"] = flow.iface
        record["src_ip"] = flow.src
        record["src_port"] = flow.src_port
        record["dest_ip"] = flow.dst
        record["dest_port"] = flow.dst_port
        record["proto"] = "TCP"
        record["community_id"] = flow.community_id
        if flow.vlan:
            record["vlan"] = flow.vlan
        if flow.proxy is not None:
            record["proxy_ip"] = flow.proxy
        if self._geo is not None:
            place = self._geo.of(flow.src)
            if place is not None:
                record["src_geo"] = {
                    field: value for field, value in place._asdict().items() if value is not None
                }
        if file is not None:
            record["pcap_filename"] = file
        if frame is not None:
            record["pcap_cnt"] = frame
        return record

    def _auth(self, event: AuthEvent) -> Record:
        record = self.envelope("smtp_auth", event.ts, event.flow, event.file, event.frame)
        auth: Record = {}
        if event.mechanism is not None:
            auth["mechanism"] = event.mechanism
        if event.username is not None:
            auth["username"] = event.username
        if event.authzid is not None:
            auth["authzid"] = event.authzid
        if event.domain is not None:
            auth["domain"] = event.domain
        if event.workstation is not None:
            auth["workstation"] = event.workstation
        if event.realm is not None:
            auth["realm"] = event.realm
        auth["outcome"] = event.outcome
        if event.code is not None:
            auth["code"] = event.code
        if event.enhanced is not None:
            auth["enhanced"] = event.enhanced
        if event.offered is not None:
            auth["offered"] = event.offered
        auth["cleartext"] = event.cleartext
        auth["attempt"] = event.attempt
        if event.response_ns is not None:
            auth["response_ms"] = round(event.response_ns / _MS, 3)
        if event.secret is not None:
            auth["secret_tag"] = event.secret_tag
        if event.repeated is not None:
            auth["repeated"] = event.repeated
        auth["malformed"] = event.malformed
        record["smtp"] = {"auth": auth} if event.helo is None else {"helo": event.helo, "auth": auth}
        return record

    def _session(self, event: SessionEvent) -> Record:
        record = self.envelope("smtp_session", event.ts, event.flow, event.file, event.frame)
        if event.helo is not None:
            record["smtp"] = {"helo": event.helo}
        session: Record = {}
        if event.greeting is not None:
            session["greeting"] = event.greeting
        if event.software is not None:
            session["software"] = event.software
        session["encryption"] = event.encryption
        if event.starttls_offered is not None:
            session["starttls_offered"] = event.starttls_offered
        if event.auth_offered:
            session["auth_offered"] = event.auth_offered
        if event.capabilities:
            session["capabilities"] = event.capabilities
        session["attempts"] = event.attempts
        session["failures"] = event.failures
        session["successes"] = event.successes
        session["mails"] = event.mails
        session["recipients"] = event.recipients
        session["mail_bytes"] = event.mail_bytes
        session["bytes_toserver"] = event.bytes_client
        session["bytes_toclient"] = event.bytes_server
        session["lost_toserver"] = event.lost_client
        session["lost_toclient"] = event.lost_server
        session["midstream"] = event.midstream
        session["duration_ms"] = round((event.ts_end - event.ts) / _MS, 3)
        session["end"] = event.end
        if event.last_code is not None:
            session["last_code"] = event.last_code
        if event.anomalies:
            session["anomalies"] = event.anomalies
        record["smtp_session"] = session
        return record

    def _anomaly(self, event: AnomalyEvent) -> Record:
        record = self.envelope("anomaly", event.ts, event.flow, event.file, event.frame)
        kind = anomaly_kind(event.name)
        if kind == "applayer":
            record["app_proto"] = "smtp"
            record["anomaly"] = {"type": kind, "event": event.name, "layer": "proto_parser"}
        else:
            record["anomaly"] = {"type": kind, "event": event.name}
        return record

    def _alert(self, alert: Alert) -> Record:
        """Suricata's own fields first; the packet named is that of the decisive attempt."""
        decisive = alert.decisive
        record = self.envelope("alert", alert.ts, alert.flow, decisive.file, decisive.frame)
        rule = alert.rule
        about: Record = {
            "action": "allowed",
            "gid": 1,
            "signature_id": rule.sid,
            "rev": rule.rev,
            "signature": alert.summary(),
            "category": category(rule.technique),
            "severity": alert.severity.rank,
        }
        if rule.technique is not None:
            about["metadata"] = {"mitre_technique_id": [rule.technique]}
        about |= details(alert, self._stamp)
        about["description"] = alert.description()
        record["alert"] = about
        return record
