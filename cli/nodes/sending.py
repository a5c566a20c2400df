"""One shard at one node: sent over SSH by ansible-runner's transmitter, and taken back by its processor, place by place."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.nodes import Node, Returned, from_json
from ansible_runner.streaming import Processor, Transmitter

from cli.nodes.job import PUBLIC, Job
from cli.nodes.worker import KEYS, PLACE

WORKER = "motcua-worker"  # what is asked for; the forced command of the key at the node is what runs (sshd(8), AUTHORIZED_KEYS)

END_SECONDS = 20


@dataclass(frozen=True)
class Post:
    """A node, and how it is spoken to: ``beside`` is the folder of nodes.yml."""

    name: str
    node: Node
    beside: Path

    def command(self, known_hosts: Path) -> list[str]:
        """ssh, to the one host key that nodes.yml names; a node that is dead is given up after ten seconds."""
        options = {
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "HostKeyAlias": self.name,
            "UserKnownHostsFile": str(known_hosts),
            "GlobalKnownHostsFile": "/dev/null",
            "UpdateHostKeys": "no",
            "ClearAllForwardings": "yes",
            "ControlPath": "none",
            "ConnectTimeout": "10",
            "ServerAliveInterval": "3",
            "ServerAliveCountMax": "3",
        }
        command = ["ssh", "-T", "-p", str(self.node.port), *(word for key, value in options.items() for word in ("-o", f"{key}={value}"))]
        if self.node.private_key is not None:
            command += ["-o", "IdentitiesOnly=yes", "-i", str(self.beside / self.node.private_key)]
        return [*command, "--", f"{self.node.user}@{self.node.address}", WORKER]


@dataclass
class Said:
    """What a node said of its shard, but for the places."""

    why: str = ""
    eof: bool = False


def send(
    post: Post, job: Job, model: Path, take: Callable[[Returned], None], take_keys: Callable[[Mapping[str, str]], None] = lambda _: None
) -> None:
    """Let a node do a job; each place is taken as it comes back. ``model`` is the folder that `bundle` filled.

    :raises MotcuaError: why the rest didn't come.
    """
    with tempfile.TemporaryDirectory(prefix="motcua-") as folder:
        known_hosts, heard = Path(folder) / "known_hosts", Path(folder) / "ssh"
        known_hosts.write_text(f"{post.name} {post.node.host_key}\n", encoding="utf-8")
        said = Said()
        with heard.open("w", encoding="utf-8") as errors:
            spoken = subprocess.Popen(post.command(known_hosts), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        with spoken:
            try:
                _transmit(spoken.stdin, job, model)
                _process(spoken.stdout, Path(folder), said, take, take_keys)
                if said.eof:
                    _end(spoken)
            finally:
                spoken.kill()
        if not said.eof:
            said.why = _last_line(heard) or f"it broke off ({said.why or 'without a word'})"
    if said.why:
        raise MotcuaError(f"node {post.name}: {said.why}")


def _end(spoken: subprocess.Popen[bytes]) -> None:
    """The worker puts away what it had, and ends by itself."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        spoken.wait(END_SECONDS)


def _transmit(stream: IO[bytes] | None, job: Job, model: Path) -> None:
    # A node that refuses reads no further: what it said is read all the same.
    assert stream is not None
    with contextlib.suppress(BrokenPipeError):
        Transmitter(_output=stream, private_data_dir=str(model), motcua=job.model_dump(mode="json")).run()
    with contextlib.suppress(BrokenPipeError):
        stream.close()


def _process(
    stream: IO[bytes] | None,
    folder: Path,
    said: Said,
    take: Callable[[Returned], None],
    take_keys: Callable[[Mapping[str, str]], None],
) -> None:
    def status(status_data: Mapping[str, Any], runner_config: Any) -> None:  # noqa: ARG001  ansible-runner names it
        said.why = str(status_data.get("job_explanation") or "") or said.why

    def event(data: Mapping[str, Any]) -> bool:
        if data.get("event") == PLACE:
            take(from_json(data["event_data"]))
        elif data.get("event") == KEYS:
            take_keys({str(name): str(text) for name, text in data["event_data"].items() if PUBLIC.fullmatch(str(name))})
        return False

    def finished(_: Any) -> None:
        said.eof = not said.why.startswith(BROKEN)

    Processor(
        _input=stream, private_data_dir=str(folder), quiet=True, status_handler=status, event_handler=event, finished_callback=finished
    ).run()


# How ansible-runner's processor says that a stream ended in its middle (ansible_runner/streaming.py).
BROKEN = ("Unexpected empty line", "Failed to read from worker stream", "Failed to JSON parse a line from worker stream")


def _last_line(heard: Path) -> str:
    lines = [line.strip() for line in heard.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else ""
