"""Documentation of motcua.cctv.device_firmware; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_firmware
short_description: Bring a camera or recorder to a version of its firmware
version_added: 0.1.0
description:
  - Sends firmware, shows how far the device is, waits for its reboot, and reads back which version it has now.
  - Does nothing when the device has O(version) already. Firmware must suit the model; that is not checked here.
options:
  src:
    description:
      - File on the controller.
    type: path
    required: true
  version:
    description:
      - The version that the device says that it has afterwards, as RV(motcua.cctv.device_info#module:identity) shows it.
    type: str
    required: true
extends_documentation_fragment: [motcua.cctv.connection]
"""

EXAMPLES = r"""
- name: Bring the cameras of one model to the version without the hole
  motcua.cctv.device_firmware:
    src: firmware/DS-2CD2x43G2.dav
    version: V5.7.18
  throttle: 2
"""

RETURN = r"""
before:
  description: The version that it had.
  returned: success
  type: str
after:
  description: The version that it has.
  returned: success
  type: str
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
