"""A survey of emulated devices on loopback, each at its own address, without the discovery that only a real LAN has."""

import asyncio
import contextlib
import json
from unittest import mock

from ansible_collections.motcua.cctv.plugins.plugin_utils.discovery import Heard, Pace
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.credentials import Account
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.device import Wish
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.everybody import survey
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.journal import Journal
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.reach import AtTheOffice
from ansible_collections.motcua.cctv.plugins.plugin_utils.transport import Credential

from tests.unit.test_engine import KINDS
from tests.unit.wire import FACTORY, emulated

HEAD = {"site": "a", "prefix": "127.0.0.0/24", "from": "office", "rate_per_s": 500}
RIGHT = Account(Credential(*FACTORY))
ROOT = Account(Credential("root", FACTORY[1]), vendor="axis")
ACCOUNTS = (RIGHT, ROOT)
CHANNEL = {"number": 2, "address": "127.0.0.99", "user": "admin", "password": "x", "name": "Quầy số 2", "private": False}
RECORDERS = {
    "hikvision-nvr": {"model": "DS-7608NXI-K2", "channels": [CHANNEL]},
    "dahua-nvr": {"model": "KX-C4K8108N2", "serial": "KX-C4K8108N2ABC", "channels": [CHANNEL]},
    "uniview-nvr": {"model": "NVR302-16S2", "serial": "210235", "channels": [CHANNEL]},
}


def wrong(*passwords):
    return tuple(Account(Credential("admin", password)) for password in passwords)


def heard(device):
    """What discovery would have heard on its ports."""
    address, ports = device.config["address"], device.ports
    pages = [Heard(address, device.config["mac"], "http", ports[name], {"status": "401"}) for name in ("https", "http")]
    return [*pages, Heard(address, None, "rtsp", ports["rtsp"], {"status": "200"})]


class Office:
    """Emulated devices, and surveys of them."""

    def __init__(self, folder):
        self.folder, self._stack, self.devices = folder, contextlib.ExitStack(), {}
        self.path = folder / "a.survey.json"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()

    def add(self, kind, **changes):
        address = f"127.0.0.{2 + len(self.devices)}"
        folder = self.folder / address
        folder.mkdir()
        defaults = RECORDERS.get(kind) or KINDS[kind.partition("-")[0]]
        device = self._stack.enter_context(emulated(kind, folder, **({"address": address} | defaults | changes)))
        self.devices[address] = device
        return device

    def survey(self, accounts=ACCOUNTS, found=None, end=True, **wish):
        """The survey's file as it is afterwards."""
        found = {address: heard(device) for address, device in self.devices.items()} | (found or {})
        journal = Journal(self.path, HEAD)
        asyncio.run(survey(found, Wish("a", accounts, **({"seconds": 0} | wish)), AtTheOffice(), journal, Pace(HEAD["rate_per_s"])))
        if end:
            journal.end()
        return self.content()

    def content(self):
        return json.loads(self.path.read_text())

    def one(self, *arguments, **wish):
        """The only device's entry."""
        (record,) = self.survey(*arguments, **wish)["devices"]
        return record


def quiet():
    """No second for a stream to settle."""
    return mock.patch("ansible_collections.motcua.cctv.plugins.plugin_utils.rtsp.SETTLE_SECONDS", 0.0)
