"""Lookup plugin: derive one secret at the moment of its use."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..plugin_utils.errors import MotcuaError
from ..plugin_utils.secrets import Journal, device_password, tunnel_private_key, vms_digest, wireguard_public_key
from ..plugin_utils.vault import open_masters
from ..plugin_utils.vendors import VENDORS
from ..plugin_utils.vendors.table import ROUTER_PASSWORDS

DOCUMENTATION = """
name: secret
short_description: Derive a device's password or a tunnel's key from the province's master secrets
description:
  - Opens the vaulted masters that C(motcua_masters) names, through Ansible's own vault, and derives one secret from them.
  - Use it only in tasks with C(no_log) and C(diff=false), except for public keys.
options:
  _terms:
    description:
      - C(device/<host>/<account>) is an account's password at the epoch that the device is known to have.
      - C(tunnel/<site>/<name>/private) and C(tunnel/<site>/<name>/public) are the site's end of a tunnel.
      - >-
        C(tunnel/<site>/<name>/next-private) and C(tunnel/<site>/<name>/next-public) are what a rotation that was begun puts in their place;
        the empty text when none was.
      - C(vms/<vms>/<number>/digest) is the line of an htdigest file for a VMS.
    required: true
author: The motcua founders (@motcua)
"""

EXAMPLES = """
- name: Show the public key of a site's tunnel
  ansible.builtin.debug:
    msg: "{{ lookup('motcua.cctv.secret', 'tunnel/lang-giang/main/public') }}"
"""

RETURN = """
_raw:
  description: The secrets, one a term.
  type: list
  elements: str
"""


class LookupModule(LookupBase):
    """Derives secrets; nothing is kept."""

    def run(self, terms: list[str], variables: Any = None, **_options: Any) -> list[str]:
        """One secret a term."""
        try:
            return [self._derive(str(term), variables) for term in terms]
        except MotcuaError as error:
            raise AnsibleLookupError(str(error)) from None

    def _derive(self, term: str, variables: Any) -> str:
        masters = open_masters(dict(variables["motcua_masters"]), self._loader)
        match term.split("/"):
            case ["tunnel", site, name, ("private" | "public" | "next-private" | "next-public") as half]:
                epochs = Journal(f"{variables['motcua_state']}/epochs").tunnel(site, name)
                epoch = epochs.pending if half.startswith("next") else epochs.confirmed
                key = "" if epoch is None else tunnel_private_key(masters, site, name, epoch)
                return wireguard_public_key(key) if key and half.endswith("public") else key
            case ["vms", vms, number, "digest"]:
                return vms_digest(masters, vms, int(number))
            case ["device", host, account]:
                owner = variables["hostvars"][host]
                epochs = Journal(f"{owner['motcua_state']}/epochs").read(host)
                rule = VENDORS[str(owner["motcua_vendor"])].password_rule if "motcua_vendor" in owner else ROUTER_PASSWORDS
                return device_password(masters, str(owner["motcua_site"]), host, account, epochs.proved, rule)
        forms = "device/<host>/<account>, tunnel/<site>/<name>/<private or public> (of a rotation next-…) or vms/<vms>/<number>/digest"
        raise AnsibleLookupError(f"{term!r} names no secret; write {forms}")
