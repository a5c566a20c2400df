"""OpenWrt: a shell script. Names of networks and zones are looked up on the box, because nobody has read it yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..openwrt import OPENWRT
from ..openwrt.running import FACTS_READ, FILES_READ, PROGRAMS, RELEASE_READ, UCI_READ
from ..openwrt.uci import Package, Section, render
from ..platform import Command
from ..state import RouterLine, RouterState

END = "MOTCUA"
NEEDED = {
    "wireguard": (("wireguard", "wireguard-tools"),),
    "ipsec": (("strongswan", "strongswan-swanctl and strongswan-default"), ("xfrm", "xfrm")),
}

HEAD = """#!/bin/sh
# motcua: brings up the tunnel {tunnel} of {host}, and ssh for the centre through it. Nothing else is changed.
# It holds a key of this site and of no other: delete it when it has run.
set -e
stop() {{ echo "motcua: $1" >&2; exit 1; }}
undone() {{ for package in network firewall system; do uci -q revert $package; done; echo "motcua: stopped, nothing was committed" >&2; }}
trap '[ $? = 0 ] || undone' EXIT
network() {{
	for s in $(uci show network | sed -n 's/^network\\.\\([^.=]*\\)=interface$/\\1/p'); do
		for name in $s $(uci -q get network.$s.device) $(uci -q get network.$s.ifname); do
			[ "$name" != "$1" ] || {{ echo $s; return; }}
		done
	done
	stop "this box has no network or device called $1; correct the interface in the inventory"
}}
device() {{
	[ "$(uci -q get network.$1.proto)" != pppoe ] || {{ echo "pppoe-$1"; return; }}
	uci -q get network.$1.device || uci -q get network.$1.ifname || echo $1
}}
zone() {{
	for s in $(uci show firewall | sed -n 's/^firewall\\.\\([^.]*\\)=zone$/\\1/p'); do
		case " $(uci -q get firewall.$s.network) " in *" $1 "*) uci get firewall.$s.name; return ;; esac
	done
	stop "the network $1 is in no firewall zone; put it into one"
}}
"""


def bootstrap(state: RouterState) -> str:
    """The script, for a state with one tunnel; its secrets are in it."""
    comparison = OPENWRT.compare(OPENWRT.understand(_factory(state)), state)
    lines = [HEAD.format(tunnel=state.tunnels[0].name, host=state.host), *_checks(state), *_names(state)]
    return "\n".join([*lines, *(_line(command, _placeholders(state)) for command in comparison.commands), "echo 'motcua: done'"]) + "\n"


def _checks(state: RouterState) -> Iterator[str]:
    for program, package in (("fw4", "OpenWrt 22.03 or newer"), *NEEDED[state.tunnels[0].kind]):
        yield f'[ -e {PROGRAMS[program]} ] || stop "{package} is needed, and isn\'t there"'
    if state.tunnels[0].kind == "ipsec":
        yield "[ -e /etc/config/ipsec ] || : > /etc/config/ipsec"


def _names(state: RouterState) -> Iterator[str]:
    yield f"lan=$(network {state.lan.interface}); lan_device=$(device $lan); lan_zone=$(zone $lan)"
    yield from (f"line{at}=$(network {line.interface})" for at, line in _lines(state))


def _lines(state: RouterState) -> Iterator[tuple[int, RouterLine]]:
    return ((at, line) for at, line in enumerate(state.lines) if line.name == state.tunnels[0].line)


def _placeholders(state: RouterState) -> Mapping[str, str]:
    lines = {f"LINE{at}_NETWORK": f"line{at}" for at, _ in _lines(state)}
    return {"LAN_NETWORK": "lan", "LAN_DEVICE": "lan_device", "LAN_ZONE": "lan_zone", **lines}


def _factory(state: RouterState) -> Mapping[str, str]:
    """A box of which only this is known: it has a LAN, the lines, and what the tunnel needs."""
    lan = Section("interface", "LAN_NETWORK", {"device": "LAN_DEVICE", "ipaddr": (str(state.lan.address),)})
    lines = [Section("interface", f"LINE{at}_NETWORK", {"ifname": line.interface}) for at, line in enumerate(state.lines)]
    zones = [Section("zone", None, {"name": "LAN_ZONE", "network": ("LAN_NETWORK",)})]
    system = [Section("system"), Section("timeserver", "ntp", {"server": ("of.the.factory",)})]
    packages = (Package("network", (lan, *lines)), Package("firewall", tuple(zones)), Package("system", tuple(system)))
    kind = state.tunnels[0].kind
    programs = ["fw4", *(program for program, _ in NEEDED[kind])]
    ipsec = (Package("ipsec"),) if kind == "ipsec" else ()
    return {
        RELEASE_READ: "DISTRIB_RELEASE='23.05'\n",
        UCI_READ: render((*packages, *ipsec)) + "# == end\n",
        FILES_READ: "== end\n",
        FACTS_READ: "".join(f"there {PROGRAMS[program]}\n" for program in programs) + "== end\n",
    }


def _line(command: Command, placeholders: Mapping[str, str]) -> str:
    """One command; a secret that it asks for follows it."""
    text = command.text
    if text.startswith("uci delete "):  # what the factory put there may be gone
        text = f"uci -q {text.removeprefix('uci ')} || true"
    for placeholder, variable in placeholders.items():
        text = text.replace(placeholder, f"'\"${variable}\"'")
    return text if command.answer is None else f"{{ {text}; }} <<'{END}'\n{command.answer}\n{END}"
