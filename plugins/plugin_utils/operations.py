"""What is done with a device besides setting it: the first password, another address, a reboot, a backup, firmware, a certificate, its end.

Each is asked for by name, by its own action; nothing here happens on the way to a desired state.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .apply import REBOOT_SECONDS
from .apply import reboot as reboot_and_wait
from .conversation import Conversation, Device, conversation
from .dialects import DIALECTS
from .dialects.speech import Activates, BacksUp, Certifies, Resets, Upgrades
from .diff import EXPERIMENTAL
from .errors import Garbled, MotcuaError, NotConverged, Unreachable, Unsupported
from .trust import Trust

UPGRADE_SECONDS = 900.0
WAIT_SECONDS = 2.0
RESET_SECONDS, RESET_POLL_SECONDS = 180.0, 1.0


def allowed(device: Device, operation: str) -> None:
    """Whether the operation is known for this kind of device, and confirmed or asked for.

    :raises Unsupported: with the reason when it isn't.
    """
    evidence = device.vendor.operations.get(operation)
    if evidence is None:
        raise Unsupported(f"{device.name}: no way to do '{operation}' is known for {device.vendor.name}; do it by hand")
    if evidence == "experimental" and not device.experimental:
        raise Unsupported(f"{device.name}: {operation}: {EXPERIMENTAL}")


async def activate(device: Device, password: Callable[[], str], *, check: bool) -> bool:
    """Give a new device its first password; ``password`` is called when it is about to be sent. Whether the device was new."""
    allowed(device, "activate")
    dialect = DIALECTS[device.vendor.dialect](device.target(None))
    try:
        assert isinstance(dialect, Activates)
        if not await dialect.is_new():
            return False
        if not check:
            await dialect.activate(password())
            if await dialect.is_new():
                raise NotConverged(f"{device.name}: took the first password and still says that it has none; activate it by hand")
    finally:
        await dialect.close()
    return True


async def move(device: Device, place: Mapping[str, Any]) -> None:
    """Give the device another address, with one document, as the last thing that is said to it at its old one.

    :param place: what ``network`` is to be: ``mode``, ``address``, ``prefix``, ``gateway``. Whether it is there then is for others to see.
    """
    allowed(device, "move")
    async with conversation(device) as talk:
        settings = {key: device.settings[f"network.{key}"] for key in place}
        (at,) = {setting.at for setting in settings.values()}
        document = await talk.document(at)
        for key, setting in settings.items():
            document.set(setting.select, setting.form.write(place[key]))
        try:
            reply = await talk.dialect.store(at, document)
            if reply.reboot:
                await talk.dialect.reboot()
        except Unreachable:
            return  # it went before it had answered


async def reset(device: Device) -> None:
    """Let the device forget everything: accounts, passwords, and the cameras that it logged in to.

    :raises NotConverged: when it says afterwards that it still has a password.
    """
    allowed(device, "reset")
    async with conversation(device) as talk:
        assert isinstance(talk.dialect, Resets)
        await talk.dialect.reset()
    if "activate" in device.vendor.operations:
        await _wait_new(device)


async def _wait_new(device: Device) -> None:
    end = asyncio.get_running_loop().time() + RESET_SECONDS
    while not await is_new(device):
        if asyncio.get_running_loop().time() > end:
            raise NotConverged(f"{device.name}: was told to forget everything and still has a password; reset it by hand")
        await asyncio.sleep(RESET_POLL_SECONDS)  # a device that starts again announces nothing


async def is_new(device: Device) -> bool:
    """Whether it says that nobody has given it a password; False where it can't say so, or doesn't answer."""
    if "activate" not in device.vendor.operations:
        return False
    dialect = DIALECTS[device.vendor.dialect](device.target(None))
    try:
        assert isinstance(dialect, Activates)
        return await dialect.is_new()
    except MotcuaError:
        return False
    finally:
        await dialect.close()


async def reboot(device: Device, bound: asyncio.Timeout) -> None:
    """Reboot and wait until the device takes a login again."""
    allowed(device, "reboot")
    async with conversation(device) as talk:
        await reboot_and_wait(talk, bound)


async def back_up(device: Device) -> bytes:
    """The device's whole configuration."""
    async with conversation(device) as talk:
        return await back_up_over(talk, device)


