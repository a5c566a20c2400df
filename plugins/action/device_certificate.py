"""Give one device a certificate of the province's authority. The module of the same name is its documentation."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import Any

from cryptography import x509

from ..plugin_utils import pki
from ..plugin_utils.action import DeviceAction
from ..plugin_utils.connection import Rim, plain
from ..plugin_utils.conversation import Device, conversation
from ..plugin_utils.errors import ModelError
from ..plugin_utils.operations import allowed, certificate_due, certify

RENEW_DAYS = 30


class ActionModule(DeviceAction):
    """The device's key never leaves it; the authority's key never leaves the controller."""

    more = ("days", "renew_days", "renew")

    async def work(self, rim: Rim, options: dict[str, Any], variables: Any, _bound: asyncio.Timeout) -> None:
        """Sign the task's host, when its certificate is due."""
        device, store = rim.device(), rim.store
        if store is None or not store.exists:
            raise ModelError(f"{device.name}: the province has no authority yet; 'motcua pki request' begins one, see docs/pki.md")
        allowed(device, "certificate")
        async with conversation(device) as talk:
            trust = talk.target.trust
        shown = trust.certificate
        self.said |= {"changed": False, "subject": shown.subject if shown else None, "expires": _text(shown.expires if shown else None)}
        if not options.get("renew") and not certificate_due(trust, int(options.get("renew_days") or RENEW_DAYS)):
            return
        self.said["changed"] = True
        if not self._task.check_mode:
            days = int(options.get("days") or plain(variables["motcua_certificate_days"]))
            address = IPv4Address(plain(variables["ansible_host"]))
            wanted = pki.Wanted(trust.host, plain(variables["motcua_province"]), (address,), days)
            self.said |= await _signed(rim, store, device, wanted)


async def _signed(rim: Rim, store: pki.Store, device: Device, wanted: pki.Wanted) -> dict[str, Any]:
    now = datetime.now(UTC)
    key = rim.opened(store.signing(now).key)

    def sign(request: bytes) -> x509.Certificate:
        return store.issue(key, pki.request_for(request, wanted.host).public_key(), wanted, pki.BY_REQUEST, now)

    made = await certify(device, sign)
    return {"subject": made.subject, "expires": made.expires}


def _text(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()
