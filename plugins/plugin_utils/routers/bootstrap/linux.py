"""Debian and Ubuntu: files and a short program, as a shell script and as the contents of a package. The rollout's own take their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...desired.router import BREAK_GLASS
from ..openwrt.daemons import DPD_SECONDS, ESP, IKE
from ..openwrt.uci import quoted
from ..state import RouterState, RouterTunnel
from .alone import break_glass

FALLBACK_METRIC = 3355443200  # FRR takes the high byte for a distance: what it learns itself is nearer
PASSWORD = "/etc/motcua/bootstrap/password"  # noqa: S105  a path; used once and deleted, because a package's program stays readable
NAME = "motcua-bootstrap"
DEPENDS = {"wireguard": "wireguard-tools", "ipsec": "strongswan-swanctl, charon-systemd, libstrongswan-standard-plugins"}

CONNECTION = """connections {{
  {name} {{
    version = 2
    local_addrs = %any
    remote_addrs = {endpoint}
    encap = yes
    mobike = no
    unique = replace
    proposals = {ike}
    keyingtries = 0
    dpd_delay = {dpd_seconds}s
    if_id_in = {number}
    if_id_out = {number}
    local {{
      auth = psk
      id = {local_id}
    }}
    remote {{
      auth = psk
      id = {remote_id}
    }}
    children {{
      {name} {{
        local_ts = 0.0.0.0/0
        remote_ts = 0.0.0.0/0
        esp_proposals = {esp}
        start_action = start
        close_action = start
        dpd_action = restart
      }}
    }}
  }}
}}
"""


@dataclass(frozen=True)
class Payload:
    """What is to be put on the machine: ``files`` as mode and text by path, ``program`` to run when they are there."""

    files: Mapping[str, tuple[int, str]]
    program: str
    depends: str


def payload(state: RouterState, login: str, numbers: Mapping[str, int]) -> Payload:
    """For a state with one tunnel.

    :param login: the account that the controller logs in with.
    :param numbers: the number of each IPsec interface, as both ends know it.
    """
    tunnel = state.tunnels[0]
    way = _wireguard(state, tunnel) if tunnel.kind == "wireguard" else _ipsec(state, tunnel, numbers[tunnel.interface])
    files = {path: (0o600, text) for path, text in way.items()} | _local(state)
    keys = [key for account in state.accounts for key in account.keys]
    return Payload(files, "\n".join([*_logins(login, keys), *_break_glass(state), *_start(tunnel)]) + "\n", DEPENDS[tunnel.kind])


def script(state: RouterState, content: Payload) -> str:
    """One file that does it all on a machine with a shell."""
    head = [
        "#!/bin/sh",
        f"# motcua: brings up the tunnel {state.tunnels[0].name} of {state.host}, and ssh for the centre through it.",
        "# It holds a key of this site and of no other: delete it when it has run.",
        "set -eu",
        "umask 077",
    ]
    for path, (mode, text) in content.files.items():
        head += [f"mkdir -p {path.rpartition('/')[0]}", f"cat >{path} <<'MOTCUA'", text.rstrip("\n"), "MOTCUA", f"chmod {mode:o} {path}"]
    return "\n".join([*head, content.program])


def control(state: RouterState, content: Payload) -> str:
    """The package's own description."""
    depends = f"openssh-server, iproute2, {content.depends}"
    about = f"Tunnel {state.tunnels[0].name} of {state.host}\n It brings up one tunnel and ssh through it, so that all else comes by it.\n"
    fields = {"Package": NAME, "Version": "1", "Architecture": "all", "Maintainer": "motcua <root@localhost>", "Depends": depends}
    return "".join(f"{key}: {value}\n" for key, value in fields.items()) + f"Description: {about}"


def _outside(state: RouterState) -> str:
    """The address by which the centre knows the router: its LAN address, translated; here simply one more of its own."""
    offset = int(state.lan.address.ip) - int(state.translate.inside.network_address)
    return str(state.translate.outside.network_address + offset)


def _wireguard(state: RouterState, tunnel: RouterTunnel) -> Mapping[str, str]:
    lines = ["[Interface]", f"Address = {tunnel.address}/32, {_outside(state)}/32", f"MTU = {tunnel.mtu}", "Table = off"]
    lines += [f"PreUp = {step}" for step in _to_endpoint(state, tunnel)]
    lines += ["PostUp = wg set %i private-key /etc/wireguard/%i.key"]
    lines += [f"PostUp = ip route replace {tunnel.hub_address} dev %i src {tunnel.address}"]
    lines += [f"PostUp = ip route replace {one} dev %i metric {FALLBACK_METRIC}" for one in _networks(tunnel)]
    lines += ["", "[Peer]", f"PublicKey = {tunnel.hub_public_key}", f"Endpoint = {tunnel.endpoint}:{tunnel.port}"]
    lines += [f"AllowedIPs = {tunnel.hub_address}/32, " + ", ".join(_networks(tunnel)), f"PersistentKeepalive = {tunnel.keepalive_seconds}"]
    at = f"/etc/wireguard/{tunnel.interface}"
    return {f"{at}.key": f"{tunnel.secret.value}\n", f"{at}.conf": "\n".join(lines) + "\n"}


