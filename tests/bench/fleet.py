"""Hikvision cameras that only answer, as many as are wanted: each at a loopback address of its own, ISAPI over HTTPS with digest, without delay.

`python -m tests.bench.fleet FOLDER PORT FIRST LAST CAMERAS` is some of them; it prints `ready` when they listen. Numbers beyond CAMERAS are
recorders of four channels.
"""

import asyncio
import contextlib
import itertools
import json
import ssl
import subprocess
import sys
import time
import urllib.request
from ipaddress import IPv4Address

from tests.emulators import isapi_documents as documents
from tests.emulators.http import REASONS, Digest, Request, certificate

USER, PASSWORD = "admin", "hik12345"
BEFORE_THE_FIRST = IPv4Address("127.64.0.0")
PROCESSES = 2
NO_LOCK = 0


def address(number):
    return str(BEFORE_THE_FIRST + number)


def serial(number):
    return f"DS-2CD2143G2-I20230101AAWRJ{number:08}"


def answers(number, *, recorder=False):
    """Path to document: what a camera in use has, with a card to record on; or what a recorder has."""
    mac = f"44:19:b6:00:{number >> 8:02x}:{number & 255:02x}"
    config = {"mac": mac, "model": "DS-2CD2143G2-I", "serial": serial(number), "address": address(number), "gateway": "127.64.255.254"}
    user = "<User><id>{}</id><userName>{}</userName><{kind}>{}</{kind}></User>"
    lists = {
        "users": [(1, USER, "Administrator"), (2, "motcua-view", "Viewer")],
        "ONVIF/users": [(1, "motcua-view", "mediaUser")],
    }
    users = {
        f"/ISAPI/Security/{at}": f'<UserList version="2.0" xmlns="{documents.V20}">'
        + "".join(user.format(*row, kind="userType" if "ONVIF" in at else "userLevel") for row in rows)
        + "</UserList>"
        for at, rows in lists.items()
    }
    clock = f'<Time version="2.0" xmlns="{documents.V20}"><timeMode>NTP</timeMode><localTime>2026-11-26T08:00:00+07:00</localTime><timeZone>CST-7:00:00</timeZone></Time>'
    if recorder:
        config |= {"firmware": "V4.74.210", "firmware_date": "build 240826", "channels": []}
        return documents.nvr(config) | users | {"/ISAPI/System/time": clock, "/ISAPI/ContentMgmt/InputProxy/channels": channels()}
    return (
        documents.camera(config | {"firmware": "V5.7.18", "firmware_date": "build 240826"})
        | users
        | {
            "/ISAPI/System/Video/inputs/channels/1": f'<VideoInputChannel version="2.0" xmlns="{documents.V20}"><id>1</id><inputPort>1</inputPort><name>Quầy tiếp nhận {number}</name><videoFormat>PAL</videoFormat></VideoInputChannel>',
            "/ISAPI/System/time": clock,
            "/ISAPI/ContentMgmt/record/tracks/101": documents.track(1),
            "/ISAPI/ContentMgmt/Storage": f'<storage version="2.0" xmlns="{documents.V20}"><hddList size="1"><hdd><id>1</id><hddName>hdda</hddName><hddType>SD</hddType><status>ok</status><capacity>121920</capacity><freeSpace>0</freeSpace><property>RW</property></hdd></hddList></storage>',
        }
    )


def channels():
    """The four cameras that a recorder pulls."""
    row = (
        "<InputProxyChannel><id>{n}</id><name>Camera {n}</name><sourceInputPortDescriptor><proxyProtocol>HIKVISION</proxyProtocol><addressingFormatType>ipaddress"
        "</addressingFormatType><ipAddress>192.168.254.{n}</ipAddress><managePortNo>8000</managePortNo><srcInputPort>1</srcInputPort><userName>admin</userName>"
        "<streamType>auto</streamType></sourceInputPortDescriptor></InputProxyChannel>"
    )
    inner = "".join(row.format(n=number) for number in range(1, 5))
    return f'<InputProxyChannelList version="2.0" xmlns="{documents.ISAPI}">{inner}</InputProxyChannelList>'


class Camera:
    """One camera's documents, and what it was asked."""

    def __init__(self, number, *, recorder=False):
        self._documents = {path: text.encode() for path, text in answers(number, recorder=recorder).items()}
        self._digest = Digest(f"IP CAMERA({number})", lambda: {USER: {"password": PASSWORD}}, NO_LOCK)
        self._asked = []

    def answer(self, request):
        """(status, body, more headers)."""
        if request.target == "/bench":
            return 200, json.dumps({"asked": self._asked, "cpu_s": time.process_time()}).encode(), ""
        self._asked.append(request.target)
        user, _, _ = self._digest.user_of(request)
        if user is None:
            return 401, b"<userCheck><statusValue>401</statusValue></userCheck>", f"WWW-Authenticate: {self._digest.challenge()}\r\n"
        if request.method != "GET" or request.path not in self._documents:
            return 403, b"<ResponseStatus><statusCode>4</statusCode><subStatusCode>notSupport</subStatusCode></ResponseStatus>", ""
        return 200, self._documents[request.path], ""


class Connection(asyncio.Protocol):
    """One connection to the camera whose address was called; requests have no body, because nothing is to be written."""

    def __init__(self, cameras):
        self._cameras, self._read = cameras, b""

    def connection_made(self, transport):
        self._transport = transport
        self._camera = self._cameras[transport.get_extra_info("sockname")[0]]
        self._peer = transport.get_extra_info("peername")[0]

    def data_received(self, data):
        self._read += data
        while b"\r\n\r\n" in self._read:
            head, _, self._read = self._read.partition(b"\r\n\r\n")
            line, *rest = head.decode("latin-1").split("\r\n")
            method, target, _ = line.split()
            headers = {key.lower(): value.strip() for key, _, value in (row.partition(":") for row in rest)}
            status, body, more = self._camera.answer(Request(method, target, headers, b"", self._peer))
            close = headers.get("connection", "").lower() == "close"
            start = f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
            self._transport.write(f"{start}{more}Connection: {'close' if close else 'keep-alive'}\r\n\r\n".encode() + body)
            if close:
                self._transport.close()


@contextlib.contextmanager
def fleet(folder, port, cameras, recorders=0):
    """So many cameras, numbered from 1, and recorders after them, in two processes."""
    certificate(folder, "camera")
    count = cameras + recorders
    ends = [count * part // PROCESSES for part in range(PROCESSES + 1)]
    parts = [(first + 1, last) for first, last in itertools.pairwise(ends)]
    running = [
        subprocess.Popen([sys.executable, "-m", "tests.bench.fleet", *map(str, (folder, port, *part, cameras))], stdout=subprocess.PIPE)
        for part in parts
    ]
    try:
        for process in running:
            assert process.stdout.readline().strip() == b"ready"
        yield
    finally:
        for process in running:
            process.kill()
            process.communicate()


def said(port, number):
    """What a camera was asked since it runs, and the CPU seconds of the process that it runs in."""
    with urllib.request.urlopen(f"https://{address(number)}:{port}/bench", context=ssl._create_unverified_context(), timeout=10) as answer:
        return json.load(answer)


async def main(folder, port, first, last, cameras):
    """Run until killed. One key for all: that the keys differ costs neither side anything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder, "camera"))
    devices = {address(number): Camera(number, recorder=number > cameras) for number in range(first, last + 1)}
    server = await asyncio.get_running_loop().create_server(lambda: Connection(devices), list(devices), port, ssl=context)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
