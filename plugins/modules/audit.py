"""Documentation of motcua.cctv.audit; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: audit
short_description: Read and compare all cameras, recorders and routers of a play at once
version_added: 0.1.0
description:
  - Reads every host of the play that has a C(motcua_vendor), and every router that is driven by its own commands, in one process,
    once for the play, and compares each with its C(motcua_desired).
  - Each document of a device is read once, for the comparison and for everybody else who judges what is there.
  - A recorder and the cameras that only it can reach share one login.
  - A device that fails is listed with its reason and stops no other; the task itself doesn't fail for it. Nothing is ever changed.
options:
  timeout:
    description:
      - Seconds that one camera or recorder may take.
    type: float
    default: 60
  router_timeout:
    description:
      - Seconds that one router may take.
    type: float
    default: 180
  at_once:
    description:
      - How many cameras and recorders are asked at a time. Over a line with a round trip of 150 ms one takes four seconds, nearly all of
        them waiting.
    type: int
    default: 200
  routers_at_once:
    description:
      - How many routers are asked at a time.
    type: int
    default: 32
  blobs:
    description:
      - A folder of the controller. Each device's own backup is fetched along with the same login, where a way to do so is known, and
        written there under the host's name, sealed with a key of the province's masters. In what is read of routers an equal word then
        stands for equal secrets.
    type: path
attributes:
  check_mode:
    support: full
    description: Nothing is changed.
  diff_mode:
    support: none
    description: Each device's result has its own.
  platform:
    support: full
    description: Runs inside the controller's Ansible process; nothing runs on the devices.
    platforms: all
author:
  - The motcua authors (@motcua)
seealso:
  - module: motcua.cctv.device
  - module: motcua.cctv.router
  - module: motcua.cctv.devices_info
"""

EXAMPLES = r"""
- name: Read and compare every device of a province
  motcua.cctv.audit:
  register: province

- name: Name those that differ
  ansible.builtin.debug:
    msg: "{{ province.devices | dict2items | selectattr('value.changed', 'true') | map(attribute='key') | list }}"
"""

RETURN = r"""
devices:
  description:
    - By host name what M(motcua.cctv.device) or M(motcua.cctv.router) returns in check mode, also when the device failed.
  returned: success
  type: dict
  contains:
    read:
      description: What M(motcua.cctv.device_info) returns; of cameras and recorders, as soon as they were read.
      type: dict
      returned: when it was read
    config:
      description: The whole configuration that runs, of routers; without secrets and what changes by itself.
      type: str
      returned: when it was read
    version:
      description: The firmware that runs, of routers.
      type: str
      returned: when it was read
    blob:
      description: V(kept), or why the device's own backup isn't.
      type: str
      returned: when O(blobs) is given and the device was read
    evidence:
      description: What was read, and when.
      type: str
      returned: always
    unreachable:
      description: That the device doesn't answer.
      type: bool
      returned: when it doesn't
    failed:
      description: That something else kept it from being judged.
      type: bool
      returned: always
    kind:
      description: What kind of failure it is, as of M(motcua.cctv.device).
      type: str
      returned: when it failed
    msg:
      description: The failure as one sentence.
      type: str
      returned: when it failed
"""
