"""A time source: answers SNTP (RFC 4330) with this machine's time. `python3 -m tests.emulators.ntp ADDRESS... [--late SECONDS]`."""

import argparse
import asyncio
import struct
import time

NTP_EPOCH = 2208988800  # seconds from 1900 to 1970, RFC 4330 section 3


def stamp(at):
    """An NTP timestamp: 32 bits of seconds since 1900, 32 bits of fraction."""
    seconds = int(at)
    return struct.pack("!II", (seconds + NTP_EPOCH) & 0xFFFFFFFF, int((at - seconds) * 2**32))


def answer(request, received):
    """The answer to a client's packet, None to anything else."""
    if len(request) < 48 or request[0] & 7 != 3:
        return None
    version = request[0] & 0x38
    # Mode 4 (server), stratum 2, precision 2**-20, small root delay and dispersion.
    head = (
        struct.pack("!BBbb", version | 4, 2, request[2] if request[2] < 128 else 6, -20)
        + struct.pack("!II", 0x100, 0x100)
        + b"\x7f\x00\x00\x01"
    )
    return head + stamp(received - 1) + request[40:48] + stamp(received) + stamp(time.time())


class Server(asyncio.DatagramProtocol):
    """Silent until ``from_time`` (monotonic seconds)."""

    def __init__(self, from_time):
        self._from = from_time

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, peer):
        reply = answer(data, time.time())
        if reply is not None and time.monotonic() >= self._from:
            self._transport.sendto(reply, peer)


async def serve(addresses, late):
    loop = asyncio.get_running_loop()
    start = time.monotonic() + late
    for address in addresses:
        await loop.create_datagram_endpoint(lambda: Server(start), local_addr=(address, 123))
    print("ready", flush=True)
    await asyncio.Event().wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("addresses", nargs="+")
    parser.add_argument("--late", type=float, default=0)
    options = parser.parse_args()
    asyncio.run(serve(options.addresses, options.late))


if __name__ == "__main__":
    main()
