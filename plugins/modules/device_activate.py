"""Documentation of motcua.cctv.device_activate; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_activate
short_description: Give a new camera or recorder its first password
version_added: 0.1.0
description:
  - Asks the device whether it has a password yet, and only if it has none gives the factory account its first one.
  - With a province's inventory the password is derived like all others, and noted before it is sent. Ad hoc it is O(password).
  - Known for Hikvision (the older of its two ways) and Axis. Nothing else does this on the way to a desired state.
extends_documentation_fragment: [motcua.cctv.connection]
"""

EXAMPLES = r"""
- name: Give the cameras that were unpacked today their first password
  motcua.cctv.device_activate:

- name: Activate one camera by hand
  motcua.cctv.device_activate:
    host: 192.0.2.64
    vendor: hikvision
    password: "{{ first_password }}"
  delegate_to: localhost
"""

RETURN = r"""
changed:
  description: Whether the device was new.
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
