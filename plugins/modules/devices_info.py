"""Documentation of motcua.cctv.devices_info; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: devices_info
short_description: Read all cameras and recorders of a play at once
version_added: 0.1.0
description:
  - Reads what M(motcua.cctv.device_info) reads, of every host of the play that has a C(motcua_vendor), in one process, once for the play.
  - For a province it takes about a third of the time, because Ansible doesn't fork for each device.
  - A device that fails is listed with its reason and stops no other; the task itself doesn't fail for it.
options:
  timeout:
    description:
      - Seconds that one device may take.
    type: float
    default: 60
  at_once:
    description:
      - How many devices are asked at a time.
    type: int
    default: 32
attributes:
  check_mode:
    support: full
    description: Nothing is changed.
  diff_mode:
    support: none
    description: There is no text to compare.
  platform:
    support: full
    description: Runs inside the controller's Ansible process; nothing runs on the devices.
    platforms: all
author:
  - The motcua authors (@motcua)
seealso:
  - module: motcua.cctv.device_info
"""

EXAMPLES = r"""
- name: Read every device of a province
  motcua.cctv.devices_info:
  register: province

- name: Name those that didn't answer
  ansible.builtin.debug:
    msg: "{{ province.devices | dict2items | selectattr('value.msg', 'defined') | map(attribute='key') | list }}"
"""

RETURN = r"""
devices:
  description:
    - By host name what M(motcua.cctv.device_info) returns, or RV(ignore:msg) and RV(ignore:kind) of what went wrong.
  returned: success
  type: dict
"""
