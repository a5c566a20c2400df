"""What can go wrong on the wire, as every emulated device can be told to do it by path.

A fault: {"path": regular expression on the target, "kind": one of below, "method": only this one, "times": only so often,
"login": true for only those requests that carry a login}, and the kind's own keys.
"""

import asyncio
import copy
import re

from tests.emulators.http import Response

BOMB = b'<?xml version="1.0"?>\n<!DOCTYPE DeviceInfo [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in b"bcdefghi"
)
BOMB += b"]>\n<DeviceInfo><deviceName>&i;</deviceName></DeviceInfo>"
ROUTER = (
    b'<!DOCTYPE html>\n<html><head><title>Router</title></head><body><form action="/login.htm" method="post">Password</form></body></html>'
)
GARBAGE = bytes((n * 167 + 13) % 256 for n in range(400))
HUGE = 50_000_000


class Faults:
    """Stands between a device's servers and its own ``handle``."""

    def __init__(self, device):
        self._device = device
        self.set(device.config["quirks"].get("faults", ()))

    def set(self, rows):
        """These and no others."""
        self._rows = [dict(row) for row in rows]
        if unknown := {row["kind"] for row in rows} - KINDS.keys():
            raise ValueError(f"no such faults: {sorted(unknown)}")

    async def handle(self, request):
        for row in self._rows:
            if self._meets(row, request):
                if "times" in row:
                    row["times"] -= 1
                return await KINDS[row["kind"]](self._device, request, row)
        return await self._device.handle(request)

    def _meets(self, row, request):
        login = "authorization" in request.headers or re.search(rb'"session": ?"', request.body)
        return (
            re.search(row["path"], request.target) is not None
            and row.get("method", request.method) == request.method
            and row.get("times", 1) > 0
            and (bool(login) or not row.get("login"))
        )


async def _damaged(device, request, row):
    """The device's own answer, badly delivered; "seconds" is the pace of a slow one."""
    response = await device.handle(request)
    if response is not None:
        response.delivery, response.pace_s = row["kind"], row.get("seconds", response.pace_s)
    return response


async def _silent(_device, _request, _row):
    return Response(200, delivery="silent")


async def _busy(device, _request, _row):
    return device.busy()


async def _error200(device, request, _row):
    return device.error_in_success(request)


async def _stale(device, _request, row):
    """ "challenge": "stale" (a fresh nonce for one that was too old, RFC 7616) or "none" (no challenge at all)."""
    if row.get("challenge", "stale") == "none":
        return Response(401)
    return Response(401, headers={"WWW-Authenticate": device.digest.challenge().replace('stale="FALSE"', 'stale="TRUE"')})


async def _redirect(_device, _request, row):
    return Response(302, headers={"Location": row["to"]})


async def _huge(_device, _request, row):
    return Response(200, b"<DeviceInfo>" + b"a" * row.get("bytes", HUGE))


async def _bomb(_device, _request, _row):
    return Response(200, BOMB)


async def _garbage(_device, _request, _row):
    return Response(200, GARBAGE, "application/octet-stream")


async def _foreign(_device, _request, _row):
    return Response(200, ROUTER, "text/html", {"Server": "micro_httpd"})


async def _reboot(device, request, row):
    """Power goes in the middle of the request; with "stored", after it was carried out and before it was answered."""
    if row.get("stored"):
        await device.handle(request)
    device.going_down = asyncio.ensure_future(device.reboot())
    return Response(200, delivery="silent")


async def _lie(device, request, _row):
    """The words of success, and nothing of it kept."""
    state, clock = copy.deepcopy(device.state), device.clock.offset_s
    response = await device.handle(request)
    if device.state != state:
        device.state = state
        device.save()
        await device.refresh()
    device.clock.offset_s = clock
    return response


KINDS = {
    "half": _damaged,
    "cut": _damaged,
    "slow": _damaged,
    "silent": _silent,
    "busy": _busy,
    "error200": _error200,
    "stale": _stale,
    "redirect": _redirect,
    "huge": _huge,
    "bomb": _bomb,
    "garbage": _garbage,
    "reboot": _reboot,
    "lie": _lie,
    "foreign": _foreign,
}
