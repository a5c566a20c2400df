"""`motcua record`: what a real device answers, without its secrets, in a file that a test replays."""

from __future__ import annotations

import asyncio
import getpass
import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.accounts import Login
from ansible_collections.motcua.cctv.plugins.plugin_utils.conversation import Device
from ansible_collections.motcua.cctv.plugins.plugin_utils.dialects import Target
from ansible_collections.motcua.cctv.plugins.plugin_utils.diff import Running
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import read
from ansible_collections.motcua.cctv.plugins.plugin_utils.transport import Credential, Exchange
from ansible_collections.motcua.cctv.plugins.plugin_utils.trust import Trust
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import vendor_named

DEFAULT_PORTS = {"https": 443, "http": 80}
SECRET = "pass(?:word|wd)?|pwd|secret|community|verificationcode|privatekey|sharedkey|encryptionkey"  # noqa: S105  names of secrets
PLAIN = ("yes", "no", "on", "off", "true", "false", "0", "1")  # a switch that has a secret in its name is none
HIDDEN = (
    re.compile(rf"(<(?:[\w.-]+:)?[\w.-]*(?:{SECRET})[\w.-]*(?:\s[^>]*)?>)([^<]+)(?=</)", re.IGNORECASE),
    re.compile(rf'("[^"]*(?:{SECRET})[^"]*"\s*:\s*")([^"]+)(?=")', re.IGNORECASE),
    re.compile(rf"(^[\w.\[\]:-]*(?:{SECRET})[\w.\[\]:-]*=)([^\r\n]+)", re.IGNORECASE | re.MULTILINE),
)
MAC = re.compile(r"\b((?:[0-9a-f]{2}[:-]){3})(?:[0-9a-f]{2}[:-]){2}[0-9a-f]{2}\b", re.IGNORECASE)
ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
SOAP = re.compile(rb"<(?:\w+:)?Body>.*</(?:\w+:)?Body>", re.DOTALL)


@dataclass(frozen=True)
class Mask:
    """What is written instead of what only one device has."""

    words: Mapping[str, str]

    def text(self, text: str) -> str:
        """A text without secrets, serial numbers, the devices' own part of MAC addresses, public addresses and people's account names."""
        for pattern in HIDDEN:
            text = pattern.sub(lambda match: match[0] if match[2].lower() in PLAIN else match[1], text)
        for word, instead in self.words.items():
            text = text.replace(word, instead)
        text = MAC.sub(lambda match: f"{match[1]}00{match[1][2]}00{match[1][2]}00", text)
        return ADDRESS.sub(lambda match: _address(match[0]), text)

    def tree(self, value: Any) -> Any:
        """The same for all texts of a tree."""
        if isinstance(value, dict):
            return {self.text(key): self.tree(below) for key, below in value.items()}
        if isinstance(value, list):
            return [self.tree(below) for below in value]
        return self.text(value) if isinstance(value, str) else value


def mask(running: Iterable[Running], password: str, kept: str) -> Mask:
    """The mask for a device; ``kept`` is the account that everybody has."""
    words = {password: ""} if password else {}
    people: dict[str, None] = {}
    for one in running:
        model, serial = (str(one.values.get(f"identity.{key}") or "") for key in ("model", "serial"))
        begin = len(model) if model and serial.startswith(model) else 0
        if serial:
            words[serial] = serial[:begin] + re.sub("[0-9]", "0", re.sub("[A-Za-z]", "A", serial[begin:]))
        people |= dict.fromkeys(name for key in ("users", "onvif_users") for name in one.rows.get(key, {}) if name not in (kept, ""))
    return Mask(words | {name: f"person{number}" for number, name in enumerate(people, 1)})


def _address(text: str) -> str:
    try:
        return text if not IPv4Address(text).is_global else "192.0.2.1"
    except ValueError:  # four numbers of something else
        return text


def record(
    host: Annotated[str, typer.Argument(help="the device's address")],
    vendor: Annotated[str, typer.Option(help="whose table and dialect to use")],
    user: Annotated[str, typer.Option(help="an account that may read everything")],
    folder: Annotated[Path, typer.Option(help="where the recording goes")] = Path("tests/recordings"),
    role: Annotated[str, typer.Option(help="camera or nvr")] = "camera",
    scheme: Annotated[str, typer.Option(help="https or http")] = "https",
    port: Annotated[int | None, typer.Option(help="443 or 80 unless given")] = None,
) -> None:
    """Read everything that the vendor's table asks for, and write it down without what is secret. Nothing is changed at the device.

    The password is asked for, or read as the first line of the input: in a command everybody on the machine could see it.
    """
    password = getpass.getpass(f"Password of {user} at {host}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if scheme not in DEFAULT_PORTS:
        raise ModelError(f"--scheme {scheme}: is not known; write 'https' or 'http'")
    exchanges: list[Exchange] = []
    table = vendor_named(vendor)
    where = port or DEFAULT_PORTS[scheme]

    def target(login: Login | None) -> Target:
        credential = None if login is None else login.credential
        return Target(host, host, where, scheme, Trust(host), credential, exchanges.append)

    roles = ("nvr", "channel") if role == "nvr" else (role,)
    login = Login(Credential(user, password))
    states = {name: asyncio.run(read(Device(host, table, name, 1, target, [login]))) for name in roles}
    masked = mask(states.values(), password, table.factory_user)
    content = {
        "vendor": vendor,
        "state": {name: masked.tree({"values": dict(state.values), "rows": dict(state.rows)}) for name, state in states.items()},
        "exchanges": [_written(one, masked) for one in exchanges if one.answer.status != 401 and "RPC2_Login" not in one.target],
    }
    values = states[roles[0]].values
    name = "-".join(re.sub(r"[^\w.]+", "_", str(values.get(f"identity.{key}", "unknown"))) for key in ("model", "firmware"))
    path = folder / f"{vendor}-{masked.text(name)}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ModelError(f"--folder {folder}: can't be written ({error.strerror}); name another folder") from None
    typer.echo(f"{path}: {len(exchanges)} answers. Look through it before you give it away: names of places and pictures' texts are kept.")


def _written(exchange: Exchange, masked: Mask) -> dict[str, Any]:
    answer = exchange.answer
    return {
        "method": exchange.method,
        "target": masked.text(exchange.target),
        "asked": masked.text(asked(exchange.body)),
        "status": answer.status,
        "content_type": answer.headers.get("content-type", ""),
        "answer": masked.text(answer.text),
    }


def asked(body: bytes) -> str:
    """A request's body by what it asks for, without what differs each time: a SOAP token, an RPC session."""
    if body.startswith(b"{") and b'"session"' in body:
        call = json.loads(body)
        return json.dumps({"method": call.get("method"), "params": call.get("params")}, ensure_ascii=False, sort_keys=True)
    soap = SOAP.search(body)
    return (soap[0] if soap else body).decode("utf-8", "replace")
