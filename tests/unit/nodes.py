"""Nodes on this machine: `ssh` is a program that starts the worker of the node that is meant, and what that plays is a program too.

What the played ansible-playbook says of a host depends on the host alone, so that a province may be read by one machine or by many.
"""

import json
import stat
import sys
from pathlib import Path

import yaml
from typer import Typer
from typer.testing import CliRunner

from cli import audit as auditing
from cli import player
from cli.nodes import across
from cli.rollout import rollout
from tests.unit.provinces import raw_province, raw_site

ROOT = Path(__file__).resolve().parents[2]
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0WZ1mZ1mZ1mZ1mZ1mZ1mZ1mZ1mZ1mZ1mZ1mZ1mZ1mZ"
SECRET = "made-of-the-masters-of-this-node"

SSH = """#!{python} -SE
import os, sys
world = {world!r}
name = next(word for word in sys.argv if word.startswith("HostKeyAlias=")).partition("=")[2]
open(os.path.join(world, "called"), "a").write(name + "\\n")
if os.path.exists(os.path.join(world, name + ".dead")):
    sys.exit("ssh: connect to host 192.0.2.1 port 22: No route to host")
os.environ.update(MOTCUA_TEST_NODE=name)
os.execv({python!r}, [{python!r}, {worker!r}, os.path.join(world, "homes", name), {bin!r}])
"""

PLAYED = """#!{python} -SE
import json, os, signal, sys
world, node = {world!r}, os.environ.get("MOTCUA_TEST_NODE", "")
inventory = sys.argv[sys.argv.index("-i") + 1]
playbook = next(word for word in sys.argv if word.endswith(".yml") and "/playbooks/" in word)
limit = sys.argv[sys.argv.index("--limit") + 1] if "--limit" in sys.argv else ""
wanted = open(limit[1:]).read().split() if limit.startswith("@") else limit.split(",") if limit else []
hosts = json.load(open(os.path.join(world, "hosts.json")))
chosen = [(h, s) for h, s in hosts if not wanted or h in wanted or (s and "site_" + s.replace("-", "_") in wanted)]
extra = [json.load(open(w[1:])) for w in sys.argv if w.startswith("@") and w.endswith("extravars")]
with open(os.path.join(world, "log"), "a") as log:
    log.write(json.dumps(dict(node=node, playbook=os.path.basename(playbook), hosts=[h for h, _ in chosen], arguments=sys.argv[1:], extra=extra,
        vault=os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE", ""), keys=os.environ.get("ANSIBLE_HOST_KEY_CHECKING"),
        secret=os.path.exists(os.path.join(os.path.dirname(inventory), "secrets/devices.yml")))) + "\\n")
mine = sum(json.loads(line)["node"] == node for line in open(os.path.join(world, "log")))
if node and os.path.exists(os.path.join(world, node + ".dies")) and mine > 1:
    os.kill(os.getppid(), signal.SIGKILL)
    sys.exit(1)
if os.path.exists(os.path.join(world, node + ".broken")):
    sys.exit("[ERROR]: the vault password is wrong.")
print("ok: a task said {secret}")
if playbook.endswith("rollout.yml") and "centre-server" in dict(chosen):
    open(os.path.join(os.path.dirname(inventory), "keys/centre.pub"), "w").write("a public key")
row = lambda h, s, check, status, actual=None: dict(device=h, site=s, feature="device", check=check, status=status, expected=None, actual=actual, since=None, evidence="")
rows = [row(h, s, "services.upnp", "fail", "Mở cổng") if h.endswith("cam2") else row(h, s, "declared", "pass") for h, s in chosen]
if os.path.exists(os.path.join(world, "paths")):
    rows += [row(h, s, "pin", "error", "remove " + os.path.dirname(inventory) + "/state/pins/" + h) for h, s in chosen]
out = os.environ.get("MOTCUA_FINDINGS") or os.environ["MOTCUA_VERIFIED"]
if "MOTCUA_FINDINGS" in os.environ:
    read = {{h: dict(values={{"name": "Quầy " + h, "users.admin.role": "admin", "identity.model": "X"}}) for h, s in chosen if "cam" in h}}
    json.dump(dict(version=1, when="now", devices=read), open(os.path.join(os.path.dirname(out), "snapshots.json"), "w"))
json.dump(dict(version=1, when="now", findings=rows), open(out, "w"))
sys.exit(0)
"""

