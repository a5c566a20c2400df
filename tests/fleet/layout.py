"""Which device stands where. Everything follows from a device's number, so that nothing has to be kept for one that nobody calls."""

import json
import zlib
from dataclasses import asdict, dataclass, field
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

ROUTER, RECORDER, FIRST_CAMERA = 1, 5, 11  # the last octet
BESIDE = 2  # a site has a router and a recorder besides its cameras
KINDS = {
    "camera": "hikvision dahua hikvision uniview axis hikvision dahua onvif hikvision hikvision "
    "dahua uniview hikvision dahua axis hikvision dahua onvif hikvision uniview",
    "nvr": "hikvision dahua hikvision uniview hikvision dahua hikvision dahua uniview hikvision",
    "router": "routeros7 ios routeros7 vyos14 routeros7 openwrt routeros7 ios routeros7 routeros7",
}
# off: nobody at that address; silent: connects and says nothing; password: not the one that was written down; slow: seconds for each answer;
# broken: answers that no parser reads; key: another key than the one that everybody has.
FAILURES = ("off", "silent", "password", "slow", "broken", "key")
CERTIFICATES = ("fleet", "stranger")  # what everybody shows, and what those with another key do


@dataclass(frozen=True)
class Device:
    """One device: ``role`` is router, nvr or camera, ``kind`` what it is of, ``place`` counts the cameras of its site from 1."""

    number: int
    site: int
    role: str
    kind: str
    place: int
    octet: int

    @property
    def name(self):
        """Its inventory name without the site."""
        return {"router": "router", "nvr": "nvr1"}.get(self.role, f"cam{self.place}")

    @property
    def host(self):
        """Its inventory name."""
        return f"{site_id(self.site)}-{self.name}"


@dataclass(frozen=True)
class Layout:
    """A fleet's measures. ``kinds``: the row in which kinds follow each other, by role; ``failures``: percent of all devices, by what ails them."""

    devices: int = 1540
    cameras: int = 5
    network: str = "127.64.0.0/10"
    https: int = 8443
    ssh: int = 2022
    processes: int = 2
    rtt_ms: float = 0
    kinds: dict = field(default_factory=lambda: {role: row.split() for role, row in KINDS.items()})
    failures: dict = field(default_factory=dict)

    @classmethod
    def read(cls, folder):
        """What was written down in a fleet's folder."""
        return cls(**json.loads((Path(folder) / "fleet.json").read_text()))

    def write(self, folder):
        """Write it down there."""
        (Path(folder) / "fleet.json").write_text(json.dumps(asdict(self), indent=1) + "\n")

    @property
    def sites(self):
        """How many sites it takes; the last one may lack some cameras."""
        return -(-self.devices // (self.cameras + BESIDE))

    def of_site(self, site):
        """A site's devices, its router first."""
        first = (site - 1) * (self.cameras + BESIDE)
        return [self.device(number) for number in range(first, min(first + self.cameras + BESIDE, self.devices))]

    def device(self, number):
        """The device of a number, from 0."""
        before, at = divmod(number, self.cameras + BESIDE)
        if at < BESIDE:
            role, count, octet, place = ("router", before, ROUTER, 0) if at == 0 else ("nvr", before, RECORDER, 0)
        else:
            place = at - BESIDE + 1
            role, count, octet = "camera", before * self.cameras + place - 1, FIRST_CAMERA + place - 1
        row = self.kinds[role]
        return Device(number, before + 1, role, row[count % len(row)], place, octet)

    def address(self, device):
        """Where it answers, as the province's own address plan has it: a /24 a site, by the site's number."""
        return str(IPv4Network(self.network).network_address + (device.site << 8) + device.octet)

    def at(self, address):
        """The device of an address, or None."""
        site, octet = divmod(int(IPv4Address(address)) - int(IPv4Network(self.network).network_address), 256)
        at = octet - FIRST_CAMERA + BESIDE if octet >= FIRST_CAMERA else {ROUTER: 0, RECORDER: 1}.get(octet)
        if site < 1 or at is None or at >= self.cameras + BESIDE:
            return None
        number = (site - 1) * (self.cameras + BESIDE) + at
        return self.device(number) if number < self.devices else None

    def process(self, site):
        """Which of a node's processes answers for a site."""
        return site % self.processes

    def port(self, device):
        """The port of its HTTPS or SSH: each process has its own, because all addresses are the machine's."""
        return (self.ssh if device.role == "router" else self.https) + self.process(device.site)

    def failure(self, device):
        """What ails it, or None; the same device each time."""
        drawn, bound = zlib.crc32(device.host.encode()) % 10_000, 0.0
        for kind, percent in self.failures.items():
            bound += 100 * percent
            if drawn < bound:
                return kind
        return None


def site_id(site):
    """A site's name in the inventory."""
    return f"s{site:05}"
