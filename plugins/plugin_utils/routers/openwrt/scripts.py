"""Files of ours on the box that are programs: classes on the lines, routes that follow answers, and what starts them."""

from __future__ import annotations

from ..state import RouterState, RouterTunnel
from .fragment import MARK
from .network import interface_name
from .places import Places

MISSES, PROBE_SECONDS = 3, 5  # a dead hub is noticed in at most (5 + 2) x 3 = 21 s, and one lost answer moves nothing
FIRST_METRIC = 10

SHAPING = """#!/bin/sh
{mark}
# Two classes on a line: 1:10 for the tunnels, which the firewall marks, 1:20 for the office, which is sure of its rate and may borrow all.
line() {{
	[ -e "/sys/class/net/$1" ] || return 0
	# HTB can't be replaced by itself, only its classes can.
	tc qdisc show dev "$1" | grep -q '^qdisc htb 1: root' || tc qdisc replace dev "$1" root handle 1: htb default 20
	tc class replace dev "$1" parent 1: classid 1:1 htb rate "$2kbit" ceil "$2kbit" burst 15k
	tc class replace dev "$1" parent 1:1 classid 1:10 htb rate "$3kbit" ceil "$3kbit" burst 15k prio 1
	tc class replace dev "$1" parent 1:1 classid 1:20 htb rate "$4kbit" ceil "$2kbit" burst 15k prio 0
	tc qdisc show dev "$1" | grep -q 'parent 1:20' || tc qdisc replace dev "$1" parent 1:20 fq_codel
}}
{lines}
"""

WATCH = """#!/bin/sh
{mark}
# A hub that answers has its routes, one that missed {misses} answers in a row has none until it gave as many.
probe() {{
	name=$1 hub=$2 metric=$3
	shift 3
	eval "score=\\${{score_$name:-{misses}}} up=\\${{up_$name:-0}}"
	if ping -c 1 -W 2 -I "$name" "$hub" >/dev/null 2>&1; then answered=1; else answered=0; fi
	if [ "$answered" = "$up" ]; then score={misses}; else score=$((score - 1)); fi
	[ "$score" -gt 0 ] || {{ up=$answered score={misses}; }}
	eval "score_$name=$score up_$name=$up"
	for network in "$@"; do
		if [ "$up" = 1 ]; then
			ip route replace "$network" dev "$name" metric "$metric"
		else
			ip route del "$network" dev "$name" metric "$metric" 2>/dev/null
		fi
	done
}}
while :; do
{probes}
	sleep {seconds}
done
"""

SERVICE = """#!/bin/sh /etc/rc.common
{mark}
START=96
USE_PROCD=1

start_service() {{
	[ ! -x /etc/motcua/shaping ] || /etc/motcua/shaping
	[ -x /etc/motcua/watch ] || return 0
	procd_open_instance
	procd_set_param command /etc/motcua/watch
	procd_set_param respawn 3600 5 0
	procd_close_instance
}}
"""

HOTPLUG = """#!/bin/sh
{mark}
# A line that comes up again has a new device, without classes.
[ "$ACTION" != ifup ] || [ ! -x /etc/motcua/shaping ] || /etc/motcua/shaping
"""


def shaping_script(state: RouterState, places: Places) -> str:
    """Sets the classes of every shaped line; may be called again at any time."""
    rows = [
        f"line {places.lines[shape.line].device} {shape.line_kbps} {shape.video_kbps} {shape.office_kbps}"
        for shape in state.shaping
        if shape.line in places.lines
    ]
    return SHAPING.format(mark=MARK, lines="\n".join(rows))


def watch_script(tunnels: tuple[RouterTunnel, ...]) -> str:
    """Asks each hub's end through its tunnel, and keeps the routes of those that answer; the lowest rank is taken first."""
    probes = []
    for tunnel in tunnels:
        networks = [str(network) for network in tunnel.reachable if network.prefixlen < 32 or network.network_address != tunnel.hub_address]
        words = [interface_name(tunnel), str(tunnel.hub_address), str(FIRST_METRIC + tunnel.rank), *networks]
        probes.append("\tprobe " + " ".join(words))
    return WATCH.format(mark=MARK, misses=MISSES, seconds=PROBE_SECONDS, probes="\n".join(probes))


def service_script() -> str:
    """``/etc/init.d/motcua``."""
    return SERVICE.format(mark=MARK)


def hotplug_script() -> str:
    """Runs whenever a network comes up or goes down."""
    return HOTPLUG.format(mark=MARK)
