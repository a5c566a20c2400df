"""A Dahua recorder's cameras: one table to read, three ways to write it, of which firmware has one or another.

In this order: the JSON of LogicDeviceManager (proven on an NVD 1408), the whole table over RPC2, single keys over CGI. The last puts the
camera's password into a URL, so it is only used where nothing else is there, and only over TLS.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from ..errors import Refused, Unsupported
from ..transport import Answer
from .rpc2 import Rpc2
from .trees import json_object

NAME = "RemoteDevice"
SLOT = "uuid:System_CONFIG_NETCAMERA_INFO_"  # and the channel counted from 0; recorded on a DH-NVR608H
UNUSED = "192.168.0.0"
API = "/cgi-bin/api/LogicDeviceManager/"
NOT_THERE = (400, 404, 501)  # 400 also for paths that nobody ever had
CONFIG = "/cgi-bin/configManager.cgi?action="


class Channels:
    """The cameras of one recorder."""

    def __init__(self, name: str, ask: Callable[..., Awaitable[Answer]], rpc: Rpc2 | None, *, encrypted: bool) -> None:
        """``ask`` sends a target, with a JSON body or without."""
        self._name, self._ask, self._rpc, self._encrypted = name, ask, rpc, encrypted

    async def read(self) -> Mapping[str, str]:
        """The used channels as ``channels[0].Address`` and so on, with their ``Number`` from 1."""
        rows = await self._rows_by_json()
        if rows is None:
            rows = {slot.removeprefix(SLOT): row for slot, row in (await self._slots()).items() if slot.startswith(SLOT)}
        found: dict[str, str] = {}
        for number, row in rows.items():
            unused = row.get("Address") in (None, "", UNUSED) or str(row.get("Enable", "true")).lower() == "false"
            if number.isdecimal() and not unused:
                values = {key: _spelt(value) for key, value in row.items()} | {"Number": str(int(number) + 1)}
                found |= {f"channels[{number}].{key}": value for key, value in values.items()}
        return found

    async def _rows_by_json(self) -> Mapping[str, Mapping[str, Any]] | None:
        answer = await self._ask(f"{API}getCameraAll", b"{}")
        if answer.status in NOT_THERE:
            return None
        cameras = json_object(answer, f"{self._name}: getCameraAll").get("camera")
        listed = [one for one in cameras if isinstance(one, dict)] if isinstance(cameras, list) else []
        return {str(one.get("UniqueChannel")): {**(one.get("DeviceInfo") or {}), "Enable": one.get("Enable", True)} for one in listed}

    async def _slots(self) -> Mapping[str, Mapping[str, Any]]:
        answer = await self._ask(f"{CONFIG}getConfig&name={NAME}")
        if answer.status == 200 and answer.text.startswith("table."):
            rows: dict[str, dict[str, Any]] = {}
            for line in answer.text.splitlines():
                key, _, value = line.removeprefix(f"table.{NAME}.").partition("=")
                slot, _, inner = key.partition(".")
                rows.setdefault(slot, {})[inner] = value
            return rows
        if self._rpc is None:
            raise Unsupported(f"the device has no {NAME}, or the account no right to it (HTTP {answer.status})")
        return {slot: row for slot, row in (await self._whole(self._rpc)).items() if isinstance(row, dict)}

    async def write(self, number: str, row: Mapping[str, str], password: str | None, *, new: bool) -> None:
        """Add or change the camera of a channel, counted from 1."""
        info = {
            "UserName": row.get("UserName", ""),
            "ProtocolType": row.get("ProtocolType", "Private"),
            "Address": row.get("Address", ""),
            "Port": int(row.get("Port") or 37777),
            "HttpPort": int(row.get("HttpPort") or 80),
            "RtspPort": int(row.get("RtspPort") or 554),
        } | ({} if password is None else {"Password": password})
        group = {"group": [{"DeviceInfo": info, "cameras": [{"uniqueChannel": int(number) - 1}]}]}
        if await self._by_json("addCameraByGroup" if new else "setCamera", group):
            return
        await self._by_table(number, {**info, "Enable": True, "Name": row.get("Name", "")})

    async def remove(self, number: str) -> None:
        """Take the camera out of a channel."""
        if not await self._by_json("deleteCameraByGroup", {"group": [{"uniqueChannels": [int(number) - 1]}]}):
            await self._by_table(number, {"Enable": False, "Address": UNUSED})

    async def _by_json(self, method: str, body: Mapping[str, Any]) -> bool:
        """Whether the firmware has it; success is that every ``failedCode`` is 0."""
        answer = await self._ask(API + method, json.dumps(body).encode())
        if answer.status in NOT_THERE:
            return False
        codes = _failed_codes(json_object(answer, self._name))
        if answer.status != 200 or any(codes):
            raise Refused(f"{self._name}: {method}: the device refuses: {f'failedCode {max(codes)}' if codes else f'HTTP {answer.status}'}")
        return True

    async def _by_table(self, number: str, values: Mapping[str, Any]) -> None:
        slot = f"{SLOT}{int(number) - 1}"
        if self._rpc is not None:
            table = copy.deepcopy(dict(await self._whole(self._rpc)))
            table[slot] = {**(table.get(slot) or {}), **values}
            await self._rpc.call("configManager.setConfig", {"name": NAME, "table": table})
            return
        if "Password" in values and not self._encrypted:
            raise Refused(f"{self._name}: takes passwords only in a URL, which is not sent without TLS; switch HTTPS on at the device")
        keys = "&".join(f"{NAME}.{slot}.{key}={quote(_spelt(value), safe='')}" for key, value in values.items())
        answer = await self._ask(f"{CONFIG}setConfig&{keys}")
        if answer.status != 200 or answer.text.strip() != "OK":
            raise Refused(f"{self._name}: {NAME}: the device refuses: HTTP {answer.status} {' '.join(answer.text.split())[:80]}")

    async def _whole(self, rpc: Rpc2) -> Mapping[str, Any]:
        table = (await rpc.call("configManager.getConfig", {"name": NAME})).get("table")
        if not isinstance(table, dict):
            raise Unsupported(f"the device has no {NAME}")
        return table


def _spelt(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _failed_codes(said: object) -> list[int]:
    """Every ``failedCode`` anywhere in the answer: it stands under cameras or under info, by firmware."""
    if isinstance(said, dict):
        own = [said["failedCode"]] if isinstance(said.get("failedCode"), int) else []
        return own + [code for value in said.values() for code in _failed_codes(value)]
    return [code for value in said for code in _failed_codes(value)] if isinstance(said, list) else []
