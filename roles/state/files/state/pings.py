"""Ask hundreds of addresses at once: ICMP echo over one raw socket, and TCP connections that are closed as soon as they stand."""

import errno
import os
import selectors
import socket
import struct
import time

ECHO_REQUEST, ECHO_REPLY = 8, 0
IN_PROGRESS = (0, errno.EINPROGRESS)
AT_ONCE = 200


def answering(addresses, seconds):
    """The addresses that answered an echo within so many seconds.

    :raises OSError: when nothing could be asked at all.
    """
    wanted, heard = set(addresses), set()
    if not wanted:
        return heard
    identity = os.getpid() & 0xFFFF
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        sequence = int(time.monotonic() * 1000) & 0xFFFF
        for address in wanted:
            try:
                raw.sendto(_echo(identity, sequence), (address, 0))
            except OSError:
                continue  # no way there just now, which is what no answer says as well
        until = time.monotonic() + seconds
        while heard != wanted and (left := until - time.monotonic()) > 0:
            raw.settimeout(left)
            try:
                packet, (source, _) = raw.recvfrom(2048)
            except TimeoutError:
                break
            if _is_reply(packet, identity, sequence) and source in wanted:
                heard.add(source)
    return heard


def _echo(identity, sequence):
    header = struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, identity, sequence)
    return struct.pack("!BBHHH", ECHO_REQUEST, 0, _checksum(header), identity, sequence)


def _checksum(packet):
    """RFC 1071, over an even number of bytes."""
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def _is_reply(packet, identity, sequence):
    start = (packet[0] & 0x0F) * 4
    return len(packet) >= start + 8 and struct.unpack_from("!BxxxHH", packet, start) == (ECHO_REPLY, identity, sequence)


def connecting(places, seconds):
    """``(address, port)`` -> whether something there took or refused a connection: either way it is there."""
    places, answers = list(dict.fromkeys(places)), {}
    for at in range(0, len(places), AT_ONCE):
        answers |= _connecting(places[at : at + AT_ONCE], seconds)
    return answers


def _connecting(places, seconds):
    answers, until = dict.fromkeys(places, False), time.monotonic() + seconds
    with selectors.DefaultSelector() as waiting:
        for place in places:
            one = socket.socket()
            one.setblocking(False)
            if one.connect_ex(place) in IN_PROGRESS:
                waiting.register(one, selectors.EVENT_WRITE, place)
            else:
                one.close()
        while waiting.get_map() and (left := until - time.monotonic()) > 0:
            for key, _ in waiting.select(left):
                answers[key.data] = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) in (0, errno.ECONNREFUSED)
                waiting.unregister(key.fileobj)
                key.fileobj.close()
        for key in list(waiting.get_map().values()):
            key.fileobj.close()
    return answers
