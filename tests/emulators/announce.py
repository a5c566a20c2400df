"""What emulated devices answer to who asks a group, or them, who is there: WS-Discovery, SADP, DHIP and SSDP, as it was seen on the wire.

On loopback they keep silent: there all would share the ports. A device's own settings count where its documents have them; for SADP and DHIP,
whose switches are only known from web pages, a hand says ``announce``, the protocol, and true or false.
"""

import asyncio
import contextlib
import ipaddress
import socket

from tests.emulators.announce_documents import ANSWERS, DESCRIPTION_PORT, UPNP_SERVER, description

PORTS = {
    "wsd": ("239.255.255.250", 3702),
    "sadp": ("239.255.255.250", 37020),
    "dhip": ("239.255.255.251", 37810),
    "ssdp": ("239.255.255.250", 1900),
}


class Announcer:
    """The answering side of one device."""

    def __init__(self, device):
        self._device, self._open = device, []

    async def start(self):
        address = self._device.config["address"]
        if ipaddress.ip_address(address).is_loopback or self._open:
            return
        loop = asyncio.get_running_loop()
        answers = ANSWERS[self._device.config["kind"].partition("-")[0]]
        for protocol, answer in answers.items():
            group, port = PORTS[protocol]
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("", port))
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(address))
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
            listener = Listener(self._device, protocol, answer)
            self._open.append((await loop.create_datagram_endpoint(lambda listener=listener: listener, sock=sock))[0])
        if "ssdp" in answers:
            self._open.append(await asyncio.start_server(self._describe, address, DESCRIPTION_PORT))

    def stop(self):
        for one in self._open:
            one.close()
        self._open = []

    def switch(self, protocol, on):
        """By hand, as on the device's own pages."""
        self._device.state["announce"] = self._device.state.get("announce", {}) | {protocol: on not in (False, "false")}
        self._device.save()

    async def _describe(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            asked = await reader.readuntil(b"\r\n\r\n")
            found = asked.startswith(b"GET /rootdesc1.xml ")
            body = description(self._device).encode() if found else b""
            head = f"HTTP/1.1 {'200 OK' if found else '404 Not Found'}\r\nCONTENT-LENGTH: {len(body)}\r\nCONTENT-TYPE: text/xml\r\n"
            writer.write(f"{head}SERVER: {UPNP_SERVER}\r\nCONNECTION: close\r\n\r\n".encode() + body)
            await writer.drain()
        writer.close()


class Listener(asyncio.DatagramProtocol):
    """One protocol of one device."""

    def __init__(self, device, protocol, answer):
        self._device, self._protocol, self._answer = device, protocol, answer

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, source):
        if not self._device.state.get("announce", {}).get(self._protocol, True):
            return
        answer = self._answer(self._device, data)
        if answer is not None:
            self._transport.sendto(answer, source)
            if self._protocol == "sadp":
                self._transport.sendto(answer, PORTS["sadp"])
