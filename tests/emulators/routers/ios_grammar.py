"""Commands of IOS-XE 17 as far as branch routers are managed by them, per mode, in the order of the running configuration.

From Cisco's command references and the recorded ASR 920; the notation is that of ios_rules.py. A command that isn't here is refused when it is
typed, and kept as it is when it stands in a configuration that the box starts from.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.emulators.routers.ios_rules import rules

TABLES = Path(__file__).with_name("ios_commands.txt").read_text(encoding="utf-8")
_PARTS = re.split(r"^\[([\w-]+)\]\n", TABLES, flags=re.MULTILINE)[1:]
MODES = {mode: rules(lines) for mode, lines in zip(_PARTS[::2], _PARTS[1::2], strict=True)}

PROMPTS = {
    "config": "config", "interface": "config-if", "archive": "config-archive", "archive-log": "config-archive-log-cfg",
    "ikev2-proposal": "config-ikev2-proposal", "ikev2-policy": "config-ikev2-policy", "ikev2-keyring": "config-ikev2-keyring",
    "ikev2-peer": "config-ikev2-keyring-peer", "ikev2-profile": "config-ikev2-profile", "transform-set": "cfg-crypto-trans",
    "ipsec-profile": "ipsec-profile", "class-map": "config-cmap", "policy-map": "config-pmap", "policy-class": "config-pmap-c",
    "bgp": "config-router", "bgp-family": "config-router-af", "pubkey-chain": "conf-ssh-pubkey", "pubkey-user": "conf-ssh-pubkey-user",
    "key-string": "conf-ssh-pubkey-data", "acl": "config-ext-nacl", "acl-standard": "config-std-nacl", "route-map": "config-route-map",
    "line": "config-line", "dhcp": "dhcp-config", "track": "config-track", "sla": "config-ip-sla", "sla-probe": "config-ip-sla-echo",
    "applet": "config-applet", "vrf": "config-vrf", "raw": "config",
}  # fmt: skip
# Where a whole word of a value is one of few: (mode, first words) -> what each word may be.
CHOICES = {
    ("ikev2-proposal", "encryption"): {"3des", "des", "aes-cbc-128", "aes-cbc-192", "aes-cbc-256", "aes-gcm-128", "aes-gcm-256"},
    ("ikev2-proposal", "integrity"): {"md5", "sha1", "sha256", "sha384", "sha512"},
    ("ikev2-proposal", "prf"): {"md5", "sha1", "sha256", "sha384", "sha512"},
    ("ikev2-proposal", "group"): {"1", "2", "5", "14", "15", "16", "19", "20", "21", "24"},
    ("config", "crypto ipsec transform-set"): {
        "esp-gcm", "esp-gmac", "esp-aes", "esp-3des", "esp-des", "esp-null", "esp-md5-hmac", "esp-sha-hmac", "esp-sha256-hmac", "esp-sha384-hmac",
        "esp-sha512-hmac", "ah-sha-hmac", "128", "192", "256",
    },
    ("line", "transport input"): {"all", "none", "ssh", "telnet"},
    ("line", "transport output"): {"all", "none", "ssh", "telnet"},
}  # fmt: skip
