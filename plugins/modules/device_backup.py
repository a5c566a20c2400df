"""Documentation of motcua.cctv.device_backup; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_backup
short_description: Keep a camera's or recorder's configuration
version_added: 0.1.0
description:
  - Fetches the whole configuration as the device keeps it, mostly encrypted by the device, and writes it to a file of the controller
    that only its owner can read.
options:
  dest:
    description:
      - File on the controller. Its folder is made if it isn't there.
    type: path
    required: true
extends_documentation_fragment: [motcua.cctv.connection]
"""

EXAMPLES = r"""
- name: Keep every recorder's configuration
  motcua.cctv.device_backup:
    dest: "backup/{{ inventory_hostname }}.bin"
"""

RETURN = r"""
dest:
  description: The file.
  returned: success
  type: str
size_bytes:
  description: How large the configuration is.
  returned: success
  type: int
sha256:
  description: Its hash.
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
