"""A device's clock: wrong from the factory, and corrected by nothing but answers of an NTP server."""

import asyncio
import socket
import struct
import time
from datetime import datetime, timedelta, timezone

NTP_EPOCH = 2208988800
UNSYNCED_S, SYNCED_S = 2.0, 15.0


class Clock:
    """``source`` gives the NTP server's address, or None while none is set."""

    def __init__(self, offset_s, source):
        self.offset_s, self._source = offset_s, source
        self.synced_with = None

    def now(self):
        """Seconds since 1970 as the device believes."""
        return time.time() + self.offset_s

    def local(self, offset_minutes):
        """The device's wall clock in its own zone."""
        return datetime.fromtimestamp(self.now(), timezone(timedelta(minutes=offset_minutes)))

    async def follow(self):
        """Ask the server for ever."""
        while True:
            server = self._source()
            if server:
                try:
                    self.offset_s += await asyncio.wait_for(self._ask(server), 2)
                    self.synced_with = server
                except (OSError, TimeoutError, ValueError):
                    self.synced_with = None
            await asyncio.sleep(SYNCED_S if server and self.synced_with == server else UNSYNCED_S)

    async def _ask(self, server):
        """How much the server is ahead of this device."""
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            await loop.sock_connect(sock, (server, 123))
            sent = self.now()
            await loop.sock_sendall(sock, b"\x23" + bytes(39) + struct.pack("!II", int(sent) + NTP_EPOCH & 0xFFFFFFFF, 0))
            packet = await loop.sock_recv(sock, 512)
            received = self.now()
        if len(packet) < 48 or packet[0] & 7 != 4 or not 0 < packet[1] < 16 or packet[0] >> 6 == 3:
            raise ValueError("not an answer of a synchronised server")

        def stamp(at):
            seconds, fraction = struct.unpack("!II", packet[at : at + 8])
            return seconds - NTP_EPOCH + fraction / 2**32

        return ((stamp(32) - sent) + (stamp(40) - received)) / 2