async def back_up_over(talk: Conversation, device: Device) -> bytes:
    """The same over a login that stands."""
    allowed(device, "backup")
    assert isinstance(talk.dialect, BacksUp)
    return await talk.dialect.backup()


async def upgrade(device: Device, image: bytes, progress: Callable[[int], None], bound: asyncio.Timeout) -> tuple[str, str]:
    """Send firmware and reboot; the versions before and after.

    :raises NotConverged: when the version is still the old one.
    """
    allowed(device, "firmware")
    async with conversation(device) as talk:
        before = (await identity(talk)).firmware
        bound.reschedule(asyncio.get_running_loop().time() + UPGRADE_SECONDS)
        if await send(talk, image, progress):
            await talk.dialect.reboot()
    after = await restarted(device, lambda said: said.firmware != before, REBOOT_SECONDS)
    if after is None:
        raise Unreachable(f"{device.name}: took the firmware and hasn't come back within {REBOOT_SECONDS:.0f} s; look at it")
    if after.firmware == before:
        raise NotConverged(f"{device.name}: took the firmware and still says {before}; look at the image and at the device")
    return before, after.firmware


async def send(talk: Conversation, image: bytes, progress: Callable[[int], None]) -> bool:
    """Send firmware over a login that stands. Whether the device waits for a reboot; else it restarts by itself."""
    assert isinstance(talk.dialect, Upgrades)
    return (await talk.dialect.upgrade(image, progress)).reboot


async def restarted(device: Device, other: Callable[[Identity], bool], seconds: float) -> Identity | None:
    """Wait until a device that was sent firmware says something else; what it says in the end, None when it is silent then.

    It may still answer for a while before it restarts, so that what it says until then means nothing.
    """
    end = asyncio.get_running_loop().time() + seconds
    while True:
        said = None
        with contextlib.suppress(Unreachable, Garbled, Unsupported):  # services that aren't up yet
            async with conversation(device) as talk:
                said = await identity(talk)
        if said is not None and other(said):
            return said
        if asyncio.get_running_loop().time() >= end:
            return said
        await asyncio.sleep(WAIT_SECONDS)  # a restarting device announces nothing


@dataclass(frozen=True)
class Identity:
    """What a device says that it is, as it writes it; "" for what it doesn't say."""

    model: str
    firmware: str
    build: str


async def identity(talk: Conversation) -> Identity:
    """What the device says of itself now."""
    keys = [f"identity.{name}" for name in ("model", "firmware", "build")]
    for key in keys:
        if key in talk.device.settings:
            talk.forget(talk.device.settings[key].at)
    said = (await talk.read(keys, ())).values
    return Identity(*(str(said.get(key) or "") for key in keys))


def certificate_due(trust: Trust, renew_days: int) -> bool:
    """Whether a device needs a certificate, by the one that it showed last."""
    shown = trust.certificate
    return shown is None or trust.trusted is None or trust.trusted.due(shown.der, trust.host, datetime.now(UTC), renew_days)


@dataclass(frozen=True)
class Certified:
    """What a device shows after it got a certificate: its subject, and until when."""

    subject: str
    expires: str


async def certify(device: Device, sign: Callable[[bytes], x509.Certificate]) -> Certified:
    """Let the device make a request, sign it, install the certificate, and prove it over a new connection.

    :param sign: makes of a request in PEM a certificate of the province's authority, and keeps it before it gives it away.
    :raises NotConverged: when the device still shows another one.
    """
    allowed(device, "certificate")
    async with conversation(device) as talk:
        assert isinstance(talk.dialect, Certifies)
        name = talk.target.trust.host
        signed = sign(await talk.dialect.certificate_request(name))
        await talk.dialect.install_certificate(signed.public_bytes(Encoding.PEM))
    async with conversation(device) as talk:
        shown = talk.target.certificate
    if shown is None or shown.der != signed.public_bytes(Encoding.DER):
        raise NotConverged(f"{device.name}: took the certificate and still shows another one; look at its HTTPS page")
    return Certified(shown.subject, signed.not_valid_after_utc.isoformat())
