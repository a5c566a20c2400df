"""Documentation of motcua.cctv.device; the action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device
short_description: Make a camera or recorder match its desired state
version_added: 0.1.0
description:
  - Reads the device, compares it with O(desired) value by value, writes only the documents that differ, and reads back what came of it.
  - Owns only the keys that O(desired) names. Everything else on the device is kept as it is.
  - A value that the device refuses, ignores or changes fails the task and is named in RV(changes).
  - Works with a province's inventory, or ad hoc on any single camera.
options:
  desired:
    description:
      - The state to reach, in the neutral vocabulary. Defaults to C(motcua_desired).
      - >-
        Sections are C(name), C(time.{zone,mode,ntp}), C(network.{gateway,dns}), C(ports.rtsp),
        C(services.{http,https,rtsp,onvif,upnp,p2p,telnet,ssh,snmp,discovery}), C(access.{rtsp_auth,http_auth,lockout,tls_min}),
        C(users.<name>.{role,password}), C(onvif_users.<name>.{role,password}),
        C(streams.{main,sub}.{codec,smart_codec,width,height,fps,bitrate_kbps,bitrate_mode,gop_frames,audio}),
        C(overlay.{name,clock,text}), C(motion.{enabled,sensitivity}), C(recording.{enabled,mode}) and, at recorders,
        C(channels.<number>.{name,address,port,protocol,user,password}). What each vendor has of it is in C(docs/devices.md).
      - >-
        Of the lists (users, channels) rows that motcua made (accounts called C(motcua-...), channels that log in with one) and that
        O(desired) doesn't name are removed; all others are left alone. A row that is V(null) is removed whoever made it.
      - >-
        A password is C({secret: account}) or C({secret: host/account}), a derived secret of the province; never clear text.
    type: dict
  only:
    description:
      - >-
        The only keys of O(desired) that are meant, such as V(services.upnp), and of its lists the rows, as V(users.<name>). What else
        differs stays as it is, and no password is renewed.
    type: list
    elements: str
extends_documentation_fragment: [motcua.cctv.connection]
attributes:
  diff_mode:
    support: full
    description: Shows the changed keys before and after, as YAML; passwords as C((secret)).
"""

EXAMPLES = r"""
- name: Bring the cameras of a province to their planned state
  motcua.cctv.device:

- name: Set one camera's clock and picture, without a province around it
  motcua.cctv.device:
    host: 192.0.2.64
    vendor: hikvision
    user: admin
    password: "{{ camera_password }}"
    desired:
      time: {zone: Asia/Ho_Chi_Minh, mode: ntp, ntp: [192.0.2.1]}
      streams: {main: {codec: h264, width: 1280, height: 720, fps: 15, bitrate_kbps: 1024}}
      overlay: {name: "Bộ phận Một cửa"}
  delegate_to: localhost
"""

RETURN = r"""
changes:
  description: Every difference and what became of it.
  returned: always
  type: list
  elements: dict
  contains:
    key:
      description: Place in the vocabulary, such as V(streams.main.fps).
      type: str
    before:
      description: What the device said first.
      type: raw
    after:
      description: What it should be; for C(clamped) and C(refused) what the device says now.
      type: raw
    outcome:
      description: >-
        C(applied) and read back, C(clamped) to another value, C(refused), C(predicted) in check mode, or C(unconfirmed) when the device
        broke off before it was read back.
      type: str
    words:
      description: The device's own words, where it refused.
      type: str
  sample: [{key: streams.main.fps, before: 25, after: 15, outcome: applied}]
unsupported:
  description: What was wished and has no place on this device, and why.
  returned: always
  type: list
  elements: dict
  contains:
    key:
      description: Place in the vocabulary.
      type: str
    reason:
      description: One sentence.
      type: str
reboot_required:
  description: Whether the device still waits for a reboot.
  returned: always
  type: bool
findings:
  description: What should be improved although nothing failed, such as management over plain HTTP.
  returned: always
  type: list
  elements: str
kind:
  description: >-
    Why it failed: V(model), V(unreachable), V(auth_refused), V(locked), V(pin_changed), V(refused), V(garbled), V(not_converged).
  returned: failed
  type: str
locked_for_s:
  description: For how many seconds the device takes no login, where it says so.
  returned: when the device is locked
  type: int
"""
