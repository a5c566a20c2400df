"""A command across nodes: the province in shards, each sent to its node, what comes back kept place by place and made one."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils import findings as found
from ansible_collections.motcua.cctv.plugins.plugin_utils import snapshots as seen
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import host_names
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired.host import server_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.nodes import (
    Returned,
    Shard,
    from_json,
    nodes_of,
    patterns,
    places_of,
    read_nodes,
    split,
    to_json,
    untold,
)

from cli.controller import hosts_within
from cli.courses import count
from cli.folders import write_whole
from cli.nodes.job import Command, Job, bundle, digest, own_code
from cli.nodes.sending import Post, send
from cli.progress import spoken

Nodes: TypeAlias = Annotated[Path | None, typer.Option("--nodes", help="a nodes.yml: its nodes do it, each a part of the province")]
ResumeAcross: TypeAlias = Annotated[bool, typer.Option("--resume", help="with --nodes: only what hasn't come back in the last run")]
SHARDS, ASKED = "shards", "asked.json"


@dataclass(frozen=True)
class Asked:
    """What a run across nodes is about; only the same is gone on with. ``declared`` is the hash of what is declared."""

    command: str
    inventory: str
    limit: str | None
    declared: str


@dataclass
class Came:
    """What has come back, by place, and why the rest of a place hasn't."""

    returned: dict[str, Returned] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


class Across:
    """One command for a province, or the hosts that a limit names, across the nodes that nodes.yml names."""

    def __init__(
        self,
        command: Command,
        province: Province,
        inventory: Path,
        nodes: Path,
        limit: str | None = None,
        earlier: Path | None = None,
        *,
        predicts: bool = False,
    ) -> None:
        """Look at everything before anything is sent; ``earlier`` is a run to go on with.

        :raises ModelError: when nodes.yml is wrong, or serves nothing here, or the limit names nothing.
        :raises MotcuaError: when the earlier run was about something else.
        """
        self._command, self._province, self._inventory, self._predicts = command, province, inventory, predicts
        self._beside, self._named = nodes.resolve().parent, read_nodes(nodes)
        self._nodes = nodes_of(self._named, province, nodes)
        self._asked = Asked(command, str(inventory.resolve()), limit, digest(inventory))
        self._places = places_of(province, _chosen(province, inventory, limit))
        self._earlier, self._lock = earlier, threading.Lock()
        if earlier is not None:
            _same(earlier, self._asked)

    def run(self, folder: Path) -> int:
        """Do it; findings.json, snapshots.json and playbook.log are as one machine would leave them, and so is the exit code.

        :raises ModelError: when no node serves a place.
        """
        kept, places = folder / SHARDS, self._places
        _begin(kept, self._asked, self._earlier)
        came = Came({one.place: one for one in _kept(kept) if one.place in places})
        missing = {place: hosts for place, hosts in places.items() if place not in came.returned}
        shards = split(self._province, missing, self._nodes, self._named.devices_a_shard)
        with tempfile.TemporaryDirectory(prefix="motcua-") as model:
            bundle(self._inventory, Path(model))
            jobs = self._jobs(shards)
            by_node = [list(own) for _, own in groupby(jobs, key=lambda row: row[0].node)]
            with ThreadPoolExecutor(max(len(by_node), 1)) as pool:
                list(pool.map(lambda own: self._go(own, Path(model), kept, came), by_node))
        self._write(folder, places, came)
        return max((one.ended for one in came.returned.values()), default=1)

    def _jobs(self, shards: Sequence[Shard]) -> list[tuple[Shard, Job]]:
        whole, code = places_of(self._province), own_code()
        centres = [name for name in map(server_host, self._province.centres) if name in self._places]
        common = {"command": self._command, "predicts": self._predicts, "province": self._province.id, "code": code}
        return [
            (
                shard,
                Job(
                    places=dict(shard.places),
                    patterns=patterns(shard.places, whole),
                    elsewhere=tuple(name for name in centres if name not in shard.places),
                    **common,
                ),
            )
            for shard in shards
        ]

    def _go(self, own: Iterable[tuple[Shard, Job]], model: Path, kept: Path, came: Came) -> None:
        """All shards of one node, one after the other; what happens at one stops no other."""
        for shard, job in own:
            begun, why = time.monotonic(), ""
            post = Post(shard.node, self._nodes[shard.node], self._beside)
            try:
                send(post, job, model, partial(self._take, shard, kept, came), self._take_keys)
            except (MotcuaError, OSError) as error:
                why = str(error)
            back = [place for place in shard.places if place in came.returned]
            if len(back) < len(shard.places):
                why = why or f"node {shard.node}: it didn't send all that it was asked for; ask again with --resume"
                came.why |= dict.fromkeys(set(shard.places) - set(back), why)
            hosts = f"{count(len(shard.hosts), 'host')} of {count(len(shard.places), 'place')}"
            line = f"  {shard.name}: {hosts} in {spoken(time.monotonic() - begun)}" + (f": {why}" if why else "")
            with self._lock:
                came.said.append(line.strip())
                typer.echo(line)

    def _take(self, shard: Shard, kept: Path, came: Came, one: Returned) -> None:
        if one.place not in shard.places:
            raise MotcuaError(f"node {shard.node}: it speaks of {one.place}, which it wasn't asked about")
        write_whole(kept / f"{one.place}.json", json.dumps(to_json(one), ensure_ascii=False) + "\n")
        came.returned[one.place] = one

    def _take_keys(self, told: Mapping[str, str]) -> None:
        folder = self._inventory.resolve().parent / "keys"
        folder.mkdir(exist_ok=True)
        for name, text in told.items():
            write_whole(folder / name, text)

    def _write(self, folder: Path, places: Mapping[str, tuple[str, ...]], came: Came) -> None:
        """One result, in the one order that depends on nothing but itself."""
        lost = {place: hosts for place, hosts in places.items() if place not in came.returned}
        rows = [row for one in came.returned.values() for row in one.findings]
        for place, hosts in lost.items():
            rows += untold({place: hosts}, self._province.sites, came.why.get(place, "no node was asked"))
        read = [snapshot for one in came.returned.values() for snapshot in one.snapshots.values()]
        when = datetime.now(UTC).isoformat(timespec="seconds")
        if lost:
            said = f"{len(lost)} of {count(len(places), 'place')} didn't come back; the same command with --resume asks only for them"
            came.said.append(said)
            typer.echo(f"{said}.")
        write_whole(folder / "playbook.log", "\n".join(came.said) + "\n")
        if self._command != "verify":
            write_whole(folder / "snapshots.json", seen.to_json(read, when))
        write_whole(folder / "findings.json", found.to_json(rows, when))


