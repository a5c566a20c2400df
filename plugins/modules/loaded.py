"""Documentation of motcua.cctv.loaded; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: loaded
short_description: Have a machine's own program make what runs match what is written
version_added: 0.1.0
description:
  - Runs the program with the word C(load), and in check mode with C(compare).
  - Whatever it prints is a difference. C(compare) may end as it likes, because the program may still have to be brought there.
options:
  program:
    description: The program's path on the machine.
    type: path
    required: true
attributes:
  check_mode:
    support: full
    description: Compares only.
  diff_mode:
    support: none
    description: RV(stdout) says it.
  platform:
    support: full
    description: Whatever runs the program.
    platforms: posix
author:
  - The motcua authors (@motcua)
"""

EXAMPLES = r"""
- name: Load the firewall where it differs from what is written
  motcua.cctv.loaded:
    program: /usr/local/lib/motcua/firewall
"""

RETURN = r"""
stdout:
  description: What differs, or differed.
  returned: always
  type: str
stderr:
  description: What the program complained of.
  returned: always
  type: str
rc:
  description: How it ended.
  returned: always
  type: int
"""
