"""A peer: what a short script with dpkt does, packet by packet and without reassembly.

python -m benchmarks.dpkt_loop FILE      # prints every 535 reply
"""

import socket
import sys
from pathlib import Path

import dpkt

PORTS = {25, 587, 2525}


def main(path: str) -> None:
    """Print time, client, server and text of every packet that begins with 535."""
    with Path(path).open("rb") as file:
        for ts, frame in dpkt.pcap.Reader(file):
            ip = dpkt.ethernet.Ethernet(frame).data
            if not isinstance(ip, dpkt.ip.IP) or not isinstance(ip.data, dpkt.tcp.TCP):
                continue
            tcp = ip.data
            if tcp.sport in PORTS and tcp.data.startswith(b"535"):
                client, server = socket.inet_ntoa(ip.dst), socket.inet_ntoa(ip.src)
                print(ts, client, server, tcp.data.decode("ascii", "replace").strip())


if __name__ == "__main__":
    main(sys.argv[1])
