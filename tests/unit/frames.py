"""What a namespace sends, as its kernel sees it and not as the product counts it."""

import socket
import struct
from dataclasses import dataclass

from tests.unit.segment import inside

SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33


@dataclass(frozen=True)
class Frame:
    """What somebody sent: seconds, kind (udp, syn, tcp, arp, icmp, igmp and so on), to whom."""

    at: float
    kind: str
    to: str
    unicast: bool


class Capture:
    """What a namespace sends over an interface, seen by the kernel and not by our own counting."""

    def __init__(self, namespace, interface):
        self._namespace, self._interface = namespace, interface

    def __enter__(self):
        self._sock = inside(self._namespace, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))
        self._sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        self._sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._sock.setblocking(False)
        return self

    def __exit__(self, *_):
        self._sock.close()

    def frames(self):
        """Everything until now."""
        found = []
        while True:
            try:
                data, rows, _, where = self._sock.recvmsg(2048, 256)
            except BlockingIOError:
                return found
            if where[0] == self._interface and where[2] == socket.PACKET_OUTGOING:
                seconds, nanoseconds = struct.unpack("qq", next(row for level, kind, row in rows if kind == SO_TIMESTAMPNS))
                found += self._frame(seconds + nanoseconds / 1e9, data)

    @staticmethod
    def _frame(at, data):
        kind, unicast = data[12:14], not data[0] & 1
        if kind == b"\x08\x06":
            return [Frame(at, "arp" if data[21] == 1 else "arp answer", socket.inet_ntoa(data[38:42]), unicast)]
        if kind != b"\x08\x00":
            return []
        protocol, to = data[23], socket.inet_ntoa(data[30:34])
        syn = protocol == 6 and data[14 + (data[14] & 15) * 4 + 13] & 0x12 == 2
        return [Frame(at, "syn" if syn else {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp"}.get(protocol, str(protocol)), to, unicast)]


def busiest(frames, seconds=1.0):
    """The most frames in any window of so many seconds."""
    times = sorted(frame.at for frame in frames)
    most = first = 0
    for last, at in enumerate(times):
        while times[first] <= at - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most
