"""A province on disk whose devices, ansible-playbook, verification and backups are played: what a campaign sees of the world, as files."""

import contextlib
import stat
import sys
from types import SimpleNamespace

import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils import waves
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from typer import Typer
from typer.testing import CliRunner

from cli import keeping, player, verify
from cli import waves as going
from cli.backup import Kept
from cli.rollout import rollout
from tests.unit.provinces import raw_province, raw_site

CENTRES = ["centre-server", "ioc-server"]

# What stands outside, as files: which hosts have the new state, who is broken or dead, what a prediction says; and what was played.
PLAYED = """#!{python} -SE
import json, os, sys, time
world = {world!r}
there = lambda name: os.path.exists(os.path.join(world, name))
read = lambda name: open(os.path.join(world, name)).read().split() if there(name) else []
row = lambda host, check, status, actual=None: dict(
    device=host, site=host.split("-")[0], feature="device", check=check, status=status, expected=None, actual=actual, since=None, evidence=""
)
dead = read("dead") + (read("split") if there("new-s1-router") else [])
if "pytest" in sys.argv:
    hosts, out = os.environ["MOTCUA_HOSTS"].split(","), os.environ["MOTCUA_VERIFIED"]
    hosts = hosts if hosts != [""] else read("all")
    rows = [row(host, "answers", "error" if host in dead or host in read("gone") and there("log") else "fail" if host in read("cut") and there("new-" + host) else "pass") for host in hosts]
    if there("caseless"):
        rows = []
    if there("blind") and there("log"):
        sys.exit("no verification today")
else:
    out = os.environ["MOTCUA_FINDINGS"]
    hosts = sys.argv[sys.argv.index("--limit") + 1].split(",") if "--limit" in sys.argv else read("all")
    if "--check" in sys.argv:
        rows = [row(*line.split("=")) for line in read("predicted")]
    else:
        told = [word[1:] for word in sys.argv if word.startswith("@")]
        open(os.path.join(world, "told"), "a").write("".join(open(name).read() for name in told))
        open(os.path.join(world, "log"), "a").write(" ".join(hosts) + "\\n")
        if there("slow"):
            open(os.path.join(world, "begun"), "w").close()
            while there("slow"):
                time.sleep(0.01)
        if there("lost"):
            sys.exit("ERROR! no more memory")
        bad = {{host: row(host, "Write the file", "error", "the host key of " + host + " is another") for host in hosts if host in read("broken")}}
        bad |= {{host: row(host, "reachable", "error", "no answer") for host in hosts if host in dead}}
        for host in hosts:
            if host not in bad:
                open(os.path.join(world, "new-" + host), "w").close()
        rows = list(bad.values()) or [row(host, "declared", "pass") for host in hosts]
        if there("odd"):
            rows = []
with open(out, "w") as file:
    json.dump(dict(version=1, when="now", findings=rows), file)
sys.exit(2 if any(one["status"] != "pass" for one in rows) or there("odd") else 0)
"""


class World:
    """A province on disk and what stands outside it."""

    def __init__(self, folder, sites, **policy):
        self.folder, self.inventory = folder / "world", folder / "test" / "province.yml"
        self.folder.mkdir()
        (self.inventory.parent / "sites").mkdir(parents=True)
        raw = raw_province({f"s{number}": raw_site(number, cameras={}, nvrs={}) for number in range(1, sites + 1)})
        (self.inventory.parent / "sites" / "all.yml").write_text(yaml.safe_dump({"sites": raw.pop("sites")}), encoding="utf-8")
        self.raw = {"plugin": "motcua.cctv.province", **raw}
        self.policy(**policy)
        self.all = [*CENTRES, *(f"s{number}-router" for number in range(1, sites + 1))]
        self.write("all", *self.all)
        self.player = folder / "played"
        self.player.write_text(PLAYED.format(python=sys.executable, world=str(self.folder)))
        self.player.chmod(self.player.stat().st_mode | stat.S_IXUSR)
        self.output = folder / "rollouts"

    def policy(self, maintenance="00:00-00:00", **rollout):
        text = yaml.safe_dump(self.raw | {"rollout": rollout, "policy": {"maintenance": maintenance}})
        self.inventory.write_text(text, encoding="utf-8")

    def write(self, name, *words):
        (self.folder / name).write_text("\n".join(words))

    def remove(self, name):
        (self.folder / name).unlink()

    @property
    def new(self):
        return {path.name.removeprefix("new-") for path in self.folder.glob("new-*")}

    @property
    def log(self):
        """The hosts of each playbook that changed something."""
        path = self.folder / "log"
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def course(self):
        return waves.from_json((self.output / "latest" / "campaign.json").read_text(encoding="utf-8"))

    def arguments(self, *more):
        return ["-i", str(self.inventory), "--output", str(self.output), "--yes", *more]


def played(value, patch):
    for rim in (player, verify):
        patch(rim, "at_the_controller", lambda command, _: [str(value.player), *command[1:]])
    patch(keeping, "opened", lambda _: Store(value))
    patch(verify, "hosts_within", lambda _, limit: limit.split(","))
    patch(going, "hosts_within", lambda _, limit: limit.split(","))


class Store:
    """Backups: what is kept is a line in the world's file."""

    def __init__(self, value):
        self.value, self.repository = value, SimpleNamespace(alone=lambda patient: contextlib.nullcontext())

    def keep(self, limit, reason):
        if (self.value.folder / "full").exists() or ((self.value.folder / "full-later").exists() and self.value.new):
            raise MotcuaError("/backups: git says 'No space left on device'")
        with (self.value.folder / "kept").open("a") as file:
            file.write(f"{reason}: {limit or 'all'}: {len(self.value.new)} new\n")
        unread = {"s9-router": "no answer"} if (self.value.folder / "unread").exists() else {}
        return Kept("0123", 0 if (self.value.folder / "mute").exists() else 3, (), unread, None)


def run(value, *more, command=rollout):
    app = Typer()
    app.command()(command)
    return CliRunner().invoke(app, value.arguments(*more))
