"""Sans-IO SMTP: octets of two directions in, events out. Knows no packet, socket or clock."""
