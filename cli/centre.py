"""How a command asks a program at the storage centre, over SSH, and what it answers."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, Refused, Unreachable
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

from cli.controller import at_the_controller

PROGRAMS = "/usr/local/lib/motcua"
CONNECT_SECONDS = 15
ANSWER_SECONDS = 120
SSH_FAILED = 255


def ask_centre(inventory: Path, program: str, *arguments: str, answer_seconds: float = ANSWER_SECONDS) -> Any:
    """What a program of ours at the storage centre answers, one JSON document. No secret may be among the arguments.

    :raises ModelError: when the inventory has mistakes.
    :raises Unreachable: when the centre can't be reached, or doesn't know the program.
    :raises Refused: when the program refuses; its own sentence.
    """
    command = at_the_controller(_ssh(inventory, [f"{PROGRAMS}/{program}", *arguments]), inventory)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=answer_seconds)
    except subprocess.TimeoutExpired:
        raise Unreachable(f"{program}: the centre didn't answer within {answer_seconds:g} s; look at its load and try again") from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        what = "the centre can't be reached" if done.returncode == SSH_FAILED else "the centre doesn't answer as it should"
        raise Unreachable(f"{program}: {what} ({said}); try 'ssh' to it, and roll it out if it is new") from None
    if done.returncode != 0:
        raise Refused(str(answer.get("error", answer)) if isinstance(answer, dict) else str(answer))
    return answer


def fetch(inventory: Path, path: str, to: Path) -> None:
    """Bring one of the centre's files, whole or not at all.

    :raises ModelError: when the inventory has mistakes.
    :raises Unreachable: when it doesn't come.
    """
    draft = to.with_name(f".{to.name}.draft")
    try:
        with draft.open("wb") as file:
            done = subprocess.run(
                at_the_controller(_ssh(inventory, ["cat", path]), inventory), stdout=file, stderr=subprocess.PIPE, text=True, check=False
            )
        if done.returncode != 0:
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise Unreachable(f"{path}: the centre's file didn't come ({said}); it is still there, try again")
        draft.replace(to)
    finally:
        draft.unlink(missing_ok=True)


def _ssh(inventory: Path, words: list[str]) -> list[str]:
    name, centre = load(inventory).storage_centre()
    return ssh_to(inventory, name, str(centre.address), words)


def ssh_to(inventory: Path, name: str, address: str, words: list[str]) -> list[str]:
    """The command that runs these words at a machine: the same way by which Ansible reaches it, as the inventory plugin has it.

    :param name: by which its host key is known: a centre's id, a router's host name.
    """
    province, folder = load(inventory), inventory.resolve().parent
    ssh = province.ssh
    options = [f"HostKeyAlias={name}", f"UserKnownHostsFile={folder / ssh.known_hosts}", "StrictHostKeyChecking=accept-new"]
    options += ["BatchMode=yes", f"ConnectTimeout={CONNECT_SECONDS}", "ServerAliveInterval=5"]
    if ssh.proxy_command is not None:
        options.append(f"ProxyCommand={folder.parent.parent / ssh.proxy_command.format(host=name)}")
    if ssh.private_key is not None:
        key = folder / ssh.private_key
        if not key.is_file():
            raise ModelError(f"{inventory}: ssh.private_key: {key} isn't there; 'motcua secrets new' makes it, or name the key")
        options += [f"IdentityFile={key}", "IdentitiesOnly=yes"]
    become = [] if ssh.user == "root" else ["sudo", "-n"]
    told = shlex.join([*become, *words])
    return ["ssh", "-T", *(part for option in options for part in ("-o", option)), f"{ssh.user}@{address}", told]
