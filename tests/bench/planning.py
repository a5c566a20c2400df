"""What test_plan.py measures, each in a process of its own, so that its memory is its own: `python -m tests.bench.planning WORK PROVINCE`.

Prints one JSON object; times are [clock, processor] in seconds.
"""

import json
import sys
import time
from pathlib import Path

import yaml
from ansible.plugins.loader import init_plugin_loader


class Watch:
    """Seconds of the clock and of the processor since it was last looked at."""

    def __init__(self):
        self.look()

    def look(self):
        """What has passed."""
        now = time.perf_counter(), time.process_time()
        passed = (
            (0.0, 0.0) if not hasattr(self, "before") else tuple(after - before for after, before in zip(now, self.before, strict=True))
        )
        self.before = now
        return passed


def peak_mb():
    """The most memory that this process ever had, decimal MB."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) * 1024 / 1e6


def read_only(path):
    """The floor."""
    watch = Watch()
    for file in sorted((path.parent / "sites").iterdir()):
        yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
    return {"floor": watch.look()}


def in_parts(path):
    """Load, plan, and every host with its variables worked out once, one after the other."""
    from ansible_collections.motcua.cctv.plugins.inventory.province import variables
    from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import host_at, places, plan
    from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

    watch = Watch()
    province = load(path)
    found = {"load": watch.look()}
    planned = plan(province)
    found |= {"plan": watch.look(), "sites": len(planned.streams)}
    for place in places(province):
        variables(province, host_at(province, planned, place), path.parent)
    return found | {"asked": watch.look(), "asked_mb": peak_mb()}


def as_static(path):
    """The peer: Ansible reads the same hosts from a static file."""
    return as_ansible(path, "yaml")


def as_ansible(path, enabled="motcua.cctv.province"):
    """The whole, as every run of a playbook begins: load, plan, hosts and groups."""
    init_plugin_loader()
    from ansible import constants
    from ansible.inventory.manager import InventoryManager
    from ansible.parsing.dataloader import DataLoader

    constants.INVENTORY_ENABLED = [enabled]  # ansible.cfg knows our own plugin alone
    watch = Watch()
    manager = InventoryManager(loader=DataLoader(), sources=[str(path)])
    hosts, groups = len(manager.hosts), len(manager.groups)
    return {"inventory": watch.look(), "inventory_mb": peak_mb(), "hosts": hosts, "groups": groups}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](Path(sys.argv[2]))))
