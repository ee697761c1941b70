"""Names of odd traffic, each with its meaning. The wire raises nothing: it is counted under one of these.

The README's table is held to this one by a test.
"""

ANOMALIES: dict[str, str] = {
    # capture
    "frame_short": "a frame ends before the headers it announces",
    "capture_truncated": "the input ends in the middle of a record",
    "capture_damaged": "a record or block inside a file makes no sense; the rest of it is left out",
    "link_unknown": "a frame of a link type that is not read",
    "encapsulation_unknown": "a frame whose payload protocol or tunnel is not read",
    "tunnel_too_deep": "more nested headers than the limit",
    "clock_step": "packet time jumps by more than an hour, either way",
    # IP fragments
    "fragment_overlap": "fragments overlap with different content; the first copy wins",
    "fragment_invalid": "a fragment's offset, length or extension headers make no sense",
    "fragment_timeout": "a datagram never became whole",
    "fragment_evicted": "the fragment table was full; the oldest datagram was dropped",
    # TCP
    "tcp_header_invalid": "a TCP data offset below 20 or past the frame",
    "overlap_conflict": "a later copy of a byte differs from the first; the first wins",
    "urgent_data": "a client sent TCP urgent data; servers differ in whether they read that byte",
    "rst_out_of_window": "an RST with a sequence number that no receiver would accept",
    "data_after_rst": "new data from the side that sent an RST: the RST was forged or never arrived",
    "hold_limit": "out-of-order data reached its cap; the hole before it is given up",
    "connection_evicted": "the connection table was full; the one idle longest was dropped",
    # SMTP
    "line_too_long": "a line over 12,288 bytes; the rest is discarded, the verb still counts",
    "reply_unparsable": "a server line that is no SMTP reply",
    "reply_unexpected": "a reply code that cannot answer the command it stands for",
    "reply_missing": "a command that was never answered while the session went on",
    "client_backlog": "a client sent more than the cap ahead of the server's replies",
    "early_talker": "the client spoke before the greeting",
    "starttls_injection": "text behind STARTTLS in the same flight",
    "starttls_clear": "the session goes on in clear text after STARTTLS was accepted",
    "auth_line_long": "an AUTH command over the 512 bytes of RFC 4954; read all the same",
    "auth_malformed": "credentials that cannot be decoded for their mechanism",
    "auth_in_mail": "AUTH inside a mail transaction",
    "success_text_failure": "235 whose text or enhanced code says failure; taken as a failure",
    "success_code_unusual": "a 2yz other than 235 as the verdict of AUTH; taken as success",
    "proxy_invalid": "a configured proxy sent no valid PROXY header",
    # tables
    "repeat_evicted": "the table of failed name and secret pairs was full; the oldest was dropped",
}
