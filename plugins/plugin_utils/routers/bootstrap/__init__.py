"""What is loaded into a router by cable or USB before anything else: its first tunnel, and ssh for the centre through it. Pure.

A bootstrap is the platform's own way from a router just unpacked to a state that is cut down, so that the rollout that follows finds every
entry as its own. Files hold secrets of one site and of no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...errors import ModelError, MotcuaError, Unsupported
from ..state import RouterState, TunnelKind
from . import linux, openwrt
from .alone import alone
from .replay import FACTORIES, Factory, replayed

BOTH: tuple[TunnelKind, ...] = ("wireguard", "ipsec")


@dataclass(frozen=True)
class Staged:
    """Files by name, a package's contents where there is one, and sentences about what couldn't be made."""

    files: Mapping[str, str] = field(default_factory=dict)
    package: linux.Payload | None = None
    control: str = ""
    remarks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Staged({sorted(self.files)})"


def stage(platform: str, state: RouterState, login: str, numbers: Mapping[str, int]) -> Staged:
    """Everything that is loaded into a router of a platform; nothing where people enter it by hand.

    :param login: the account by which the centre logs in to a Linux machine.
    :param numbers: the number of each IPsec interface, which both ends know.
    :raises ModelError: when not one file can be made; Unsupported when the platform has no such tunnel.
    """
    if platform == "linux":
        cut = alone(state, BOTH)
        content = linux.payload(cut, login, numbers)
        return Staged({f"{state.host}.sh": linux.script(cut, content)}, content, linux.control(cut, content))
    if platform == "openwrt":
        return Staged({f"{state.host}.openwrt.sh": openwrt.bootstrap(alone(state, BOTH))})
    if platform in FACTORIES:
        return _replayed(FACTORIES[platform], state)
    return Staged()


def _replayed(factories: tuple[Factory, ...], state: RouterState) -> Staged:
    """One file for each version, because nobody knows yet which one the router has."""
    files: dict[str, str] = {}
    refused: list[MotcuaError] = []
    for factory in factories:
        try:
            files[f"{state.host}.{factory.file}"] = _first(factory, state)
        except (ModelError, Unsupported) as error:
            refused.append(error)
    if not files:
        raise refused[0]
    return Staged(files, remarks=tuple(map(str, refused)))


def _first(factory: Factory, state: RouterState) -> str:
    """With the first tunnel that this platform takes: which kinds it has is its own knowledge."""
    try:
        return replayed(factory, alone(state, BOTH))
    except (ModelError, Unsupported) as error:
        if not any(tunnel.kind == "ipsec" for tunnel in state.tunnels):
            raise error from None
        return replayed(factory, alone(state, BOTH[1:]))