WORKER = """import sys
from pathlib import Path
from cli.nodes import worker
real = worker.Shard._environment
worker.Shard._environment = lambda self: real(self) | {{"PATH": sys.argv[2]}}
worker.worker(Path(sys.argv[1]), None)
"""


class World:
    """A province, its nodes, and what stands outside."""

    def __init__(self, folder, sites, nodes, patch, **more):
        self.folder, self.inventory = folder / "world", folder / "test" / "province.yml"
        (self.inventory.parent / "sites").mkdir(parents=True)
        self.folder.mkdir()
        raw = raw_province(
            {name: raw_site(number, cameras=_cameras(size), nvrs={}) for number, (name, size) in enumerate(sites.items(), 1)}
        )
        (self.inventory.parent / "sites/all.yml").write_text(yaml.safe_dump({"sites": raw.pop("sites")}, allow_unicode=True))
        self.raw = {"plugin": "motcua.cctv.province", **raw, "policy": {"profiles": []}}
        self.write_model()
        for name in ("secrets", "state"):
            (self.inventory.parent / name).mkdir()
        hosts = [("centre-server", None), ("ioc-server", None)]
        hosts += [(f"{name}-{device}", name) for name, size in sites.items() for device in ("router", *_cameras(size))]
        self.hosts = dict(hosts)
        (self.folder / "hosts.json").write_text(json.dumps(hosts))
        self.names, self.more = nodes, more
        self.nodes = folder / "nodes.yml"
        self.write_nodes(*nodes)
        for name in nodes:
            self.home(name)
        self.bin = folder / "bin"
        self.bin.mkdir()
        self._programs(folder)
        self.patch = patch
        patch.setenv("PATH", f"{self.bin}:/usr/bin:/bin")
        patch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'collections'}")
        patch.setattr(player, "at_the_controller", lambda command, _: [str(self.bin / "ansible-playbook"), *command[1:]])
        patch.setattr(across, "hosts_within", lambda _, limit: limit.split(","))
        self.output = folder / "reports"

    def write_model(self, **changes):
        self.inventory.write_text(yaml.safe_dump(self.raw | changes, allow_unicode=True))

    def home(self, name, province="test"):
        """What a node holds of a province."""
        home = self.folder / "homes" / name / province
        for below in ("secrets", "state", "keys", "sites"):
            (home / below).mkdir(parents=True)
        (home / "secrets/devices.yml").write_text(SECRET)
        (home / "secrets/.vault-password").write_text(SECRET)
        (home / "keys/own").write_text(SECRET)
        (home / "sites/old.yml").write_text("sites: {gone: {}}")
        return home

    def write_nodes(self, *names, **changes):
        rows = {name: {"address": "192.0.2.1", "host_key": HOST_KEY} | changes.get(name.replace("-", "_"), {}) for name in names}
        self.nodes.write_text(yaml.safe_dump({"nodes": rows, **self.more}))

    def _programs(self, folder):
        worker = folder / "worker.py"
        worker.write_text(WORKER.format())
        words = {"python": sys.executable, "world": str(self.folder), "worker": str(worker), "bin": f"{self.bin}:/usr/bin:/bin"}
        for name, text in {"ssh": SSH, "ansible-playbook": PLAYED}.items():
            path = self.bin / name
            path.write_text(text.format(secret=SECRET, **words))
            path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def audit(self, *more):
        app = Typer()
        app.command()(auditing.audit)
        return CliRunner().invoke(app, ["-i", str(self.inventory), "--output", str(self.output), *more])

    def rollout(self, *more):
        app = Typer()
        app.command()(rollout)
        words = ["-i", str(self.inventory), "--output", str(self.output / "rollouts"), "--yes", "--nodes", str(self.nodes)]
        return CliRunner().invoke(app, [*words, *more])

    def across(self, *more):
        return self.audit("--nodes", str(self.nodes), *more)

    @property
    def log(self):
        path = self.folder / "log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def forget(self):
        (self.folder / "log").unlink(missing_ok=True)

    def said(self, name="findings.json"):
        """What the latest audit left, without when it was and since when."""
        document = json.loads((self.output / "latest" / name).read_text())
        document.pop("when")
        for row in document.get("findings", ()):
            row.pop("since")
        return document


def _cameras(count):
    return {
        f"cam{index}": {"vendor": "hikvision", "name": f"Quầy {index}", "address": f"192.168.1.{10 + index}", "zone": "counter"}
        for index in range(1, count + 1)
    }
