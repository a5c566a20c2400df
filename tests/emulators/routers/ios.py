"""A Cisco ISR with IOS-XE 17.9 as its references and recordings describe it: running and startup configuration, archive, timers, lock."""

from __future__ import annotations

import datetime
import re

from tests.emulators.routers.ios_config import Config, hashed
from tests.emulators.routers.ios_session import IosSession

REVERT_WARNING = (
    'Rollback Confirmed Change: Rollback will begin in one minute.\nEnter "configure confirm" if you wish to keep what you\'ve configured\n'
)
HEAD = """version 17.9
service timestamps debug datetime msec
service timestamps log datetime msec
service password-encryption
!
hostname {hostname}
!
boot-start-marker
boot-end-marker
!
no aaa new-model
clock timezone ICT 7 0
!
ip domain name bacgiang.example
login on-success log
!
username {user} privilege {privilege} secret {secret}
!
"""
# A small office as an integrator leaves it: two lines, a translated LAN, and a port forward to the recorder that somebody wanted once.
OFFICE = """ip dhcp excluded-address 192.168.5.1 192.168.5.99
!
ip dhcp pool VANPHONG
 network 192.168.5.0 255.255.255.0
 default-router 192.168.5.1
 dns-server 203.0.113.53
!
archive
 path flash:config
 maximum 5
!
class-map match-any THOAI
 match dscp ef
!
interface GigabitEthernet0/0/0
 description FTTH
 ip address dhcp
 ip nat outside
 negotiation auto
!
interface GigabitEthernet0/0/1
 description TSLCD
 ip address 10.190.1.2 255.255.255.0
 negotiation auto
!
interface GigabitEthernet0/1/0
!
interface GigabitEthernet0/1/1
 shutdown
!
interface Vlan1
 description LAN
 ip address 192.168.5.1 255.255.255.0
 ip nat inside
 ip tcp adjust-mss 1452
!
ip forward-protocol nd
ip http server
ip http secure-server
ip nat inside source list NAT interface GigabitEthernet0/0/0 overload
ip nat inside source static tcp 192.168.5.5 8000 interface GigabitEthernet0/0/0 8000
ip route 10.190.0.0 255.255.0.0 10.190.1.1
ip ssh version 2
!
ip access-list standard NAT
 10 permit 192.168.5.0 0.0.0.255
!
snmp-server community public RO
!
control-plane
!
line con 0
 stopbits 1
line vty 0 4
 login local
 transport input telnet ssh
line vty 5 15
 login local
 transport input telnet ssh
!
ntp server 203.0.113.123
!
"""


class Ios:
    """The box. Times are in its own seconds since it was built; nothing happens but by ``tick``."""

    ssh_version = "Cisco-1.25"

    def __init__(self, config, *, user, password, quirks):
        self.quirks, self.user = quirks, user
        privilege = 1 if "no_privilege" in quirks else 15
        text = config or HEAD.format(hostname="router", user=user, privilege=privilege, secret=hashed(password)) + OFFICE
        self.running = Config(text)
        self.startup = self.running.copy()
        self.booted_privilege = privilege
        self.accounts = set(self._accounts())
        self.files, self.archived = {}, []
        self.now, self.boots, self.up_since = 0.0, 0, 0.0
        self.changed_at, self.changed_by = None, user
        self.revert = None  # (what to go back to, when, the user, minutes)
        self.reload_at = None
        self.notices = []

    # What time does.

    def tick(self, seconds):
        self.now += seconds
        if self.revert and self.now >= self.revert[1]:
            self.roll_back()
        elif self.revert and self.revert[1] - self.now <= 60 and REVERT_WARNING not in self.notices:
            self.notices.append(REVERT_WARNING)
        if self.reload_at is not None and self.now >= self.reload_at:
            self.power_cut()

    def power_cut(self):
        self.running = self.startup.copy()
        self.revert = self.reload_at = None
        self.notices = []
        self.boots, self.up_since, self.changed_at = self.boots + 1, self.now, None

    def arm(self, minutes, user):
        self.revert = (self.running.copy(), self.now + minutes * 60, user, minutes)

    def roll_back(self):
        """The running configuration becomes what it was when the timer was armed, line by line, without a restart."""
        self.running = self.revert[0].copy()
        self.disarm()
        self.changed_at = self.now

    def disarm(self):
        self.revert = None
        self.notices = [one for one in self.notices if one != REVERT_WARNING]

    # What it says.

    def export(self):
        return "\n".join([*self.running.lines(), "end"]) + "\n"

    def log_line(self):
        return f"*{self.clock():%b %d %H:%M:%S}.{int(self.now * 1000) % 1000:03d}: %SYS-5-CONFIG_I: Configured from console by admin on vty1 (192.0.2.7)\n"

    def clock(self):
        start = datetime.datetime(1970, 1, 1) if "clock_1970" in self.quirks else datetime.datetime(2026, 11, 26, 8, 0)  # noqa: DTZ001  local time
        return start + datetime.timedelta(seconds=self.now)

    @property
    def hostname(self):
        node = self.running.root.child("hostname")
        return node.text.split()[1] if node else "Router"

    @property
    def modified(self):
        return self.running.lines() != self.startup.lines()

    @property
    def archive_path(self):
        archive = self.running.root.child("archive")
        path = archive.child("path") if archive else None
        return path.text.split()[1] if path else None

    # Who may come in.

    def _accounts(self):
        return {one.key[1]: one.text for one in self.running.root.children if one.key[0] == "username"}

    def admits(self, user, password=None, key=None):
        own = self._accounts()
        if user not in own:
            return False if user in self.accounts else None
        self.accounts.add(user)
        if key is not None:
            return True if self._has_key(user, key) else None
        secret = re.search(r"secret (.*)", own[user])
        return secret[1] == hashed(password) if secret and "$nhEmQVczB7dqsO$" in secret[1] else None

    def _has_key(self, user, key):
        chain = self.running.root.child("ip", "ssh", "pubkey-chain")
        owner = chain.child("username", user) if chain else None
        digest = key.get_fingerprint("md5").removeprefix("MD5:").replace(":", "").upper()
        return bool(owner and any(digest in one.text.split() for one in owner.children))

    def privilege(self, user):
        found = re.search(r"privilege (\d+)", self._accounts().get(user, ""))
        return int(found[1]) if found else (15 if user not in self._accounts() and "no_privilege" not in self.quirks else 1)

    def login(self, user, *, exec_channel=False):
        return IosSession(self, user, exec_channel=exec_channel)


def build(_kind, *, config=None, user, password, quirks=frozenset()):
    return Ios(config, user=user, password=password, quirks=quirks)
