"""Documentation of motcua.cctv.device_certificate; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_certificate
short_description: Give a device a certificate of the province's own authority
version_added: 0.1.0
description:
  - Lets the device make a key and a request, signs that with the authority's key on the controller for the device's own name, installs
    it, and proves it over a new connection. The device's key never leaves it.
  - Does nothing while the present certificate has the right name and lasts longer than O(renew_days).
  - Known for Hikvision, and marked experimental until a device has confirmed it.
options:
  authority:
    description:
      - File with the authority's certificate in PEM.
    type: path
    required: true
  authority_key:
    description:
      - The authority's private key in PEM. Keep it in ansible-vault; it never appears in a result.
    type: str
    required: true
  days:
    description:
      - For how long the certificate is valid.
    type: int
    default: 730
  renew_days:
    description:
      - How long before its end a certificate is replaced.
    type: int
    default: 60
extends_documentation_fragment: [motcua.cctv.connection]
"""

EXAMPLES = r"""
- name: Replace the factory certificates
  motcua.cctv.device_certificate:
    authority: pki/authority.pem
    authority_key: "{{ vaulted_authority_key }}"
"""

RETURN = r"""
subject:
  description: Whom the certificate speaks for.
  returned: success
  type: str
expires:
  description: When the certificate that was there before ends.
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
