"""The options by which a device is reached, shared by the modules' documentation."""

from __future__ import annotations


class ModuleDocFragment:
    """Read by ansible-doc."""

    DOCUMENTATION = r"""
options:
  host:
    description:
      - Address of the device. At a province it is the translated address, reached through the site's tunnel.
      - Defaults to C(ansible_host), else to the inventory name.
    type: str
  vendor:
    description:
      - Whose table and dialect to use. Defaults to C(motcua_vendor).
    type: str
    choices: [hikvision, dahua, axis, uniview, hanwha, onvif]
  user:
    description:
      - Account to log in with. Defaults to C(motcua_user).
    type: str
  password:
    description:
      - Its password. Keep it in ansible-vault or ask for it; it never appears in a result, a diff or an error.
      - Defaults to C(motcua_password), which in a province only names a derived secret.
    type: raw
  scheme:
    description:
      - C(https) or C(http). Plain HTTP works and is reported in RV(findings); digest authentication still hides the password.
      - Defaults to C(motcua_scheme), else C(https).
    type: str
    choices: [https, http]
  port:
    description:
      - TCP port of the scheme. Defaults to C(motcua_port), else 443 or 80.
    type: int
  ca:
    description:
      - File with the certificate of the authority that signed the device's certificate; it then replaces the pin.
      - Without it the key of the first contact is pinned, and a changed key stops the task before any credential is sent.
      - Defaults to C(motcua_ca).
    type: path
  channel:
    description:
      - Which channel of a recorder is meant, from 1. Defaults to C(motcua_channel), else 1.
    type: int
  role:
    description:
      - C(camera), C(nvr), or C(channel) for a camera that only its recorder can reach.
      - Defaults to C(motcua_role), else C(camera).
    type: str
    choices: [camera, nvr, channel]
  experimental:
    description:
      - Whether to write also what no real device has confirmed yet, as C(docs/devices.md) marks it. Try it on one device first.
      - Defaults to C(motcua_experimental), else false.
    type: bool
  timeout:
    description:
      - Seconds that the whole task may take; a reboot that the device asks for is not counted.
    type: float
    default: 60
attributes:
  diff_mode:
    support: none
    description: There is no text to compare.
  check_mode:
    support: full
    description: Reads the same and sends nothing.
  platform:
    support: full
    description: Runs inside the controller's Ansible process; nothing runs on the device.
    platforms: all
seealso:
  - module: motcua.cctv.device
  - module: motcua.cctv.device_info
author:
  - The motcua authors (@motcua)
notes:
  - One refused login ends the task for that device; nothing is tried again, so that no device is locked.
  - No password is ever guessed and no redirect is followed.
"""
