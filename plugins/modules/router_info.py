"""Documentation of motcua.cctv.router_info; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: router_info
short_description: Read what a router runs, what of it is motcua's, and what speaks against it
version_added: 0.2.0
description:
  - Reads the router over SSH and writes nothing.
  - With the province's inventory it also says what of the configuration is motcua's, and what contradicts it.
extends_documentation_fragment: [motcua.cctv.router]
options:
  desired:
    description:
      - The router's neutral state, which says what of the configuration is motcua's. Defaults to C(motcua_desired).
    type: dict
"""

EXAMPLES = r"""
- name: Read every router of a province
  motcua.cctv.router_info:
  register: router
"""

RETURN = r"""
identity:
  description: What the router is; C(platform) with its version, such as V(routeros7).
  returned: success
  type: dict
running:
  description: What of its configuration is motcua's, in its own words; no secret is ever read.
  returned: success
  type: str
contradictions:
  description: What isn't motcua's and speaks against what is.
  returned: success
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
  returned: success
  type: list
  elements: str
findings:
  description: What people should know, such as a change that was never confirmed.
  returned: success
  type: list
  elements: str
kind:
  description: >-
    Why it failed: V(model), V(unreachable), V(auth_refused), V(pin_changed), V(unsupported), V(refused), V(garbled).
  returned: failed
  type: str
"""
