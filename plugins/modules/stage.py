"""Documentation of motcua.cctv.stage; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: stage
short_description: Write what is loaded into a site's router before anything else
version_added: 0.1.0
description:
  - Writes, for a router of the province, the bootstrap configuration that a technician loads by cable or USB. It brings up the site's first
    tunnel, ssh for the centre through it, and a local way in; everything else comes through the tunnel afterwards.
  - A folder holds the key of its own site and of no other. Only its owner may read it; delete the bootstrap when it has been loaded.
  - Where nothing can be loaded, it writes a work sheet with the exact values of each field, or the plan of a small router behind the
    provider's box. Secrets are named in it, never printed.
  - Sends nothing to any device.
options:
  dest:
    description:
      - Folder for the files, which is made with mode 0700.
    type: path
    required: true
  language:
    description:
      - Of labels, sealed sheet and work sheet.
    type: str
    choices: [vi, en]
    default: vi
  print_secret:
    description:
      - Whether to write the sealed sheet with the break-glass password. Done once for each epoch of the router's secrets; a second
        time is refused until they were rotated.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Says whether a file would be written, and writes none.
  diff_mode:
    support: none
    description: Files hold secrets.
  platform:
    support: full
    description: Runs inside the controller's Ansible process.
    platforms: linux, routeros, ios, vyos, openwrt, draytek, ont
author:
  - The motcua authors (@motcua)
seealso:
  - module: motcua.cctv.router
"""

EXAMPLES = r"""
- name: Write the bootstrap of each router
  motcua.cctv.stage:
    dest: "{{ inventory_dir }}/staging/{{ motcua_site }}"
"""

RETURN = r"""
dest:
  description: The folder.
  returned: success
  type: path
files:
  description: Names of the files in it that were written or are right as they are.
  returned: success
  type: list
  elements: str
  sample: [labels.html, tan-dinh-router.routeros7.rsc]
remarks:
  description: What could not be made, in sentences.
  returned: success
  type: list
  elements: str
kind:
  description: Why it failed.
  returned: failed
  type: str
"""
