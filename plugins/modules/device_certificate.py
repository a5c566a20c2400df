"""Documentation of motcua.cctv.device_certificate; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_certificate
short_description: Give a device a certificate of the province's own authority
version_added: 0.1.0
description:
  - Lets the device make a key and a request, signs that with the province's issuing authority on the controller for the device's own name
    and planned address, installs it, and proves it over a new connection. The device's key never leaves it.
  - Does nothing while the present certificate is of the authority that signs now, for the right name, and lasts longer than
    O(renew_days). The authority is made with C(motcua pki); it belongs to a province, so there is no ad-hoc use.
  - From then on the device's pin is replaced by the authority, and another key is believed as soon as the authority has signed it.
  - Known for Hikvision and for AXIS OS 11 and later, and marked experimental until a device has confirmed it.
options:
  days:
    description:
      - For how long the certificate is valid. Defaults to C(policy.certificate_days) of the province.
    type: int
  renew_days:
    description:
      - How long before its end a certificate is replaced.
    type: int
    default: 30
  renew:
    description:
      - Whether to replace it although it isn't due.
    type: bool
    default: false
extends_documentation_fragment: [motcua.cctv.connection]
"""

EXAMPLES = r"""
- name: Renew what ends within 30 days
  motcua.cctv.device_certificate:
"""

RETURN = r"""
subject:
  description: Whom the certificate speaks for.
  returned: success
  type: str
expires:
  description: When its certificate ends.
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
