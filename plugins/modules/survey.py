"""Documentation of motcua.cctv.survey; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: survey
short_description: Find out what stands at a site, through its router
version_added: 0.1.0
description:
  - Runs for a site's Linux router. The router looks for devices in the office's prefix and at its own lines; each device is then asked
    through an SSH forward of the router that listens on the controller's loopback address only, and what its streams really send is
    measured at the router, so that no video goes up the line.
  - Reads only, at no more than the stated rate. No password is ever guessed; a device that refuses logins is left alone two tries before
    it may lock itself.
  - The file is whole after each device. A survey that was cut goes on where it stopped; one that is finished is not begun anew until its
    file is removed.
  - A device that can't be read is in the file with the reason, and stops no other.
options:
  dest:
    description:
      - The survey file on the controller, which C(motcua import) reads. It holds no password.
    type: path
    required: true
  credentials:
    description:
      - File with a list of accounts, each with C(user) and C(password), and with C(vendor) and C(sites) where it isn't everybody's.
      - Only its owner may be able to read it, or it is vault-encrypted.
      - Accounts that the inventory knows itself are tried first; without either, devices are only looked at from outside.
    type: path
  rate:
    description:
      - At most so many packets and connections a second while looking for devices and asking what they are.
    type: float
    default: 50
  try_default:
    description:
      - Whether to try the vendor's published default password, once at most for each device.
    type: bool
    default: false
  seconds:
    description:
      - For how long each stream is measured; 0 measures none.
    type: float
    default: 10
  pictures:
    description:
      - Whether to keep one still picture of each device.
    type: bool
    default: true
  throughput:
    description:
      - Whether to fill the line for 20 seconds with iperf3 to see what it carries. Not done while the office is at work.
    type: bool
    default: false
  now:
    description:
      - Measure throughput also while the office is at work.
    type: bool
    default: false
  office_hours:
    description:
      - When the office is at work, from Monday to Friday.
    type: str
    default: 07:00-17:30
  endpoints:
    description:
      - What C(wg show <interface> endpoints) says at the hub, by which a line behind a provider's address translation is recognised.
    type: str
attributes:
  check_mode:
    support: full
    description: Nothing is changed at any device or router; the survey file is written.
  diff_mode:
    support: none
    description: There is no text to compare.
  platform:
    support: full
    description: Runs inside the controller's Ansible process, and with Python 3.9 or newer at the router.
    platforms: linux
author:
  - The motcua authors (@motcua)
seealso:
  - module: motcua.cctv.device_info
"""

EXAMPLES = r"""
- name: Survey what stands behind each router
  motcua.cctv.survey:
    dest: "reports/survey/{{ motcua_site }}.survey.json"
    credentials: "{{ playbook_dir }}/credentials.yml"
"""

RETURN = r"""
dest:
  description: The survey file.
  returned: success
  type: path
devices:
  description: What was found, one entry a device.
  returned: success
  type: list
  elements: dict
  sample: [{address: 192.168.1.64, kind: camera, vendor: hikvision, model: DS-2CD2043G2-I, login: accepted, remarks: []}]
remarks:
  description: What could not be told besides, in sentences.
  returned: success
  type: list
  elements: str
kind:
  description: Why it failed, V(model) or V(unreachable).
  returned: failed
  type: str
"""