def _to_endpoint(state: RouterState, tunnel: RouterTunnel) -> list[str]:
    """The way to the hub by the tunnel's own line, where that isn't the default route."""
    line = next(one for one in state.lines if one.name == tunnel.line)
    return [] if line.gateway is None else [f"ip route replace {tunnel.endpoint} via {line.gateway} dev {line.interface}"]


def _networks(tunnel: RouterTunnel) -> list[str]:
    return [str(one) for one in tunnel.reachable if one.network_address != tunnel.hub_address]


def _ipsec(state: RouterState, tunnel: RouterTunnel, number: int) -> Mapping[str, str]:
    name = tunnel.interface
    ids = {"local_id": tunnel.local_id, "remote_id": tunnel.remote_id}
    connection = CONNECTION.format(name=name, number=number, endpoint=tunnel.endpoint, ike=IKE, esp=ESP, dpd_seconds=DPD_SECONDS, **ids)
    key = f'id-1 = {tunnel.local_id}\n    id-2 = {tunnel.remote_id}\n    secret = "{tunnel.secret.value}"'
    return {
        f"/etc/swanctl/conf.d/motcua-{name}.conf": connection,
        f"/etc/swanctl/conf.d/motcua_key-{name}.conf": f"secrets {{\n  ike-{name} {{\n    {key}\n  }}\n}}\n",
        "/etc/strongswan.d/motcua.conf": "charon {\n  install_routes = no\n}\n",
        f"/etc/systemd/system/{NAME}.service": _unit(state, tunnel, number),
    }


def _unit(state: RouterState, tunnel: RouterTunnel, number: int) -> str:
    """The tunnel's interface until the rollout brings what makes it from then on."""
    name = tunnel.interface
    steps = [f"/sbin/{step}" for step in _to_endpoint(state, tunnel)]
    steps += [f"/sbin/ip link add {name} mtu {tunnel.mtu} type xfrm dev lo if_id {number}"]
    steps += [f"/sbin/ip address replace {address}/32 dev {name}" for address in (tunnel.address, _outside(state))]
    steps += [f"/sbin/ip link set {name} up", f"/sbin/ip route replace {tunnel.hub_address}/32 dev {name} src {tunnel.address}"]
    steps += [f"/sbin/ip route replace {one} dev {name} metric {FALLBACK_METRIC}" for one in _networks(tunnel)]
    unit = ["[Unit]", f"Description=The interface of tunnel {tunnel.name}", "After=network.target", "Before=strongswan.service"]
    unit += ["ConditionPathExists=!/usr/local/lib/motcua/ipsec", "[Service]", "Type=oneshot", "RemainAfterExit=yes"]
    unit += [f"ExecStartPre=-/sbin/ip link del {name}", *(f"ExecStart={step}" for step in steps)]
    return "\n".join([*unit, "[Install]", "WantedBy=multi-user.target"]) + "\n"


def _local(state: RouterState) -> dict[str, tuple[int, str]]:
    """The password that lies in the envelope, and from where it is taken."""
    account = break_glass(state)
    if account is None or account.password is None:
        return {}
    elsewhere = ",".join(["*", *(f"!{source}" for source in account.sources)])
    closed = f"Match User {BREAK_GLASS} Address {elsewhere}\n  PasswordAuthentication no\n  KbdInteractiveAuthentication no\n"
    files = {PASSWORD: (0o600, f"{BREAK_GLASS}:{account.password.value}\n")}
    return {**files, "/etc/ssh/sshd_config.d/motcua-breakglass.conf": (0o644, closed)}


def _logins(login: str, keys: list[str]) -> Iterator[str]:
    if login != "root":
        yield f"id {login} >/dev/null 2>&1 || useradd -m -s /bin/bash {login}"
    yield f"home=$(getent passwd {login} | cut -d: -f6)"
    yield "mkdir -p -m 700 $home/.ssh"
    yield f"touch $home/.ssh/authorized_keys && chmod 600 $home/.ssh/authorized_keys && chown -R {login} $home/.ssh"
    for key in keys:
        yield f"grep -qxF {quoted(key)} $home/.ssh/authorized_keys || echo {quoted(key)} >>$home/.ssh/authorized_keys"


def _break_glass(state: RouterState) -> Iterator[str]:
    if break_glass(state) is not None:
        yield f"id {BREAK_GLASS} >/dev/null 2>&1 || useradd -m -s /bin/bash -G sudo {BREAK_GLASS}"
        yield f"[ ! -e {PASSWORD} ] || chpasswd <{PASSWORD}"
        yield f"rm -f {PASSWORD}"
        yield "systemctl reload-or-restart ssh.service"


def _start(tunnel: RouterTunnel) -> Iterator[str]:
    yield "systemctl daemon-reload"
    if tunnel.kind == "wireguard":
        yield f"systemctl enable wg-quick@{tunnel.interface}.service"
        yield f"systemctl restart wg-quick@{tunnel.interface}.service"
    else:
        yield f"systemctl enable {NAME}.service strongswan.service"
        yield f"systemctl restart {NAME}.service strongswan.service"
        yield "swanctl --load-all --noprompt >/dev/null"
