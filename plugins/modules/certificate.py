"""Documentation of motcua.cctv.certificate; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate
short_description: Sign what a machine of the province asks for, where its certificate is due
version_added: 0.1.0
description:
  - Signs a request with the province's issuing authority on the controller, for one name and the machine's planned address, for at most
    397 days. Nothing is written on the machine; the result is what to write.
  - Does nothing while what the machine shows is of the authority that signs now, for the right name, and lasts longer than O(renew_days).
  - Where the province has no authority yet, what the machine shows is given back.
options:
  name:
    description: For whom the certificate speaks; a request for another name is refused.
    type: str
    required: true
  request:
    description: The machine's request in PEM.
    type: str
    required: true
  shown:
    description: The certificate that the machine shows now, in PEM.
    type: str
    required: true
  renew_days:
    description: How long before its end a certificate is replaced.
    type: int
    default: 30
attributes:
  diff_mode:
    support: none
    description: There is no text to compare.
  check_mode:
    support: full
    description: Signs nothing.
  platform:
    support: full
    description: Runs inside the controller's Ansible process.
author: The motcua founders (@motcua)
"""

EXAMPLES = r"""
- name: Sign where that is due
  motcua.cctv.certificate:
    name: centre
    request: "{{ asked.stdout }}"
    shown: "{{ shown.stdout }}"
"""

RETURN = r"""
certificate:
  description: What the machine is to show, its own certificate first, in PEM.
  returned: success
  type: str
trust:
  description: What others must trust to believe it, in PEM.
  returned: success
  type: str
published:
  description: The root and the lists of revoked certificates, which everybody may fetch.
  returned: success
  type: list
  elements: dict
"""
