"""Documentation of motcua.cctv.firmware; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: firmware
short_description: Bring a camera or recorder to what the firmware catalogue wants
version_added: 0.1.0
description:
  - Reads what the device has, finds its way through the catalogue, and goes it step by step; the file is proved, sent once, the restart is
    waited for, the version read back, and the configuration compared with that of before.
  - Does nothing to a device that has what is wanted. What somebody began who died is ended first, and no file is sent twice meanwhile.
  - Waits until nobody else upgrades a device of the same site. Refuses outside the site's window, and around announced power cuts.
  - After the first surprise every further call refuses, until C(motcua firmware clear) is called.
options:
  catalogue:
    description:
      - The file with the catalogue on the controller; the images lie beside it.
    type: path
    required: true
  sha256:
    description:
      - The catalogue's own, as it was when the upgrade was planned and approved; another catalogue is refused.
    type: str
extends_documentation_fragment: [motcua.cctv.connection]
"""

EXAMPLES = r"""
- name: Bring the cameras to the versions of the catalogue
  motcua.cctv.firmware:
    catalogue: "{{ inventory_dir }}/firmware/firmware.yml"
"""

RETURN = r"""
path:
  description: The images that it went through, or in check mode would go through.
  returned: always
  type: list
  elements: str
before:
  description: The version that it had.
  returned: always
  type: str
after:
  description: The version that it has, or in check mode would have.
  returned: always
  type: str
waits:
  description: In check mode, why it couldn't be upgraded now.
  returned: when something hinders it
  type: str
findings:
  description: What should be improved although nothing failed, such as management over plain HTTP.
  returned: always
  type: list
  elements: str
kind:
  description: Why it failed, as at M(motcua.cctv.device); V(surprised) when the device is otherwise afterwards than it had to be,
    V(postponed) when it may not be upgraded now.
  returned: failed
  type: str
"""
