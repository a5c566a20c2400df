"""Documentation of motcua.cctv.device_reboot; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_reboot
short_description: Reboot a camera or recorder and wait for it
version_added: 0.1.0
description:
  - Asks for a reboot and ends when the device takes a login again, which may take three minutes.
extends_documentation_fragment: [motcua.cctv.connection]
"""

EXAMPLES = r"""
- name: Reboot a camera that hangs
  motcua.cctv.device_reboot:
"""

RETURN = r"""
changed:
  description: Always true; in check mode nothing is sent.
  returned: success
  type: bool
findings:
  description: What should be improved although nothing failed, such as management over plain HTTP.
  returned: always
  type: list
  elements: str
kind:
  description: Why it failed, as at M(motcua.cctv.device); V(unsupported) when no way to do it is known for this kind of device.
  returned: failed
  type: str
"""
