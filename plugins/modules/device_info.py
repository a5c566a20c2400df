"""Documentation of motcua.cctv.device_info; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_info
short_description: Read what a camera or recorder is and how it is set
version_added: 0.1.0
description:
  - Reads everything that the vendor's table knows how to ask, and writes nothing.
  - What a device can't say is listed in RV(unsupported) with the reason; it is never reported as fine.
extends_documentation_fragment: [motcua.cctv.connection]
"""

EXAMPLES = r"""
- name: Read a camera that nobody has configured yet
  motcua.cctv.device_info:
    host: 192.0.2.64
    vendor: dahua
    user: admin
    password: "{{ camera_password }}"
  delegate_to: localhost
  register: camera

- name: Read every device of a province
  motcua.cctv.device_info:
  register: device
"""

RETURN = r"""
identity:
  description: What the device is.
  returned: success
  type: dict
  sample: {vendor: hikvision, model: DS-2CD2043G2-I, firmware: V5.7.18, serial: DS-2CD2043G2-I0123, mac: "44:19:b6:00:00:01"}
running:
  description: How it is set, in the neutral vocabulary; no password is ever read.
  returned: success
  type: dict
  sample: {time: {zone: "UTC+07:00", mode: ntp, ntp: [192.168.1.1]}}
unsupported:
  description: What it doesn't say, and why.
  returned: success
  type: list
  elements: dict
  contains:
    key:
      description: Place in the vocabulary.
      type: str
    reason:
      description: One sentence.
      type: str
unknown:
  description: What could not be told, because its answer can't be understood or the account has no right to it, and why.
  returned: success
  type: list
  elements: dict
  contains:
    key:
      description: Place in the vocabulary.
      type: str
    reason:
      description: One sentence.
      type: str
findings:
  description: What should be improved although nothing failed, such as management over plain HTTP.
  returned: always
  type: list
  elements: str
kind:
  description: >-
    Why it failed: V(model), V(unreachable), V(auth_refused), V(locked), V(pin_changed), V(garbled).
  returned: failed
  type: str
locked_for_s:
  description: For how many seconds the device takes no login, where it says so.
  returned: when the device is locked
  type: int
"""
