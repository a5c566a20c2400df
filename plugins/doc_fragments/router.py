"""The options by which a router is reached, shared by the modules' documentation."""

from __future__ import annotations


class ModuleDocFragment:
    """Read by ansible-doc."""

    DOCUMENTATION = r"""
options:
  host:
    description:
      - Address of the router. At a province it is the translated address, reached through the site's tunnel.
      - Defaults to C(ansible_host), else to the inventory name.
    type: str
  platform:
    description:
      - What the router runs; its version is asked for. Defaults to C(motcua_platform).
    type: str
    choices: [routeros, ios, vyos, openwrt, fortios, junos]
  user:
    description:
      - Account to log in with. Defaults to C(motcua_user), else V(motcua).
    type: str
  password:
    description:
      - Its password, which is tried once; it never appears in a result, a diff or an error.
      - Defaults to C(motcua_password), which in a province only names a derived secret.
    type: raw
  private_key:
    description:
      - File with the private key (OpenSSH, without a passphrase). It is tried first; the password is for a router that doesn't know it yet.
      - Defaults to C(motcua_private_key).
    type: path
  port:
    description:
      - TCP port of SSH. Defaults to C(motcua_port), else 22.
    type: int
  known_hosts:
    description:
      - File of OpenSSH's with the host keys. The first contact pins the key, and a changed one stops the task before any secret is sent.
      - Defaults to C(motcua_known_hosts), else a file in C(~/.local/state/motcua).
    type: path
  proxy_command:
    description:
      - Program that leads to the router over its standard input and output, with C(%h) and C(%p) filled in.
      - Defaults to C(motcua_proxy_command).
    type: str
  old_ssh:
    description:
      - Whether key exchanges that are no longer held safe (SHA-1, 1024 bits, CBC) are allowed, for equipment that has nothing else.
      - Defaults to C(motcua_old_ssh), else false.
    type: bool
  timeout:
    description:
      - Seconds that the router may take for one answer. Defaults to C(motcua_timeout), else 90.
    type: float
attributes:
  diff_mode:
    support: none
    description: There is no text to compare.
  check_mode:
    support: full
    description: Reads the same and sends nothing.
  platform:
    support: full
    description: Runs inside the controller's Ansible process; nothing is installed on the router.
    platforms: all
author:
  - The motcua authors (@motcua)
"""
