"""Who answers at an address, without any login: the key that it shows, and what it says to anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..discovery import Heard, Pace
from ..errors import Refused, Unreachable
from ..pins import Pin
from ..survey.ask import Web, ask
from ..survey.identify import Identity, identify
from ..survey.reach import Reach
from ..transport import Http
from ..trust import Trust

USUAL_PORTS = (443, 80)


@dataclass(frozen=True)
class Answering:
    """Somebody answers: where, over what, as whom, and with which key (None without TLS)."""

    address: str
    web: Web
    identity: Identity
    pin: str | None


async def who(address: str, reach: Reach, port: int | None, heard: Sequence[Heard] = ()) -> Answering | None:
    """Who answers at an address of the LAN; None when nobody does.

    :param port: an unusual one at which it may listen.
    """
    known = [Heard(address, None, "port", one) for one in USUAL_PORTS] + list(heard)
    known += [Heard(address, None, "http", port)] if port is not None and port not in USUAL_PORTS else []
    pace = Pace(20.0)

    async def turn() -> None:
        await pace.take("connects")

    web, answers = await ask(address, known, reach, turn)
    if web is None:
        return None
    pin = await _pin(address, web, reach) if web.scheme == "https" else None
    return Answering(address, web, identify(known, answers), pin)


async def _pin(address: str, web: Web, reach: Reach) -> str | None:
    """The key that it shows; nothing of ours is sent."""
    host, port = await reach.way(address, web.port)
    trust = Trust(address)
    http = Http(f"https://{host}:{port}", trust, reuse_nonce=False)
    try:
        await http.plain("GET", "/")
    except (Refused, Unreachable):
        pass  # it answers in its own way, or hangs up; the handshake was before that
    finally:
        await http.close()
    return None if trust.certificate is None else trust.certificate.pin


def kept_pin(state: Path, host: str) -> str | None:
    """The key that a device was known by; None when nobody has met it.

    :raises PinChanged: when the file can't be read.
    """
    pin = Pin.read(state / "pins" / f"{host}.json")
    return None if pin is None else pin.key
