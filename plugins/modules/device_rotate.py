"""Documentation of motcua.cctv.device_rotate; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_rotate
short_description: Give a camera or recorder the new passwords that were ordered
version_added: 0.1.0
description:
  - >-
    Does something only for a device with an open order in C(rotations) of the folder C(motcua_state), or in C(motcua_due), as
    C(motcua rotate) gives it; so it can simply be repeated. Every account gets a new password; a recorder that pulls the camera is given
    its in the same step.
  - >-
    The order is done when the new passwords were taken and the old one, tried once, was refused. Until then it stays open with the reason.
  - A device that was never rolled out has no password of ours and is refused.
extends_documentation_fragment: [motcua.cctv.connection]
attributes:
  diff_mode:
    support: full
    description: Shows which accounts changed; passwords as C((secret)).
"""

EXAMPLES = r"""
- name: Rotate what was ordered
  motcua.cctv.device_rotate:
"""

RETURN = r"""
changed:
  description: Whether there was an open order.
  returned: always
  type: bool
changes:
  description: The accounts that were written, as at M(motcua.cctv.device).
  returned: when something was written
  type: list
  elements: dict
findings:
  description: What should be improved although nothing failed, such as management over plain HTTP.
  returned: always
  type: list
  elements: str
kind:
  description: Why it failed, as at M(motcua.cctv.device).
  returned: failed
  type: str
"""
