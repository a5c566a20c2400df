"""What a survey is asked, and what it says: values, and a line of JSON for each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import Union

PORTS = (80, 443, 554, 8000, 8080, 8443, 34567, 37777, 8554, 22, 23, 8291)
LONGEST_PREFIX = 22  # 1,022 addresses: no office has more


class BadOptions(ValueError):
    """What is asked for is wrong, in a sentence; nothing was sent."""


@dataclass(frozen=True)
class Options:
    """What is asked for. ``addresses`` are some of the prefix, which alone are then asked, one by one; none means the whole prefix."""

    prefix: IPv4Network
    addresses: tuple[IPv4Address, ...] = ()
    rate_per_s: float = 50.0
    ports: tuple[int, ...] = PORTS

    @classmethod
    def parse(cls, given: object) -> Options:
        """Options as JSON has them: ``{"prefix", "addresses"?, "rate_per_s"?, "ports"?}``.

        :raises BadOptions: with a sentence for people.
        """
        if not isinstance(given, Mapping):
            raise BadOptions('options are an object, for example {"prefix": "192.168.1.0/24"}')
        if unknown := sorted(set(given) - {"prefix", "addresses", "rate_per_s", "ports"}):
            raise BadOptions(f"there is no option {unknown[0]}; the options are prefix, addresses, rate_per_s and ports")
        prefix, addresses = _targets(given.get("prefix"), given.get("addresses", ()))
        rate, ports = given.get("rate_per_s", cls.rate_per_s), given.get("ports", PORTS)
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 1 <= rate <= 1000:
            raise BadOptions(f"rate_per_s is {rate!r}; name 1 to 1000 packets or connects a second")
        if not isinstance(ports, (list, tuple)) or len(ports) > 64 or not all(type(port) is int and 0 < port < 65536 for port in ports):
            raise BadOptions("ports are at most 64 numbers from 1 to 65535")
        return cls(prefix, addresses, float(rate), tuple(ports))


def _targets(prefix: object, addresses: object) -> tuple[IPv4Network, tuple[IPv4Address, ...]]:
    if not isinstance(addresses, (list, tuple)):
        raise BadOptions("addresses are a list")
    try:
        network, named = IPv4Network(str(prefix)), tuple(IPv4Address(str(one)) for one in addresses)
    except ValueError as error:
        raise BadOptions(f"prefix and addresses are IPv4, as in 192.168.1.0/24 and 192.168.1.64: {error}") from None
    if network.prefixlen < LONGEST_PREFIX:
        raise BadOptions(f"{network} is larger than /{LONGEST_PREFIX}; survey one part of it at a time")
    stranger = next((one for one in named if one not in network), None)
    if stranger is not None:
        raise BadOptions(f"{stranger} isn't inside {network}; nobody outside the named prefix is asked")
    return network, named


@dataclass(frozen=True)
class Heard:
    """What an address said of itself, or what is known of it; the same is said once.

    ``how``: wsd sadp dhip ssdp neighbour port http rtsp. ``says``: model serial firmware build name maker place http_port server realm
    title and more, each only where it was said; ``state`` of a neighbour that didn't answer lately. ``outside``: the address isn't in the
    prefix (a device that keeps its factory address), so it was asked nothing more.
    """

    address: str
    mac: str | None
    how: str
    port: int | None = None
    says: Mapping[str, str] = field(default_factory=dict)
    outside: bool = False


@dataclass(frozen=True)
class Remark:
    """A sentence about what couldn't be asked or read."""

    remark: str


@dataclass(frozen=True)
class Settled:
    """Of these addresses everything is heard; who follows was silent the first time."""

    settled: tuple[str, ...]


@dataclass(frozen=True)
class Ended:
    """The last of all: what was sent, and in how many seconds."""

    packets: int
    connects: int
    seconds: float


Said = Union[Heard, Remark, Settled, Ended]  # noqa: UP007  evaluated, also by Python 3.9


def to_line(said: Said) -> str:
    """One line of JSON, in ASCII."""
    return json.dumps({"ended": asdict(said)} if isinstance(said, Ended) else asdict(said))


def from_line(line: str) -> Said:
    """A line of the program's, read back.

    :raises BadOptions: when the program refused them.
    :raises ValueError: when it is no line of the program's.
    """
    nothing = ValueError(f"{line[:80]!r} is not a line of a survey")
    try:
        value = json.loads(line)
        if isinstance(value.get("error"), str):
            raise BadOptions(value["error"])
        if "settled" in value:
            return Settled(tuple(value["settled"]))
        return Ended(**value["ended"]) if "ended" in value else Remark(**value) if "remark" in value else Heard(**value)
    except (AttributeError, TypeError, json.JSONDecodeError):
        raise nothing from None
