"""OpenWrt's dead-man: a copy of its configuration on the flash, a timer in the background, and a script that also runs first at boot.

Putting back needs no restart. UCI's own ``apply`` with rollback (rpcd) belongs to a login of the web interface, so a shell can't use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..platform import Command, Guard
from .activation import UNDER_WAY
from .intended import SERVICES, WEB
from .running import DAEMONS, FILES, KEYS, PACKAGES, PASSWD, SHADOW
from .shell import plain, put_file

SCRIPT, FOLDER = "/etc/init.d/motcua-guard", "/etc/motcua-guard"
LINK = "/etc/rc.d/S10motcua-guard"  # sorted behind S10boot, which mounts, and before S10system, S19firewall and S20network
MARK = f"{FOLDER}/unconfirmed"
SAYS_ARMED = "motcua-guard: armed"
SWITCHED = tuple(sorted({*(name for names in SERVICES.values() for name in names), *WEB, "motcua", "frr", "swanctl", "snmpd"}))

TEXT = """#!/bin/sh
# motcua: puts this router back to what it was unless motcua confirms in time that all is well, also after a power cut.
ours="{ours}"
also="{also}"
switched="{switched}"

copy() {{
	for path in /etc/config $ours $also /etc/swanctl/conf.d/motcua-*.conf; do
		[ -e "$path" ] || continue
		mkdir -p "{folder}/copy${{path%/*}}" && cp -a "$path" "{folder}/copy$path" || return 1
	done
	ls /etc/rc.d > "{folder}/rc.d"
}}
restore() {{
	[ -d "{folder}/copy/etc/config" ] || return 1
	for package in {packages}; do uci -q revert "$package"; done
	cp -a "{folder}/copy/etc/config/." /etc/config/
	for path in $ours $also /etc/swanctl/conf.d/motcua-*.conf; do
		if [ -e "{folder}/copy$path" ]; then cp -a "{folder}/copy$path" "$path"; else rm -f "$path"; fi
	done
	for service in $switched; do
		[ -x "/etc/init.d/$service" ] || continue
		if grep -q "^S..$service\\$" "{folder}/rc.d"; then "/etc/init.d/$service" enable; else "/etc/init.d/$service" disable; fi
	done
	rm -f {mark}
	sync
}}
arm() {{
	[ ! -e {mark} ] || {{ echo "motcua-guard: refused, another change waits for its confirmation"; exit 1; }}
	rm -rf {folder}
	mkdir -m 700 {folder} && copy || {{ rm -rf {folder}; echo "motcua-guard: refused, the flash has no room for a copy"; exit 1; }}
	token=$(cat /proc/sys/kernel/random/uuid)
	ln -sf ../init.d/motcua-guard {link} && echo "$token" > {mark} && sync || {{ echo "motcua-guard: refused, can't be marked"; exit 1; }}
	(
		trap '' HUP
		sleep "$1"
		[ "$(cat {mark} 2>/dev/null)" != "$token" ] || "{script}" fire
	) </dev/null >/dev/null 2>&1 &
	echo "{says}"
}}
fire() {{
	[ -e {mark} ] || {{ echo "motcua-guard: nothing is armed"; exit 0; }}
	(
		trap '' HUP
		restore
		reload_config
		sleep 3
		fw4 reload
		for service in $switched; do
			[ -x "/etc/init.d/$service" ] || continue
			if [ -e /etc/rc.d/S??"$service" ]; then "/etc/init.d/$service" restart; else "/etc/init.d/$service" stop; fi
		done
		clean
	) </dev/null >/dev/null 2>&1 &
	wait $!
}}
clean() {{
	rm -f {link}
	rm -rf {folder}
	rm -f {script}
}}
confirm() {{
	[ -e {mark} ] || {{ echo "motcua-guard: refused, nothing is armed any more"; exit 1; }}
	while [ -e {under_way} ]; do sleep 1; done
	rm -f {mark}
	sync
	clean
}}
case "$1" in
arm) arm "$2" ;;
fire) fire ;;
confirm) confirm ;;
boot) [ ! -e {mark} ] || {{ restore; clean; }} ;;
esac
exit 0
"""


def _words(values: Iterable[str]) -> str:
    return " ".join(values)


def script() -> str:
    """The whole program, which needs nothing but the box's shell."""
    return TEXT.format(
        ours=_words(FILES), also=_words((KEYS, PASSWD, SHADOW, DAEMONS)), switched=_words(SWITCHED), packages=_words(PACKAGES),
        folder=FOLDER, mark=MARK, link=LINK, script=SCRIPT, says=SAYS_ARMED, under_way=UNDER_WAY,
    )  # fmt: skip


def arm(seconds: int, undo: tuple[Command, ...]) -> tuple[Command, ...]:  # noqa: ARG001  the copy undoes more than they can
    """What arms for so many seconds."""
    return (*put_file(SCRIPT, script(), "755"), plain(f"{SCRIPT} arm {seconds}"))


GUARD = Guard(
    arm=arm,
    confirm=(plain(f"{SCRIPT} confirm"),),
    armed=(f"if [ -e {MARK} ]; then echo '{SAYS_ARMED}'; fi", re.compile(f"^{SAYS_ARMED}", re.MULTILINE)),
    fire=(plain(f"{SCRIPT} fire"),),
)
