"""Programs of VyOS inside the sandbox: what scripts source, systemd's timers, and the way from there to the configuration."""

from __future__ import annotations

TOOLS = [
    "[",
    "awk",
    "base64",
    "basename",
    "bash",
    "cat",
    "chgrp",
    "chmod",
    "chown",
    "cmp",
    "cp",
    "cut",
    "date",
    "diff",
    "dirname",
    "echo",
    "egrep",
    "env",
    "expr",
    "false",
    "find",
    "flock",
    "grep",
    "gunzip",
    "gzip",
    "head",
    "install",
    "kill",
    "ln",
    "ls",
    "md5sum",
    "mkdir",
    "mktemp",
    "mv",
    "nohup",
    "ps",
    "pgrep",
    "printf",
    "pwd",
    "readlink",
    "rm",
    "rmdir",
    "sed",
    "seq",
    "setsid",
    "sha256sum",
    "sort",
    "stat",
    "sync",
    "tail",
    "tar",
    "tee",
    "test",
    "timeout",
    "touch",
    "tr",
    "true",
    "uname",
    "uniq",
    "wc",
    "which",
    "xargs",
    "ip",
    "scp",
]

# Sends its words to the box, which knows the sessions; a script's session is told by the shell that sourced the template.
CLIENT = """#!python
import json, os, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect("/run/vyos.sock")
connection.sendall(json.dumps({"session": os.environ.get("VYOS_SESSION", ""), "words": sys.argv[1:]}).encode() + b"\\n")
answer = json.loads(connection.makefile().readline())
sys.stdout.write(answer["text"])
sys.exit(answer["status"])
"""

TEMPLATE = """#!/bin/bash
export VYOS_SESSION=$$
shopt -s expand_aliases
for verb in set delete commit commit-confirm confirm compare load merge discard edit top up show rollback; do
	alias $verb="/opt/vyatta/sbin/client config $verb"
done
alias configure='/opt/vyatta/sbin/client enter'
# In a script "exit" ends the configuration session, not the script; and "save" asks for a file's name.
alias exit='/opt/vyatta/sbin/client leave'
save() {
	if [ $# -eq 0 ]; then echo "You must provide a file name to save the config to"; return 1; fi
	/opt/vyatta/sbin/client config save "$@"
}
run() { /opt/vyatta/bin/vyatta-op-cmd-wrapper "$@"; }
"""

SG = """#!/bin/bash
group=$1
shift
[ "$1" != -c ] || shift
VYOS_GROUP=$group exec /bin/bash -c "$1"
"""
ID = """#!/bin/bash
case "$*" in
"-g -n" | "-gn" | "-n -g" | "-ng") echo "${VYOS_GROUP:-users}" ;;
"-u") echo "${VYOS_UID:-1002}" ;;
*) echo "uid=1002(vyos) gid=100(users) groups=100(users),27(sudo),104(vyattacfg)" ;;
esac
"""
SUDO = """#!/bin/bash
while [ "${1#-}" != "$1" ]; do [ "$1" != -u ] || shift; shift; done
VYOS_UID=0 VYOS_GROUP=root exec "$@"
"""

# A transient timer is a file; the box looks at it as its time passes.
SYSTEMD_RUN = """#!/bin/bash
unit=run-r$RANDOM quiet= due=
while [ $# -gt 0 ]; do
	case "$1" in
	--unit=*) unit=${1#--unit=} ;;
	--unit | -u) unit=$2; shift ;;
	--on-active=*) due=${1#--on-active=} ;;
	--on-active) due=$2; shift ;;
	--quiet | -q) quiet=1 ;;
	--collect | -G | --no-block | --timer-property=* | --property=* | -p* | --description=* | --slice=*) ;;
	--*) echo "systemd-run: unrecognized option '$1'" >&2; exit 1 ;;
	*) break ;;
	esac
	shift
done
unit=${unit%.service}; unit=${unit%.timer}
[ $# -gt 0 ] || { echo "Command line to execute required." >&2; exit 1; }
if [ -e "/run/units/$unit.timer" ]; then
	echo "Failed to start transient timer unit: Unit $unit.timer was already loaded or has a fragment file." >&2
	exit 1
fi
case "$due" in
"") seconds=0 ;;
*min) seconds=$((${due%min} * 60)) ;;
*m) seconds=$((${due%m} * 60)) ;;
*h) seconds=$((${due%h} * 3600)) ;;
*s) seconds=${due%s} ;;
*sec) seconds=${due%sec} ;;
*) seconds=$due ;;
esac
case "$seconds" in "" | *[!0-9]*) echo "Failed to parse timer value: $due" >&2; exit 1 ;; esac
read -r now < /run/clock
command=$(printf '%q ' "$@")
printf '%s\\n%s\\n' "$((now + seconds * 1000))" "$command" > "/run/units/$unit.timer"
[ -n "$quiet" ] || { echo "Running timer as unit: $unit.timer" >&2; echo "Will run service as unit: $unit.service" >&2; }
"""
SYSTEMCTL = """#!/bin/bash
quiet=
words=()
for word in "$@"; do case "$word" in -q | --quiet) quiet=1 ;; -*) ;; *) words+=("$word") ;; esac; done
verb=${words[0]}
unit=${words[1]}
case "$verb" in
stop)
	for unit in "${words[@]:1}"; do
		if [ -e "/run/units/$unit" ]; then rm -f "/run/units/$unit"
		elif [ "${unit%.timer}" != "$unit" ]; then echo "Failed to stop $unit: Unit $unit not loaded." >&2; exit 5; fi
	done ;;
is-active)
	if [ -e "/run/units/$unit" ]; then [ -n "$quiet" ] || echo active; else [ -n "$quiet" ] || echo inactive; exit 3; fi ;;
reset-failed | daemon-reload | restart | start | reload | enable | disable) ;;
list-timers) ls /run/units ;;
reboot) touch /run/reboot ;;
*) echo "Unknown command verb $verb." >&2; exit 1 ;;
esac
"""

PROGRAMS = {
    "opt/vyatta/sbin/client": CLIENT, "opt/vyatta/bin/vyatta-op-cmd-wrapper": "#!/bin/bash\nexec /opt/vyatta/sbin/client op \"$@\"\n",
    "opt/vyatta/etc/functions/script-template": TEMPLATE, "usr/bin/sg": SG, "usr/bin/id": ID, "usr/bin/sudo": SUDO, "usr/bin/systemd-run": SYSTEMD_RUN,
    "usr/bin/systemctl": SYSTEMCTL, "usr/bin/logger": "#!/bin/bash\nexit 0\n", "sbin/reboot": "#!/bin/bash\ntouch /run/reboot\n",
}  # fmt: skip
