"""Programs of OpenWrt that aren't busybox', as small stand-ins inside the sandbox; and which of busybox' there are.

What takes effect is what the box was told to load: ``/run/active`` holds the configuration that runs, next to ``/etc`` that is stored.
"""

from __future__ import annotations

# The applets of OpenWrt's own build (package/utils/busybox/Config-defaults.in): no base64, diff, nohup, setsid, stat, timeout, getopt.
# The last two are iproute2's and dropbear's.
APPLETS = [
    "[",
    "awk",
    "basename",
    "bunzip2",
    "cat",
    "chgrp",
    "chmod",
    "chown",
    "chroot",
    "clear",
    "cmp",
    "cp",
    "cut",
    "date",
    "dd",
    "df",
    "dirname",
    "dmesg",
    "du",
    "echo",
    "egrep",
    "env",
    "expr",
    "false",
    "fgrep",
    "find",
    "flock",
    "free",
    "grep",
    "gunzip",
    "gzip",
    "head",
    "hexdump",
    "id",
    "kill",
    "killall",
    "less",
    "ln",
    "ls",
    "md5sum",
    "mkdir",
    "mkfifo",
    "mknod",
    "mktemp",
    "mv",
    "nc",
    "netstat",
    "nice",
    "pgrep",
    "pidof",
    "printf",
    "ps",
    "pwd",
    "readlink",
    "rm",
    "rmdir",
    "sed",
    "seq",
    "sha256sum",
    "sort",
    "strings",
    "sync",
    "tail",
    "tar",
    "tee",
    "test",
    "time",
    "top",
    "touch",
    "tr",
    "true",
    "uname",
    "uniq",
    "uptime",
    "vi",
    "wc",
    "which",
    "xargs",
    "yes",
    "zcat",
    "ip",
    "scp",
]

RELOAD_CONFIG = """#!/bin/sh
# procd's triggers: a service is reloaded when the file that it is about has changed.
mkdir -p /run/active/config
for file in /etc/config/*; do
	name=${file##*/}
	cmp -s "$file" "/run/active/config/$name" && continue
	cp "$file" "/run/active/config/$name"
	[ "$name" != firewall ] || /sbin/fw4 -q reload
done
for file in /run/active/config/*; do
	[ -e "/etc/config/${file##*/}" ] || rm -f "$file"
done
exit 0
"""

FW4 = """#!/bin/sh
while [ "${1#-}" != "$1" ]; do shift; done
case "$1" in
start|restart|reload)
	mkdir -p /run/active/config /run/active/nftables.d
	for file in /etc/nftables.d/*.nft; do
		[ -e "$file" ] || continue
		open=$(tr -cd '{' < "$file" | wc -c) closed=$(tr -cd '}' < "$file" | wc -c)
		if [ "$open" != "$closed" ]; then
			echo "$file:1:1-1: Error: syntax error, unexpected end of file" >&2
			echo "The rendered ruleset contains errors, not doing firewall restart." >&2
			exit 1
		fi
	done
	cp /etc/config/firewall /run/active/config/firewall
	rm -f /run/active/nftables.d/*
	cp /etc/nftables.d/*.nft /run/active/nftables.d/ 2>/dev/null
	exit 0 ;;
check) echo "Ruleset passes nftables check." ;;
print) cat /etc/nftables.d/*.nft 2>/dev/null ;;
*) echo "Usage: fw4 [-v] [-q] start|stop|flush|restart|reload|check|print" >&2; exit 1 ;;
esac
exit 0
"""

RC_COMMON = """#!/bin/sh
# As OpenWrt's own: an init script is sourced, and the action called.
initscript=$1
action=${2:-help}
shift 2
name=${initscript##*/}
start() { return 0; }
stop() { return 0; }
reload() { restart; }
restart() { trap '' TERM; stop "$@"; start "$@"; }
boot() { start "$@"; }
shutdown() { stop; }
enable() {
	err=1
	[ -n "$START" ] && ln -sf "../init.d/$name" "/etc/rc.d/S$START$name" && err=0
	[ -n "$STOP" ] && ln -sf "../init.d/$name" "/etc/rc.d/K$STOP$name" && err=0
	return $err
}
disable() {
	rm -f /etc/rc.d/S??"$name" /etc/rc.d/K??"$name"
}
enabled() {
	for link in /etc/rc.d/S??"$name"; do [ -e "$link" ] && return 0; done
	return 1
}
running() { [ -e "/run/services/$name" ]; }
status() { if running; then echo running; else echo inactive; return 3; fi; }
help() { echo "Syntax: $initscript [command]"; }
procd_open_instance() { :; }
procd_set_param() { [ "$1" != command ] || { shift; echo "$*" > "/run/services/$name"; }; }
procd_append_param() { :; }
procd_close_instance() { :; }
procd_add_reload_trigger() { :; }
. "$initscript"
if [ -n "$USE_PROCD" ]; then
	start() { mkdir -p /run/services; echo "$name" > "/run/services/$name"; start_service "$@"; [ "$(type service_started 2>/dev/null)" ] && service_started; return 0; }
	stop() { rm -f "/run/services/$name"; }
	[ "$(type reload_service 2>/dev/null)" ] && reload() { reload_service "$@"; }
fi
case "$action" in
start|stop|restart|reload|boot|enable|disable|enabled|running|status|shutdown|help) $action "$@" ;;
*)
	for extra in $EXTRA_COMMANDS; do [ "$extra" != "$action" ] || { $action "$@"; exit; }; done
	help
	exit 1 ;;
esac
"""