def _chosen(province: Province, inventory: Path, limit: str | None) -> Sequence[str] | None:
    """The hosts of a limit; Ansible is asked only about what isn't a list of hosts."""
    names = limit.split(",") if limit else []
    return names or None if set(names) <= set(host_names(province)) else hosts_within(inventory, str(limit))


def _kept(folder: Path) -> Iterable[Returned]:
    for path in sorted(folder.glob("*.json")):
        if path.name != ASKED:
            try:
                yield from_json(json.loads(path.read_text(encoding="utf-8")))
            except ValueError:
                raise MotcuaError(f"{path}: is not what a node said; delete it, and it is asked for again") from None


def _begin(kept: Path, asked: Asked, earlier: Path | None) -> None:
    """Note what this run is about before anything has come back; it takes over what had come back earlier, or nothing."""
    if earlier is None or (earlier / SHARDS).resolve() != kept.resolve():
        shutil.rmtree(kept, ignore_errors=True)
    if earlier is None:
        kept.mkdir(parents=True)
    elif not kept.exists():
        shutil.copytree(earlier / SHARDS, kept)
    write_whole(kept / ASKED, json.dumps(asdict(asked), ensure_ascii=False) + "\n")


def _same(earlier: Path, asked: Asked) -> None:
    try:
        said = Asked(**json.loads((earlier / SHARDS / ASKED).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise MotcuaError(f"{earlier}: is no run across nodes to go on with; begin one without --resume") from None
    for key, now in asdict(asked).items():
        if getattr(said, key) != now:
            then = f"its {key} was {getattr(said, key) or 'everything'}"
            what = "the model is another one now, or motcua is" if key == "declared" else then
            raise MotcuaError(f"{earlier}: {what}; begin a new run without --resume")


def last(output: Path) -> Path:
    """The newest folder of a run across nodes.

    :raises MotcuaError: when there is none.
    """
    folders = sorted(path.parent.parent for path in output.glob(f"*/{SHARDS}/{ASKED}") if not path.parent.parent.is_symlink())
    if not folders:
        raise MotcuaError(f"{output}: there is no run across nodes to go on with; begin one without --resume")
    return folders[-1]


def across_nodes(
    command: Command, province: Province, inventory: Path, nodes: Path | None, limit: str | None, output: Path, *, resume: bool
) -> Across | None:
    """The run that a command line asks for; None where nothing but this machine does it.

    :raises ModelError: when --resume stands alone, or nodes.yml is wrong.
    """
    if nodes is None:
        if resume:
            raise ModelError("--resume: goes on with a run across nodes; name them with --nodes")
        return None
    earlier = None if not resume else output if (output / SHARDS / ASKED).exists() else last(output)
    return Across(command, province, inventory, nodes, limit, earlier)
