"""Documentation of motcua.cctv.router; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: router
short_description: Make a router match its desired state, under a guard that never lets a site be lost
version_added: 0.2.0
description:
  - Reads the router over SSH, compares what is motcua's of its configuration with O(desired), and sends the smallest list of commands.
  - Before the first command the router itself arms an undo. It is called off only over a new connection through the path that the change
    has to keep. Without that the router puts itself back, also after a power cut, and the task ends with C(kind=rolled_back).
  - What isn't motcua's is never changed and never listed, unless it speaks against what is; then it is in RV(contradictions).
  - A wish that would cut the site off is refused before anything is sent.
  - FortiOS and Junos are read and compared only; their commands are in RV(worksheet).
extends_documentation_fragment: [motcua.cctv.router]
options:
  desired:
    description:
      - The neutral state to reach, C(motcua_desired) or its section C(router). Secrets are in it by name only.
      - Defaults to C(motcua_desired).
    type: dict
  guard_seconds:
    description:
      - After how many seconds the router undoes a change that nobody has confirmed. Defaults to C(motcua_guard_seconds), else 300.
    type: int
  window:
    description:
      - When a router may restart, local time of the site, as V(22:00-05:00). It matters only where the guard restarts it.
      - Defaults to C(motcua_window), else V(22:00-05:00).
    type: str
  now:
    description:
      - Whether such a router may restart at any time. Defaults to C(motcua_now), else false.
    type: bool
  renewed:
    description:
      - The secrets, by name, of which the key of a rotation that was begun is meant instead of the one in use.
    type: list
    elements: str
attributes:
  diff_mode:
    support: full
    description: Shows what of the configuration is motcua's before and after, in the router's words, without secrets.
"""

EXAMPLES = r"""
- name: Say what would change at the routers of a province
  motcua.cctv.router:
  check_mode: true
  diff: true

- name: Bring a router to its planned state, and give it ten minutes to prove it
  motcua.cctv.router:
    guard_seconds: 600
"""

RETURN = r"""
commands:
  description: The commands in their order, as people may see them; in check mode those that would be sent.
  returned: always
  type: list
  elements: str
worksheet:
  description: The commands for a platform that motcua only reads; a person decides on them.
  returned: always
  type: list
  elements: str
contradictions:
  description: What isn't motcua's and speaks against what is.
  returned: always
  type: list
  elements: dict
  contains:
    key:
      description: Its place, in the router's own words.
      type: str
    message:
      description: One sentence.
      type: str
unknown:
  description: Fields of motcua's own entries that this version has and motcua doesn't know; they are left alone.
  returned: always
  type: list
  elements: str
findings:
  description: What people should know although nothing failed, such as an earlier change that was undone first.
  returned: always
  type: list
  elements: str
platform:
  description: The platform with its version, such as V(routeros7).
  returned: always
  type: str
rolled_back:
  description: Whether a change was undone, so that the router is as it was before.
  returned: always
  type: bool
reboot_required:
  description: Whether the router still waits for a restart.
  returned: always
  type: bool
kind:
  description: >-
    Why it failed: V(model), V(postponed), V(unreachable), V(auth_refused), V(pin_changed), V(unsupported), V(refused), V(garbled),
    V(rolled_back), V(not_converged).
  returned: failed
  type: str
"""
