"""A small network of namespaces for tests: a switch, who looks, and devices. Nothing of it ever stands in the root namespace; root only."""

import asyncio
import contextlib
import ctypes
import itertools
import json
import os
import select
import socket
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

from tests.unit.wire import CLIPS, FACTORY, READY_SECONDS, SYSTEM_PYTHON

CLONE_NEWNET = 0x40000000
_numbers = itertools.count()
_libc = ctypes.CDLL(None, use_errno=True)


def ip(*arguments, stdin=None):
    subprocess.run(["ip", *arguments], input=stdin, text=True, check=True, capture_output=True)


def possible():
    """Whether this machine lets us make namespaces."""
    return os.geteuid() == 0 and subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode == 0


class Segment:
    """One switch. ``look`` is the namespace of who looks at it, with the first address of the prefix."""

    def __init__(self, prefix="192.168.77.0/24", own=None):
        self._tag, self._stack, self._ports = f"mt-{os.getpid()}-{next(_numbers)}", contextlib.ExitStack(), itertools.count()
        self.prefix = prefix
        self._own = own or f"{prefix.rpartition('.')[0]}.1/{prefix.partition('/')[2]}"

    def __enter__(self):
        try:
            self.switch = self.namespace("switch")
            ip("-n", self.switch, "link", "add", "name", "bridge", "type", "bridge", "forward_delay", "0")
            ip("-n", self.switch, "link", "set", "bridge", "up")
            self.look = self.host("look", self._own)
            self.fakes = self._stack.enter_context(Fakes())
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_):
        self._stack.close()

    def namespace(self, name):
        whole = f"{self._tag}-{name}"
        ip("netns", "add", whole)
        self._stack.callback(ip, "netns", "del", whole)
        ip("-n", whole, "link", "set", "lo", "up")
        return whole

    def host(self, name, address, mac=None):
        """A namespace on the switch; its interface is ``lan``."""
        namespace = self.namespace(name)
        self.plug(namespace, "lan", address, mac)
        return namespace

    def plug(self, namespace, interface, address, mac=None):
        """One more cable from the switch."""
        port = f"p{next(self._ports)}"
        ip("-n", self.switch, "link", "add", port, "type", "veth", "peer", "name", interface, "netns", namespace)
        ip("-n", self.switch, "link", "set", port, "master", "bridge", "up")
        lines = [f"link set {interface} address {mac}"] if mac else []
        lines += [f"address add {address} dev {interface}", f"link set {interface} up"]
        ip("-n", namespace, "-batch", "-", stdin="\n".join(lines) + "\n")

    def fake(self, name, address, mac=None, udp=(), tcp=(), gateway=None):
        """A device that a test writes, by port. ``udp``: from a question to answers. ``tcp``: a coroutine of the first bytes and a writer."""
        namespace = self.host(name, address, mac)
        if gateway:
            ip("-n", namespace, "route", "add", "default", "via", gateway)
        return self.fakes.add(namespace, address.partition("/")[0], dict(udp), dict(tcp))

    @contextlib.contextmanager
    def emulated(self, folder, kind, address, **changes):
        """An emulated device; its hand is ``control`` in what this gives."""
        config = {
            "name": kind,
            "kind": kind,
            "address": address.partition("/")[0],
            "prefix_length": 24,
            "gateway": None,
            "factory_user": FACTORY[0],
            "factory_password": FACTORY[1],
            "clock_offset_s": 0,
            "pause_s": 1,
            "lock_s": 20,
            "ports": {"http": 80, "https": 443, "rtsp": 554},
            "clips": CLIPS,
            "channels": [],
            "quirks": {},
        } | changes
        name = config["name"]
        config |= {"state": str(folder / f"{name}.state"), "control": str(folder / f"{name}.sock")}
        (folder / f"{name}.json").write_text(json.dumps(config))
        namespace = self.host(name, address, config["mac"])
        command = ["ip", "netns", "exec", namespace, SYSTEM_PYTHON, "-m", "tests.emulators", str(folder / f"{name}.json")]
        with (folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        try:
            yield process, config
        finally:
            process.kill()
            process.communicate()

    def filter(self, namespace, hook, *rules, policy="accept"):
        """Rules of nftables for what comes in ("input") or goes out ("output")."""
        chain = "\n".join((f"type filter hook {hook} priority 0; policy {policy};", *rules))
        subprocess.run(
            ["ip", "netns", "exec", namespace, "nft", "-f", "-"],
            input=f"table ip test {{ chain {hook} {{\n{chain}\n}}\n}}\n",
            text=True,
            check=True,
        )


def ready(process, config):
    """Wait until an emulated device is."""
    readable, _, _ = select.select([process.stdout], [], [], READY_SECONDS)
    assert readable and process.stdout.readline().strip() == b"ready", Path(config["state"]).with_suffix(".log").read_text()


def inside(namespace, call):
    """What ``call`` gives when a thread calls it in that namespace: sockets stay there."""
    result = []

    def enter():
        with open(f"/run/netns/{namespace}") as file:
            if _libc.setns(file.fileno(), CLONE_NEWNET):
                result.append(OSError(ctypes.get_errno(), f"no way into {namespace}"))
                return
        try:
            result.append(call())
        except OSError as error:
            result.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    if isinstance(result[0], OSError):
        raise result[0]
    return result[0]


# --- devices that tests write ---


@dataclass
class Fake:
    """``questions``: (port, bytes) of every datagram and of every connection's first bytes."""

    questions: list = field(default_factory=list)

    def on(self, port):
        return [data for at, data in self.questions if at == port]


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, fake, port, answer):
        self._fake, self._port, self._answer = fake, port, answer

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, source):
        self._fake.questions.append((self._port, data))
        for piece in self._answer(data):
            self._transport.sendto(piece, source)


class Fakes:
    """All of a test's, in one thread."""

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        async def end():
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

        self._call(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def add(self, namespace, address, udp, tcp):
        fake = Fake()
        for port, answer in udp.items():
            sock = inside(namespace, lambda port=port: _datagram_socket(address, port))
            made = self._loop.create_datagram_endpoint(lambda port=port, answer=answer: _Datagrams(fake, port, answer), sock=sock)
            self._call(made)
        for port, answer in tcp.items():
            sock = inside(namespace, lambda port=port: socket.create_server(("", port)))
            self._call(asyncio.start_server(_serving(fake, port, answer), sock=sock))
        return fake


def _datagram_socket(address, port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("", port))
    for group in ("239.255.255.250", "239.255.255.251"):
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(address))
    return sock


def _serving(fake, port, answer):
    async def serve(reader, writer):
        with contextlib.suppress(ConnectionError):
            data = await reader.read(4096)
            if data:
                fake.questions.append((port, data))
                await answer(data, writer)
        writer.close()

    return serve


def says(*pieces, pause_s=0.0):
    """A TCP answer in pieces."""

    async def answer(_, writer):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return answer
