"""What an operator sends a node: what to do with which places, and the province's model. No secret is in it, and no program."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import stat
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Annotated, Any, Literal, TypeAlias

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Id, Value
from ansible_runner.utils.base64io import Base64IO
from pydantic import Field, StringConstraints, ValidationError

from cli.controller import digest_of

Command: TypeAlias = Literal["audit", "rollout", "verify"]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=120)]
# What `load` reads of a province. Everything else stays where it is: secrets, keys, what is known of devices, and variables of Ansible.
SHIPPED = re.compile(
    r"(province|viewers|prices|waivers|checklist)\.yml|sites/[A-Za-z0-9][\w.-]*\.yml|keys/[A-Za-z0-9][\w.-]*\.(pub|crt|pub\.pem)"
)
PUBLIC = re.compile(r"[A-Za-z0-9][\w.-]*\.(pub|crt|pub\.pem)")
LINE_BYTES, ARCHIVE_BYTES, MODEL_BYTES = 8_000_000, 64_000_000, 512_000_000


class Job(Value):
    """One shard for one node.

    ``patterns`` say the same hosts as ``places`` in the words of Ansible; ``elsewhere``: hosts of centres that are another shard's, where
    nothing is entered from here; ``predicts``: of a rollout, what would change; ``code``: what the operator's motcua consists of.
    """

    command: Command
    predicts: bool = False
    province: Id
    places: dict[Name, tuple[Name, ...]] = Field(min_length=1)
    patterns: tuple[Name, ...] = Field(min_length=1)
    elsewhere: tuple[Name, ...] = ()
    code: Name


def own_code() -> str:
    """The digest of everything here that makes a finding or a change."""
    return digest_of("playbooks", "roles", "plugins", "cli", "tests/verify")


def bundle(inventory: Path, folder: Path) -> None:
    """Copy what is sent of a province into an empty folder."""
    for name, path in _shipped(inventory):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(path, folder / name)


def digest(inventory: Path) -> str:
    """Of what is sent of a province, and of the motcua that reads it."""
    whole = hashlib.sha256(own_code().encode())
    for name, path in _shipped(inventory):
        whole.update(f"{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def _shipped(inventory: Path) -> Iterator[tuple[str, Path]]:
    top = inventory.resolve().parent
    for path in (*sorted(top.glob("*.yml")), *sorted(top.glob("sites/*")), *sorted(top.glob("keys/*"))):
        name = path.relative_to(top).as_posix()
        if SHIPPED.fullmatch(name) and path.is_file():
            yield name, path


def received(stream: IO[bytes]) -> tuple[Job, dict[str, bytes]]:
    """What ansible-runner's transmitter wrote, taken apart by somebody who doesn't trust it: a job, and files by name.

    :raises MotcuaError: when it holds anything else, and also when its motcua is another one.
    """
    try:
        job = Job.model_validate(_line(stream)["kwargs"]["motcua"])
        archive = Base64IO(stream).read(_size(_line(stream)["zipfile"]))
        files = dict(_files(archive))
        _line(stream)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise MotcuaError(f"what was sent is no job ({where}); install the same motcua on both machines") from None
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise MotcuaError(f"what was sent is no job ({error}); call it with 'motcua … --nodes'") from None
    if job.code != own_code():
        raise MotcuaError("another motcua is installed here than at the operator's; install the same on both machines")
    return job, files


def _line(stream: IO[bytes]) -> Any:
    return json.loads(stream.readline(LINE_BYTES))


def _size(said: Any) -> int:
    if not isinstance(said, int) or not 0 < said < ARCHIVE_BYTES:
        raise ValueError(f"an archive of {said} bytes")
    return said


def _files(archive: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        members = [one for one in opened.infolist() if not one.is_dir()]
        if sum(one.file_size for one in members) > MODEL_BYTES:
            raise ValueError("a model that is too large")
        for one in members:
            if not SHIPPED.fullmatch(one.filename) or stat.S_IFMT(one.external_attr >> 16) not in (0, stat.S_IFREG):
                raise ValueError(f"the file {one.filename!r}, which no model has")
            yield one.filename, opened.read(one)


def lay(files: Mapping[str, bytes], home: Path, folder: Path) -> Path:
    """Lay the model that was sent beside the node's own files of the province: the province file.

    What is the node's own is linked, so that journals and pins of devices stay with it. Of the model nothing is taken from there: what an
    operator has deleted would come back.
    """
    (folder / "keys").mkdir()
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    for own in sorted(home.iterdir()):
        if own.name in ("keys", "sites"):
            for below in sorted(own.iterdir()):
                _link(folder / own.name, f"{own.name}/{below.name}", below)
        else:
            _link(folder, own.name, own)
    return folder / "province.yml"


def _link(folder: Path, name: str, own: Path) -> None:
    if not SHIPPED.fullmatch(name):
        folder.mkdir(exist_ok=True)
        (folder / own.name).symlink_to(own)


def refuse_foreign(raw: Mapping[str, Any]) -> None:
    """What a model may not say at a node: programs to run, and files that aren't this province's.

    :raises ModelError: when it does.
    """
    ssh, masters = (_mapping(raw.get(key)) for key in ("ssh", "masters"))
    if ssh.get("proxy_command") is not None:
        raise ModelError("province.yml: ssh.proxy_command: would run a program at the node; a node reaches its sites by its own network")
    named = {f"masters.{key}": value for key, value in masters.items()}
    named |= {f"ssh.{key}": ssh[key] for key in ("private_key", "known_hosts") if ssh.get(key) is not None}
    for key, value in named.items():
        if not re.fullmatch(r"[A-Za-z0-9][\w-]*(\.\w[\w-]*)*(/[A-Za-z0-9_][\w-]*(\.\w[\w-]*)*)*", str(value)):
            raise ModelError(f"province.yml: {key}: {value!r} is no file beside province.yml; a node takes no other")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