# A service of the box by itself: when it starts or reloads, what its file says now is what runs.
SERVICE = """#!/bin/sh /etc/rc.common
START={start}
STOP={stop}
start() {{
	mkdir -p /run/services /run/active/config
	echo {name} > /run/services/{name}
	[ ! -e /etc/config/{name} ] || cp /etc/config/{name} /run/active/config/{name}
	{more}
}}
reload() {{ start; }}
stop() {{ rm -f /run/services/{name}; }}
"""
SERVICES = {
    "system": (10, ":"), "firewall": (19, "/sbin/fw4 -q restart"), "network": (20, ":"), "dropbear": (19, ":"), "cron": (50, ":"), "uhttpd": (50, ":"),
    "odhcpd": (35, ":"), "dnsmasq": (19, ":"), "sysntpd": (98, ":"), "log": (12, ":"),
}  # fmt: skip
OPTIONAL = {"frr": (95, ":"), "swanctl": (90, ":"), "snmpd": (50, ":")}

UBUS = """#!python
import json, sys
words = [one for one in sys.argv[1:] if not one.startswith("-")]
if words[:3] == ["call", "system", "board"]:
    release = {"distribution": "OpenWrt", "version": "23.05.5", "revision": "r24106-10cc5fcd00", "target": "ramips/mt7621", "description": "OpenWrt 23.05.5 r24106-10cc5fcd00"}
    with open("/proc/sys/kernel/hostname") as file:
        name = file.read().strip()
    print(json.dumps({"kernel": "5.15.167", "hostname": name, "system": "MediaTek MT7621 ver:1 eco:3", "model": "MikroTik RouterBOARD 760iGS", "board_name": "mikrotik,routerboard-760igs", "rootfs_type": "squashfs", "release": release}, indent="\\t"))
elif words[:1] == ["call"]:
    print("Command failed: Not found", file=sys.stderr)
    sys.exit(4)
"""

# X25519 by RFC 7748, for ``wg pubkey`` and ``wg genkey``.
WG = """#!python
import base64, os, sys
PRIME = 2**255 - 19
def multiply(scalar, point):
    x1, x2, z2, x3, z3, swap = point, 1, 0, point, 1, 0
    for bit in reversed(range(255)):
        now = scalar >> bit & 1
        if swap ^ now:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = now
        a, b = x2 + z2, x2 - z2
        aa, bb = a * a % PRIME, b * b % PRIME
        e, da, cb = aa - bb, (x3 - z3) * a % PRIME, (x3 + z3) * b % PRIME
        x3, z3 = (da + cb) ** 2 % PRIME, point * (da - cb) ** 2 % PRIME
        x2, z2 = aa * bb % PRIME, e * (aa + 121665 * e) % PRIME
    if swap:
        x2, z2 = x3, z3
    return x2 * pow(z2, PRIME - 2, PRIME) % PRIME
def clamp(key):
    number = int.from_bytes(key, "little")
    return number & ~7 & ((1 << 254) - 1) | 1 << 254
if sys.argv[1:] == ["genkey"]:
    print(base64.b64encode(os.urandom(32)).decode())
elif sys.argv[1:] == ["pubkey"]:
    try:
        key = base64.b64decode(sys.stdin.read().strip(), validate=True)
        assert len(key) == 32
    except (ValueError, AssertionError):
        sys.exit("wg: Key is not the correct length or format")
    print(base64.b64encode(multiply(clamp(key), 9).to_bytes(32, "little")).decode())
elif not sys.argv[1:] or sys.argv[1] == "show":
    pass
else:
    sys.exit("Usage: wg <cmd> [<args>]")
"""

LOGGER = "#!/bin/sh\nexit 0\n"
REBOOT = "#!/bin/sh\ntouch /run/reboot\n"
PASSWD = """#!/bin/sh
[ -z "$1" ] || grep -q "^$1:" /etc/passwd || { echo "passwd: unknown user $1"; exit 1; }
user=${1:-root}
printf 'Changing password for %s\\nNew password: ' "$user"
read -r first
printf '\\nRetype password: '
read -r second
[ -n "$first" ] && [ "$first" = "$second" ] || { printf "\\nPasswords don't match\\n"; exit 1; }
hash=$(printf '%s' "$first" | sha256sum | cut -c1-43)
grep -v "^$user:" /etc/shadow > /etc/shadow.new
printf '%s:$5$emulated$%s:19000:0:99999:7:::\\n' "$user" "$hash" >> /etc/shadow.new
mv /etc/shadow.new /etc/shadow
printf '\\npasswd: password for %s changed by root\\n' "$user"
"""
QUIET = "#!/bin/sh\nexit 0\n"
PROGRAMS = {
    "sbin/reload_config": RELOAD_CONFIG, "sbin/fw4": FW4, "etc/rc.common": RC_COMMON, "bin/ubus": UBUS, "usr/bin/wg": WG, "usr/bin/logger": LOGGER,
    "sbin/reboot": REBOOT, "bin/passwd": PASSWD, "sbin/tc": QUIET, "sbin/ifup": QUIET, "sbin/ifdown": QUIET, "usr/sbin/nft": QUIET, "sbin/wifi": QUIET,
}  # fmt: skip
OPTIONAL_PROGRAMS = {"usr/sbin/swanctl": QUIET, "usr/sbin/bgpd": QUIET, "usr/sbin/snmpd": QUIET, "usr/bin/vtysh": QUIET}
