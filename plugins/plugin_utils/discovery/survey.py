"""One survey: groups are asked, every neighbour, ports and banners, each device at its own address, and again whoever was silent."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from ipaddress import IPv4Address
from urllib.parse import urlsplit

from .connects import Pace, get, knock, page
from .ears import Ears
from .links import Arp, Link, Nudge, links, neighbours
from .said import Ended, Options, Said, Settled
from .wire import PROBES, read_banner, read_description

HTTP, TLS, RTSP = (80, 8080), (443, 8443), (554, 8554)
ANSWER_S, SETTLE_S = 2.0, 0.5
KERNEL_TRIES = 3  # what the kernel sends at most for a neighbour that doesn't answer


async def discover(options: Options, pace: Pace | None = None) -> AsyncIterator[Said]:
    """Everything that is heard, as soon as it is; ``Ended`` comes last.

    :param pace: who else sends meanwhile has it too, so that the rate is that of both; one of the options' rate unless given.
    """
    survey = Survey(options, pace or Pace(options.rate_per_s))
    running = asyncio.ensure_future(survey.run())
    try:
        while (said := await survey.ears.said.get()) is not None:
            yield said
        await running
    finally:
        running.cancel()
        await asyncio.wait([running])


class Survey:
    """To be run once; its ears say what comes of it."""

    def __init__(self, options: Options, pace: Pace) -> None:
        self.ears, self._options, self._pace = Ears(options.prefix), options, pace
        self._links = self._links_to(options)
        own = {link.own for link in self._links}
        everybody = options.addresses or (options.prefix if options.prefix.prefixlen > 30 else options.prefix.hosts())
        self._targets = {address: self._link(address) for address in everybody if address not in own}
        self._sockets: dict[str, socket.socket] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._tried: set[tuple[IPv4Address, int]] = set()
        self._greeted: set[IPv4Address] = set()
        self._asked: set[tuple[IPv4Address, str]] = set()
        self._answers_until = 0.0
        self._arp = False

    async def run(self) -> None:
        """All of it, in the order in which one thing tells whom to ask the next."""
        began = time.monotonic()
        with contextlib.ExitStack() as stack:
            stack.callback(self.ears.said.put_nowait, None)
            stack.callback(lambda: [task.cancel() for task in self._tasks])
            self._listen(stack)
            await self._ask_groups()
            askers = [(link, *self._asker(link, stack)) for link in self._links]
            for link, asker, price in askers:
                await self._ask_neighbours(link, asker, price)
            await self._ask_groups()
            await self._ask_each()
            await self._connect()
            self.ears.said.put_nowait(Settled(tuple(map(str, sorted(self.ears.alive & self._targets.keys())))))
            for link, asker, price in askers:
                if isinstance(asker, Arp):  # the kernel has asked again by itself
                    await self._ask_neighbours(link, asker, price)
            await self._ask_each()
            await asyncio.sleep(self._answers_until - time.monotonic())
            await self._connect()
            self.ears.said.put_nowait(Ended(**self._pace.sent, seconds=round(time.monotonic() - began, 2)))

    def _links_to(self, options: Options) -> list[Link]:
        try:
            return links(options.prefix)
        except (OSError, ValueError) as error:
            self.ears.remark(f"this machine doesn't tell its networks, so everything counts as beyond a router: {error}")
            return []

    def _link(self, address: IPv4Address) -> Link | None:
        return next((link for link in self._links if address in link.network), None)

    # --- questions ---

    def _listen(self, stack: contextlib.ExitStack) -> None:
        for how, probe in PROBES.items():
            sock = self._sockets[how] = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
            if probe.answers_group and not self._options.addresses:
                self._join(sock, how)
            self._watch(sock, functools.partial(self._hear_datagram, how), stack)

    def _join(self, sock: socket.socket, how: str) -> None:
        """Where another program has the port, only the answers to the group are lost."""
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("", PROBES[how].port))
            for link in self._links:
                membership = socket.inet_aton(PROBES[how].group) + link.own.packed
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        except OSError as error:
            self.ears.remark(f"devices that answer {how} to its group can't be heard here: {error.strerror}")

    def _watch(self, sock: socket.socket, heard: Callable[[], None], stack: contextlib.ExitStack) -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(sock, heard)
        stack.callback(loop.remove_reader, sock)

    async def _ask_groups(self) -> None:
        """Only on segments where we have an address in the prefix, and not when addresses are named."""
        reached = [link for link in self._links if link.own in self._options.prefix and not self._options.addresses]
        if not reached and not self._options.addresses:
            self.ears.remark(f"this machine has no address in {self._options.prefix}, so no group was asked, only addresses")
        for link in reached:
            for how, probe in PROBES.items():
                for question in probe.ask():
                    await self._pace.take("packets")
                    self._send(how, question, probe.group, link)

    def _send(self, how: str, question: bytes, address: str, link: Link | None = None) -> None:
        self._answers_until = time.monotonic() + ANSWER_S
        try:
            if link is not None:
                self._sockets[how].setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, link.own.packed)
            self._sockets[how].sendto(question, (address, PROBES[how].port))
        except OSError as error:
            self.ears.remark(f"{address} couldn't be asked by {how}: {error.strerror}")

    async def _ask_neighbours(self, link: Link, asker: Arp | Nudge, price: int) -> None:
        """For every address on this segment that hasn't spoken yet, whether somebody has it."""
        ends = (link.network.network_address, link.network.broadcast_address)
        resolved = {address for address, _ in self.ears.resolved}
        for address in (one for one, where in self._targets.items() if where == link and one not in ends and one not in resolved):
            await self._pace.take("packets", price)
            try:
                asker.ask(address)
            except OSError as error:
                self.ears.remark(f"{address} couldn't be asked for on {link.interface}: {error.strerror}")
        await asyncio.sleep(SETTLE_S)

    def _asker(self, link: Link, stack: contextlib.ExitStack) -> tuple[Arp | Nudge, int]:
        """Who asks on this segment, and how many packets that may be for an address."""
        try:
            arp = Arp(link)
        except OSError as error:
            self.ears.remark(f"only root asks for neighbours itself; the kernel does it at a third of the speed: {error.strerror}")
            nudge = Nudge()
            stack.enter_context(nudge.sock)
            return nudge, KERNEL_TRIES
        self._arp = True
        stack.enter_context(arp.sock)
        self._watch(arp.sock, functools.partial(self._hear_arp, arp), stack)
        return arp, 1

    async def _ask_each(self) -> None:
        """At its own address whoever has not spoken: a firewall here lets no answer to a group in, and no group reaches beyond a router."""
        for address in sorted(self.ears.alive & self._targets.keys()):
            for how, probe in PROBES.items():
                if probe.to_one and (address, how) not in self.ears.speakers | self._asked:
                    self._asked.add((address, how))
                    await self._greet(address)
                    await self._pace.take("packets")
                    self._send(how, probe.ask()[0], str(address))

    # --- answers ---

    def _hear_datagram(self, how: str) -> None:
        try:
            data, (source, _) = self._sockets[how].recvfrom(65535)
        except OSError:
            return
        for says in self.ears.hear_datagram(how, data, source):
            if how == "ssdp" and "url" in says:
                self._start(self._describe(IPv4Address(source), says["url"]))

    def _hear_arp(self, arp: Arp) -> None:
        try:
            answer = arp.answer()
        except OSError:
            return
        if answer is not None and answer[0] in self._targets:
            self.ears.hear(answer[0], "neighbour", says={"mac": answer[1]})

    def _look_up(self) -> None:
        """What the kernel learnt. Where we asked ourselves, who was silent is gone, even if the kernel still remembers it."""
        for address, mac, state in neighbours():
            on_link = self._targets.get(address) is not None and (address, mac) not in self.ears.resolved
            if on_link and (address in self.ears.alive or not self._arp):
                self.ears.hear(address, "neighbour", says={"mac": mac, "state": "" if state in ("reachable", "permanent") else state})

    # --- ports and pages ---

    async def _connect(self) -> None:
        """To every port of whoever is there (beyond a router: of everybody), and where a device says that its web server is."""
        while todo := self._untried():
            for address, port in todo:
                await self._greet(address)
                await self._pace.take("connects")
                self._start(self._try(address, port))
            while self._tasks:
                await asyncio.wait(self._tasks)

    def _untried(self) -> list[tuple[IPv4Address, int]]:
        """Port by port, so that no device gets all at once."""
        self._look_up()
        asked = [address for address, link in self._targets.items() if link is None or address in self.ears.alive]
        pairs = itertools.chain(((address, port) for port in self._options.ports for address in asked), sorted(self.ears.web))
        todo = [pair for pair in dict.fromkeys(pairs) if pair not in self._tried and pair[0] in self._targets]
        self._tried.update(todo)
        return todo

    async def _greet(self, address: IPv4Address) -> None:
        """The kernel asks a neighbour for its hardware address before the first packet to it; that counts too."""
        if self._targets[address] is not None and address not in self._greeted:
            self._greeted.add(address)
            await self._pace.take("packets")

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.ears.remark(f"an answer couldn't be looked at: {error!r}")

    async def _try(self, address: IPv4Address, port: int) -> None:
        opened = await knock(address, port, self.ears.remark)
        if opened is None and address in self.ears.alive:
            await self._pace.take("connects")  # a packet may have been lost
            opened = await knock(address, port, self.ears.remark)
        if not opened:
            return
        self.ears.hear(address, "port", port)
        how = "rtsp" if port in RTSP else "http" if port in (*HTTP, *TLS) or (address, port) in self.ears.web else ""
        if how:
            question = get("/", address) if how == "http" else f"OPTIONS rtsp://{address}:{port}/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"
            await self._pace.take("connects")
            says = read_banner(await page(address, port, question, port in TLS))
            if says:
                self.ears.hear(address, how, port, says)

    async def _describe(self, address: IPv4Address, url: str) -> None:
        """What a UPnP device says of itself, at an address that must be its own."""
        try:
            parts = urlsplit(url)
            port = parts.port or 80
        except ValueError:
            return
        if parts.scheme != "http" or parts.hostname != str(address) or address not in self._targets:
            return
        await self._pace.take("connects")
        try:
            says = read_description(await page(address, port, get(parts.path or "/", address), tls=False))
        except ValueError as error:
            self.ears.remark(f"{address} describes itself with what can't be read: {error}")
            return
        if says:
            self.ears.hear(address, "ssdp", port, says)
