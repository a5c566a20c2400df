"""Read what runs on a Linux machine, as text that people and `git diff` can compare."""

from __future__ import annotations

DOCUMENTATION = r"""
module: running
short_description: Read what runs on a Linux machine as text
version_added: 0.1.0
description:
  - Reads the firewall, addresses, routes, tunnels, units that start at boot, listening ports, who can log in and how SSH is set.
  - Nothing secret is read. What changes by itself is left out, so that the text is another one only when somebody changed something.
  - A program that the machine doesn't have, or that fails, is said in the text and hinders nothing.
options: {}
attributes:
  check_mode:
    support: full
    description: Nothing is changed.
  diff_mode:
    support: none
    description: There is nothing to compare with.
  platform:
    support: full
    description: Linux.
    platforms: posix
author:
  - The motcua authors (@motcua)
"""

EXAMPLES = r"""
- name: Read what runs
  motcua.cctv.running:
"""

RETURN = r"""
text:
  description: One section for each of what was read.
  returned: success
  type: str
  sample: "== boot units\nssh.service\n"
"""

import base64
import grp
import hashlib
import pwd
import re
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

SECONDS = 20
# Heading -> command -> which lines of the answer stay, and as what.
READS = {
    "system": "uname -sr",
    "firewall": "nft -s list ruleset",
    "addresses": "ip -br addr show permanent",
    "routes": "ip route show proto static",
    "routes by hand": "ip route show proto boot",
    "tunnels": "wg show all allowed-ips",
    "boot units": "systemctl list-unit-files --state=enabled --no-legend --no-pager --plain",
    "listening": "ss -Hlntup",
    "ssh": "sshd -T",
}
NO_LOGIN = ("nologin", "false", "sync", "halt", "shutdown")
MIGHTY = ("root", "sudo", "wheel", "adm", "docker")
RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def firewall(lines, _):
    """Rules and sets without the elements that packets put into a set, and their times."""
    text = "\n".join(lines)
    text = re.sub(r"(flags [^\n]*\b(?:dynamic|timeout)\b(?:[^{}])*?)\n\s*elements = \{[^}]*\}", r"\1", text)
    return re.sub(r" expires \S+", "", text).split("\n")


def addresses(lines, _):
    """Interface and its lasting addresses; whether a cable is plugged in is no configuration."""
    rows = (line.split() for line in lines if line.strip())
    return sorted(" ".join([re.sub(r"@.*", "", row[0]), *(one for one in row[2:] if not one.startswith("fe80:"))]) for row in rows)


def routes(lines, _):
    """Routes without what the link does to them."""
    return sorted(re.sub(r"\s+(?:linkdown|dead|nhid \d+|onlink)\b", "", line).strip() for line in lines)


def first_words(lines, _):
    """The first word of each line."""
    return sorted({line.split()[0] for line in lines if line.strip()})


def listening(lines, ports):
    """Protocol, address and program, without process ids; a UDP port out of the range for outgoing traffic is nobody's service."""
    found = set()
    for row in (line.split(None, 6) for line in lines):
        if len(row) < 5 or (row[0] == "udp" and row[4].rpartition(":")[2].isdigit() and int(row[4].rpartition(":")[2]) in ports):
            continue
        programs = sorted(set(re.findall(r'\("([^"]+)"', row[6] if len(row) > 6 else "")))
        found.add(" ".join([row[0], re.sub(r"%\S+:", ":", row[4]), *programs]))
    return sorted(found)


def in_order(lines, _):
    """The lines in an order of their own."""
    return sorted(" ".join(line.split()) for line in lines)


TIDIES = {
    "firewall": firewall,
    "addresses": addresses,
    "routes": routes,
    "routes by hand": routes,
    "tunnels": in_order,
    "boot units": first_words,
    "listening": listening,
    "ssh": in_order,
}


def logins(accounts, groups, keys_of):
    """Who can log in, which mighty groups they are in, and by which keys; of a key only its fingerprint."""
    for account in sorted(accounts, key=lambda one: one.pw_name):
        if account.pw_shell.rpartition("/")[2] in NO_LOGIN:
            continue
        mighty = sorted(one.gr_name for one in groups if one.gr_name in MIGHTY and account.pw_name in one.gr_mem)
        yield " ".join([f"{account.pw_name} uid={account.pw_uid}", account.pw_shell, *mighty])
        for key in sorted(keys_of(account)):
            yield f"  key {key}"


def fingerprints(account):
    """The keys that may log in as an account, as OpenSSH shows them."""
    for name in ("authorized_keys", "authorized_keys2"):
        try:
            lines = Path(account.pw_dir, ".ssh", name).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            match = re.search(r"\b((?:ssh|ecdsa|sk)-\S+) ([A-Za-z0-9+/=]{40,})", line)
            if match and not line.lstrip().startswith("#"):
                digest = hashlib.sha256(base64.b64decode(match[2] + "==")).digest()
                yield f"{match[1]} SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def outgoing():
    """The ports that outgoing traffic takes."""
    try:
        first, last = RANGE.read_text(encoding="ascii").split()
        return range(int(first), int(last) + 1)
    except (OSError, ValueError):
        return range(32768, 61000)


def section(heading, status, answer, error, ports):
    """One section; a read that failed says so in the program's own words."""
    if status:
        lines = [f"(couldn't be read: {' '.join((error or answer).split())[:120] or 'it gives no reason'})"]
    else:
        lines = TIDIES.get(heading, lambda lines, _: lines)(answer.splitlines(), ports)
    return "\n".join([f"== {heading}", *(line.rstrip() for line in lines if line.strip())])


def main():
    """Read and answer."""
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    ports, parts = outgoing(), []
    for heading, command in READS.items():
        words = command.split()
        program = module.get_bin_path(words[0])
        if program is None:
            parts.append(section(heading, 1, "", f"it has no {words[0]}", ports))
        else:
            parts.append(
                section(
                    heading,
                    *module.run_command(["timeout", str(SECONDS), program, *words[1:]], environ_update={"LC_ALL": "C.UTF-8"}),
                    ports,
                )
            )
    parts.append("\n".join(["== logins", *logins(pwd.getpwall(), grp.getgrall(), fingerprints)]))
    module.exit_json(changed=False, text="\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
