"""The worker of a node: takes a shard from its standard input, plays it with the node's own secrets, and sends back each place once.

It is ansible-runner's worker, told by us what to run: an operator's key may start this program and nothing else (docs/nodes.md), so what
comes in is a job and a model, never a playbook, a variable or an option.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Annotated, Any

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils import findings as found
from ansible_collections.motcua.cctv.plugins.plugin_utils import snapshots as seen
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.nodes import of_shard, to_json
from ansible_collections.motcua.cctv.plugins.plugin_utils.yaml_file import read_yaml
from ansible_runner.streaming import Worker

from cli.controller import ROOT
from cli.locks import locked
from cli.nodes.job import PUBLIC, Job, lay, received, refuse_foreign
from cli.player import spoken_last
from cli.secrets import VAULT_PASSWORD

KEPT_LINES = 200
MEMORY = Path("/dev/shm")  # noqa: S108  a folder of a random name below it, for its owner alone
PLACE, KEYS = "motcua_place", "motcua_keys"


def worker(
    home: Annotated[Path, typer.Option(help="holds a folder a province, by its id, with what is secret of it")],
    province: Annotated[list[str] | None, typer.Option(help="take work for this province only; several may be given")] = None,
) -> None:
    """Do one shard: what a node's sshd starts for an operator's key. Reads its standard input, writes its standard output."""
    # Whatever else prints here would be taken for an answer.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        work(home, province or [], sys.stdin.buffer, answers)


def work(home: Path, provinces: Sequence[str], stream: IO[bytes], output: IO[bytes]) -> None:
    """Do one shard. What goes wrong before it begins is said in the form of ansible-runner as well."""
    where = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    _sweep(where)
    with tempfile.TemporaryDirectory(prefix=f"motcua-{os.getpid()}-", dir=where) as folder, ExitStack() as held:
        try:
            job, files = received(stream)
            inventory = _inventory(job, files, home, provinces, Path(folder))
            if job.command == "rollout" and not job.predicts:
                held.enter_context(locked(inventory, job.places))
        except MotcuaError as error:
            said = {"status": "error", "job_explanation": str(error)}
            output.write(f"{json.dumps(said)}\n{json.dumps({'eof': True})}\n".encode())
            output.flush()
            return
        Shard(job, files, inventory, home / job.province, output).run()


def _sweep(where: Path) -> None:
    """Take away what a worker left that was killed."""
    for path in where.glob("motcua-*-*"):
        pid = path.name.split("-")[1]
        if pid.isdigit() and path.stat().st_uid == os.getuid() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(path, ignore_errors=True)


def _inventory(job: Job, files: dict[str, bytes], home: Path, provinces: Sequence[str], folder: Path) -> Path:
    own = home / job.province
    if (provinces and job.province not in provinces) or not own.is_dir():
        raise MotcuaError(f"{job.province}: isn't served here; {home / '<province>'} holds the secrets of a province that is")
    path = folder / "inventory" / job.province
    path.mkdir(parents=True)
    inventory = lay(files, own, path)
    raw = read_yaml(inventory)
    if raw.get("id") != job.province:
        raise MotcuaError(f"{job.province}: what was sent is the model of {raw.get('id')}")
    refuse_foreign(raw)
    return inventory


class Shard(Worker):  # type: ignore[misc]  # ansible-runner has no types
    """One run: of all events of a task nothing is sent, and nothing of them stays on disk."""

    def __init__(self, job: Job, sent: Mapping[str, bytes], inventory: Path, home: Path, output: IO[bytes]) -> None:
        folder = inventory.parent.parent.parent
        lines = [{"kwargs": {}}, {"eof": True}]
        told = io.BytesIO("".join(f"{json.dumps(line)}\n" for line in lines).encode())
        super().__init__(_input=told, _output=output, private_data_dir=str(folder))
        self._job, self._sent, self._inventory, self._folder = job, sent, inventory, folder
        self._home = home
        self._words: deque[str] = deque(maxlen=KEPT_LINES)
        self._heard = folder / "heard" / "findings.json"

    def update_paths(self, kwargs: Any) -> dict[str, Any]:  # noqa: ARG002  they are empty: see __init__
        """What to run, whatever was sent."""
        limit = self._folder / "limit"
        limit.write_text("\n".join(self._job.patterns), encoding="utf-8")
        playbook = "audit" if self._job.predicts else self._job.command
        return {
            "ident": "shard",
            "project_dir": str(ROOT),
            "playbook": str(ROOT / "playbooks" / f"{playbook}.yml"),
            "inventory": str(self._inventory),
            "limit": f"@{limit}",
            "cmdline": "--check --diff" if playbook == "audit" else "--diff",
            "extravars": {"motcua_elsewhere": list(self._job.elsewhere)},
            "envvars": self._environment(),
            "settings": {"suppress_output_file": True},
            "omit_event_data": True,  # a task's arguments and result would else lie in a file until we have taken its event
            "fact_cache_type": "memory",
        }

    def _environment(self) -> dict[str, str]:
        """Host keys are checked, which ansible-runner would turn off."""
        self._heard.parent.mkdir()
        password = self._inventory.parent / "secrets" / VAULT_PASSWORD
        heard = {"MOTCUA_VERIFIED" if self._job.command == "verify" else "MOTCUA_FINDINGS": str(self._heard)}
        return {
            **heard,
            **({"ANSIBLE_VAULT_PASSWORD_FILE": str(password)} if password.exists() else {}),
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_HOST_KEY_CHECKING": "True",
            "ANSIBLE_NOCOLOR": "1",
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
        }

    def status_handler(self, status_data: dict[str, Any], runner_config: Any) -> None:
        """Without command and environment, which are the node's own."""
        super().status_handler({key: status_data[key] for key in ("status", "job_explanation") if key in status_data}, runner_config)

    def event_handler(self, event_data: dict[str, Any]) -> bool:
        """Of what a task did, only the words are kept, and only the last of them, and only in memory."""
        self._words.extend(str(event_data.get("stdout") or "").splitlines())
        return False

    def artifacts_handler(self, artifact_dir: str) -> None:
        """Nothing of it is sent."""
        shutil.rmtree(artifact_dir, ignore_errors=True)

    def finished_callback(self, runner_obj: Any) -> None:
        """Send each place once; or why there is nothing to send."""
        if runner_obj is not None:
            try:
                self._send(int(runner_obj.rc))
            except (FileNotFoundError, MotcuaError):
                why = f"the playbook ended with {runner_obj.rc} before anything was judged: {spoken_last(self._words)}"
                super().status_handler({"status": "error", "job_explanation": why}, None)
        super().finished_callback(runner_obj)

    def _send(self, ended: int) -> None:
        findings = found.from_json(self._read(self._heard))
        read = self._heard.with_name("snapshots.json")
        snapshots = seen.from_json(self._read(read)) if read.exists() else {}
        for number, returned in enumerate(of_shard(self._job.places, ended, findings, snapshots), 1):
            super().event_handler({"event": PLACE, "counter": number, "uuid": returned.place, "event_data": to_json(returned)})
        made = {path.name: path.read_text(encoding="utf-8") for path in self._made()}
        if made:
            super().event_handler({"event": KEYS, "counter": len(self._job.places) + 1, "uuid": KEYS, "event_data": made})

    def _read(self, path: Path) -> str:
        """A file that the playbook wrote, with the names that the node's own files have when no shard is at work."""
        return path.read_text(encoding="utf-8").replace(str(self._inventory.parent), str(self._home))

    def _made(self) -> Iterator[Path]:
        """The public keys that hubs and centres told in this run: they belong to the model, and so to the operator."""
        for path in sorted((self._inventory.parent / "keys").iterdir()):
            if PUBLIC.fullmatch(path.name) and not path.is_symlink() and self._sent.get(f"keys/{path.name}") != path.read_bytes():
                yield path
