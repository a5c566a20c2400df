"""Documentation of motcua.cctv.device_exchange; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_exchange
short_description: Let another camera or recorder come into an old one's place
version_added: 0.1.0
description:
  - Runs for the router of the site. The new device is found where a technician plugged it in, at its place, at O(wish.at), or by looking
    for it on the office's LAN from the router, as M(motcua.cctv.survey) does.
  - It must be what was said, and the old device mustn't answer any more. One without any password gets its first, derived one; of one that
    has a password the vault must know it, under C(initial:) as C(host/serial). No password is ever guessed, and one refused login ends it.
  - Then it gets the old device's address, is logged in to once more there, and what it says is written down. Nothing of the province
    changes; C(motcua replace) takes the proof over.
  - Run again after it was killed, it goes on with the device that it had met.
options:
  wish:
    description:
      - What is wanted, as C(motcua replace) makes it.
    type: dict
    required: true
    suboptions:
      at:
        description: The address on the office's LAN at which the new device is.
        type: str
  folder:
    description:
      - Folder on the controller for the new device's secrets, its key and the proof.
    type: path
    required: true
attributes:
  check_mode:
    support: full
    description: The new device is only looked at from outside.
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
  - module: motcua.cctv.device_activate
  - module: motcua.cctv.survey
"""

EXAMPLES = r"""
- name: Take in the new device
  motcua.cctv.device_exchange:
    wish: "{{ motcua_exchange.wish }}"
    folder: "{{ motcua_exchange.folder }}"
"""

RETURN = r"""
identity:
  description: What the new device is.
  returned: success, but for check mode
  type: dict
  sample: {vendor: dahua, model: KX-C4012, serial: 7L0A123PAZ00001}
kind:
  description: Why it failed, as at M(motcua.cctv.device).
  returned: failed
  type: str
"""
