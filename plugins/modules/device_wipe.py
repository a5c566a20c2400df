"""Documentation of motcua.cctv.device_wipe; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_wipe
short_description: Let a camera or recorder that leaves forget everything
version_added: 0.1.0
description:
  - Runs for the router of the site, through which the device is reached also when the inventory doesn't have it any more.
  - The device must show the key by which it was known. Then it is logged in to once and told to go back to the factory, which takes its
    accounts, the passwords of the cameras that a recorder logged in to, and its address. It can't be undone.
  - Where no way to do it is known, or the device doesn't answer, it fails and says so; C(motcua retire) lists such devices until it is
    done.
options:
  leaver:
    description:
      - Who leaves, as C(motcua retire) says it.
    type: dict
    required: true
attributes:
  check_mode:
    support: full
    description: The device is found and nothing is sent to it but questions that need no login.
  diff_mode:
    support: none
    description: There is no text to compare.
  platform:
    support: full
    description: Runs inside the controller's Ansible process, through the router's SSH.
    platforms: linux
author:
  - The motcua authors (@motcua)
seealso:
  - module: motcua.cctv.device_exchange
"""

EXAMPLES = r"""
- name: Wipe a device that leaves
  motcua.cctv.device_wipe:
    leaver: "{{ motcua_leaver }}"
"""

RETURN = r"""
changed:
  description: Whether it had anything to forget.
  returned: success
  type: bool
kind:
  description: Why it failed, as at M(motcua.cctv.device).
  returned: failed
  type: str
"""
