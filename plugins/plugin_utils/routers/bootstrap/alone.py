"""The least that a router must have so that all else can come through the tunnel: one tunnel, ssh for the controller, a local way in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ...desired.router import BREAK_GLASS
from ...errors import ModelError
from ..state import Account, Opening, RouterState, RouterTunnel, TunnelKind


def first_tunnel(state: RouterState, kinds: Collection[TunnelKind]) -> RouterTunnel:
    """The tunnel that is taken first, among those that the platform can have and whose hub is known.

    :raises ModelError: when there is none.
    """
    usable = [one for one in state.tunnels if one.kind in kinds and (one.kind != "wireguard" or one.hub_public_key)]
    if not usable:
        remedy = "roll out the hubs first, so that their public keys are known, or set the line's tunnel to a kind that the router has"
        raise ModelError(f"{state.host}: none of its tunnels can be staged; {remedy}")
    return min(usable, key=lambda one: one.rank)


def alone(state: RouterState, kinds: Collection[TunnelKind]) -> RouterState:
    """The state cut down to what staging loads. What the office's router offers its own people stays as it is until the rollout."""
    tunnel = first_tunnel(state, kinds)
    return replace(
        state,
        services={"ssh": True},
        tunnels=(tunnel,),
        firewall=replace(
            state.firewall,
            input=tuple(filter(_for_management, state.firewall.input)),
            forward=(),
            cameras=(),
        ),
        shaping=(),
        routing=replace(state.routing, neighbors=tuple(one for one in state.routing.neighbors if one.tunnel == tunnel.name)),
        snmp=None,
        syslog=(),
    )


def break_glass(state: RouterState) -> Account | None:
    """The account for the day on which no tunnel stands."""
    return next((account for account in state.accounts if account.name == BREAK_GLASS), None)


def _for_management(opening: Opening) -> bool:
    return opening.protocol == "tcp" and (opening.came_in == "tunnel" or opening.comment == BREAK_GLASS)
