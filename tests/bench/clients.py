"""The same conversations with nothing but clients: the floor, which is bare asyncio in one process, and threads as a Nornir user writes them.

`python -m tests.bench.clients floor|threads FILE` has them with the devices of FILE (`conversations`), parses every document, and prints one line
of JSON: seconds on the wall, seconds of CPU, how many documents, and who failed. Starting Python and importing isn't counted.
"""

import asyncio
import hashlib
import json
import re
import ssl
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import aiohttp
import asyncssh
import paramiko
import requests
from requests.auth import HTTPDigestAuth

from tests.fleet.models import FACTS, PASSWORD

USER = "motcua"
SHELLS = ("ios", "vyos14")  # they take lines as somebody types them
PROMPT = re.compile(r"[\w@:~.()-]+[#>$] ?$")
LOGIN, RPC = "/RPC2_Login", "/RPC2"


def installers(device):
    """How the installer logged in."""
    return FACTS.get(device.kind, {}).get("factory_user", "admin"), PASSWORD


def conversations(running, devices, at_once, login=installers):
    """What a fleet's devices were asked lately, as one conversation for each kind: all that both clients need. ``login``: device -> (user, password)."""
    said = {}
    for device in devices:
        kind = f"{device.role}/{device.kind}"
        if kind not in said:
            asked = running.asked(device.number)
            said[kind] = asked if device.role == "router" else [row[:4] for row in asked if row[4] != 401]
            assert said[kind], f"nobody has asked {device.host}"
    rows = [
        [device.host, running.layout.address(device), running.layout.port(device), device.role, device.kind, login(device)]
        for device in devices
    ]
    return {"key": str(running.folder / "id_ed25519"), "at_once": at_once, "said": said, "devices": rows}


def parsed(text):
    """A document as what it is: XML, JSON, or lines of key=value."""
    start = text.lstrip()[:1]
    if start == "<":
        return ElementTree.fromstring(text)
    if start in "{[" and start:
        return json.loads(text)
    return dict(line.partition("=")[::2] for line in text.splitlines())


class Session:
    """Dahua's own login: what is sent after it names the session that it gave."""

    def __init__(self, user, password):
        self._user, self._password, self._challenge, self._number = user, password, {}, None

    def fill(self, target, body):
        """The body, with this session's own values."""
        if target not in (LOGIN, RPC):
            return body
        content = json.loads(body)
        if target == LOGIN and self._challenge:
            params = self._challenge["params"]
            half = md5(f"{self._user}:{params['realm']}:{self._password}")
            content["params"]["password"] = md5(f"{self._user}:{params['random']}:{half}")
        if self._number is not None:
            content["session"] = self._number
        return json.dumps(content)

    def learn(self, target, document):
        """What the device said to a login."""
        if target == LOGIN and isinstance(document, dict):
            self._challenge, self._number = (
                document if "random" in (document.get("params") or {}) else {},
                document.get("session", self._number),
            )


def md5(text):
    return hashlib.md5(text.encode()).hexdigest().upper()


# --- the floor ---


async def floor(given):
    """Everybody at once, as many as there is room for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    room, key = asyncio.Semaphore(given["at_once"]), asyncssh.read_private_key(given["key"])

    async def one(host, address, port, role, kind, login):
        said = given["said"][f"{role}/{kind}"]
        try:
            async with room:
                return await (typed(address, port, kind, said, key) if role == "router" else read(address, port, login, said, context))
        except (OSError, aiohttp.ClientError, asyncssh.Error, ValueError, ElementTree.ParseError) as error:
            return f"{host}: {error!r}"

    return await asyncio.gather(*(one(*device) for device in given["devices"]))


async def read(address, port, user, said, context):
    """A camera's or recorder's documents, each parsed; how many."""
    login, own = aiohttp.DigestAuthMiddleware(*user, preemptive=True), Session(*user)
    connector = aiohttp.TCPConnector(ssl=context, limit=1)
    async with aiohttp.ClientSession(f"https://{address}:{port}", connector=connector, middlewares=(login,)) as session:
        for method, target, headers, body in said:
            async with session.request(method, target, headers=headers, data=own.fill(target, body) or None) as answer:
                own.learn(target, parsed(await answer.text()))
    return len(said)


async def typed(address, port, kind, lines, key):
    """A router's answers, each taken apart; how many."""
    async with asyncssh.connect(address, port, username=USER, client_keys=[key], known_hosts=None, agent_path=None, config=None) as session:
        if kind in SHELLS:
            answers = await at_a_prompt(session, lines)
        else:
            answers = [(await session.run(line)).stdout for line in lines]
    return len([[line.split() for line in answer.splitlines()] for answer in answers])


async def at_a_prompt(session, lines):
    """What each line is answered in one login's shell."""
    async with session.create_process(term_type="vt100", term_size=(512, 1000)) as process:
        await until_prompt(process)
        answers = []
        for line in lines:
            process.stdin.write(f"{line}\n")
            answers.append(await until_prompt(process))
    return answers


async def until_prompt(process):
    said = ""
    while not PROMPT.search(said.rpartition("\n")[2]):
        piece = await process.stdout.read(1 << 16)
        if not piece:
            raise ConnectionAbortedError("no prompt")
        said += piece
    return said


# --- threads ---


def threads(given):
    """A pool of workers, `requests` and paramiko: what one writes for Nornir's threaded runner."""

    def one(device):
        host, address, port, role, kind, login = device
        said = given["said"][f"{role}/{kind}"]
        try:
            return paramiko_typed(address, port, kind, said, given["key"]) if role == "router" else requested(address, port, login, said)
        except (OSError, requests.RequestException, paramiko.SSHException, ValueError, ElementTree.ParseError) as error:
            return f"{host}: {error!r}"

    with ThreadPoolExecutor(given["at_once"]) as pool:
        return list(pool.map(one, given["devices"]))


def requested(address, port, login, said):
    own = Session(*login)
    with requests.Session() as session:
        session.auth, session.verify, session.trust_env = HTTPDigestAuth(*login), False, False
        for method, target, headers, body in said:
            data = own.fill(target, body).encode() or None
            answer = session.request(method, f"https://{address}:{port}{target}", headers=headers, data=data, timeout=60)
            own.learn(target, parsed(answer.text))
    return len(said)


def paramiko_typed(address, port, kind, lines, key):
    with paramiko.SSHClient() as session:
        session.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        session.connect(address, port, USER, key_filename=key, allow_agent=False, look_for_keys=False)
        if kind in SHELLS:
            shell = session.invoke_shell(width=512, height=1000)
            paramiko_until_prompt(shell)
            answers = []
            for line in lines:
                shell.send(f"{line}\n".encode())
                answers.append(paramiko_until_prompt(shell))
        else:
            answers = [session.exec_command(line)[1].read().decode() for line in lines]
    return len([[line.split() for line in answer.splitlines()] for answer in answers])


def paramiko_until_prompt(shell):
    said = ""
    while not PROMPT.search(said.rpartition("\n")[2]):
        piece = shell.recv(1 << 16)
        if not piece:
            raise ConnectionAbortedError("no prompt")
        said += piece.decode()
    return said


def main(which, path):
    given = json.loads(Path(path).read_text())
    warnings.simplefilter("ignore")  # that certificates aren't checked
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    found = asyncio.run(floor(given)) if which == "floor" else threads(given)
    told = {"wall_s": time.perf_counter() - wall_s, "cpu_s": time.process_time() - cpu_s}
    told |= {"documents": sum(one for one in found if isinstance(one, int)), "failed": [one for one in found if isinstance(one, str)]}
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
