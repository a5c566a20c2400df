"""Documentation of motcua.cctv.rotation; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rotation
short_description: Note one step of a rotation
version_added: 0.1.0
description:
  - Begins, ends or gives up the open order of one subject, which C(motcua rotate) gives in C(motcua_due). Sends nothing to anybody.
  - Without an open order nothing is noted and RV(ordered) is false, so that a run can simply be repeated.
options:
  subject:
    description: C(<site>.<tunnel>) or C(<hub>.hub). Needed by every step but V(settle).
    type: str
  step:
    description:
      - V(begin) notes the next epoch before it is written anywhere; V(done) that it was proved.
      - V(failed) notes why it wasn't, and leaves the order open.
      - V(settle) notes as proved each tunnel whose next key is among O(keys).
    type: str
    choices: [begin, done, failed, settle]
    required: true
  keys:
    description: The public keys that a hub takes.
    type: list
    elements: str
    default: []
  said:
    description: How it was proved, or why it failed; never a secret.
    type: str
    default: ""
  derived:
    description: Whether the secret is derived from the masters, so that its epoch is noted as well.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
    description: Notes nothing.
  diff_mode:
    support: none
    description: There is nothing to show.
  platform:
    support: full
    description: The controller.
    platforms: posix
author:
  - The motcua authors (@motcua)
"""

EXAMPLES = r"""
- name: Begin the new key of a tunnel
  motcua.cctv.rotation:
    subject: lang-giang.main
    step: begin
"""

RETURN = r"""
ordered:
  description: Whether the subject is still to be rotated.
  returned: success
  type: bool
settled:
  description: The tunnels that a run which died had already changed.
  returned: with V(settle)
  type: list
  elements: str
to:
  description: The epoch that it leads to.
  returned: when it is still to be rotated
  type: int
"""
