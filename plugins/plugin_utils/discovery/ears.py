"""What was heard: cleaned, counted, said once; and what follows from it for the questions to come."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network

from .said import Heard, Remark, Said
from .wire import PROBES, mac_of

# What strangers may fill: answers of one address, all answers, remarks, characters of a text, texts of an answer.
ADDRESS_LIMIT, LIMIT, REMARK_LIMIT, TEXT_LIMIT, TEXTS_LIMIT = 64, 5000, 200, 300, 32
ONE_DEVICE = 8  # addresses that one hardware address may well have


class Ears:
    """``said`` is a queue of what is new, and None when it is over.

    Of addresses in the prefix: ``alive`` were heard in any way, ``resolved`` with a hardware address, ``speakers`` with a protocol, ``web``
    name the port of their web server.
    """

    def __init__(self, prefix: IPv4Network) -> None:
        self.said: asyncio.Queue[Said | None] = asyncio.Queue()
        self.alive: set[IPv4Address] = set()
        self.resolved: set[tuple[IPv4Address, str]] = set()
        self.speakers: set[tuple[IPv4Address, str]] = set()
        self.web: set[tuple[IPv4Address, int]] = set()
        self._prefix = prefix
        self._known: set[tuple[object, ...]] = set()
        self._answers: Counter[IPv4Address] = Counter()
        self._addresses: Counter[str] = Counter()
        self._remarks: set[str] = set()

    def hear(self, source: str | IPv4Address, how: str, port: int | None = None, says: Mapping[str, str] | None = None) -> bool:
        """Whether it is news from an address of the prefix."""
        address = IPv4Address(source)
        told = {key: text for key, value in list((says or {}).items())[:TEXTS_LIMIT] if (text := clean(value))}
        mac, inside = mac_of(told.pop("mac", "")), address in self._prefix
        key = (address, how, port, mac, *sorted(told.items()))
        if key in self._known:
            return False
        if self._answers[address] >= ADDRESS_LIMIT or len(self._known) >= LIMIT:
            self.remark(f"{address} says more than anybody could listen to; the rest of it is left out")
            return False
        self._known.add(key)
        self._answers[address] += 1
        self.said.put_nowait(Heard(str(address), mac, how, port, told, not inside))
        if inside:
            self._follow(address, how, mac, told)
        return inside

    def _follow(self, address: IPv4Address, how: str, mac: str | None, told: Mapping[str, str]) -> None:
        self.alive.add(address)
        self.speakers.add((address, how))
        if how == "neighbour" and mac is not None:
            self.resolved.add((address, mac))
            self._addresses[mac] += 1
            if self._addresses[mac] == ONE_DEVICE + 1:
                self.remark(
                    f"{mac} answers for more than {ONE_DEVICE} addresses: a router that answers for others (proxy ARP) hides who is there"
                )
        named = re.findall(rf"http://{re.escape(str(address))}:(\d{{1,5}})/", told.get("xaddrs", ""))
        for port in (*named, told.get("http_port", "")):
            if how in PROBES and re.fullmatch(r"\d{1,5}", port) and 0 < int(port) < 65536:
                self.web.add((address, int(port)))

    def hear_datagram(self, how: str, data: bytes, source: str) -> list[Mapping[str, str]]:
        """An answer of a protocol, which may be anything at all; gives what is news in it from an address of the prefix."""
        try:
            return [says for says in PROBES[how].read(data) if self.hear(source, how, says=says)]
        except ValueError as error:
            self.remark(f"{source} answered {how} with what can't be read: {clean(str(error))}")
            return []

    def remark(self, sentence: str) -> None:
        """Say what couldn't be done, once."""
        if sentence not in self._remarks and len(self._remarks) < REMARK_LIMIT:
            self._remarks.add(sentence)
            self.said.put_nowait(Remark(sentence))


def clean(text: str) -> str:
    """One line of printable text of a bearable length."""
    printable = "".join(sign if sign.isprintable() else " " for sign in text[: 4 * TEXT_LIMIT])
    return " ".join(printable.split())[:TEXT_LIMIT].rstrip()
