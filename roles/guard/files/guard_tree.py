"""What a machine's state is on disk: the list that names it, the tree that stands there, how a tree is packed and put back.

Written for Python 3.9's standard library alone: it runs on the managed machine.
"""

from __future__ import annotations

import fnmatch
import glob
import io
import os
import stat
import tarfile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

LIST = "/etc/motcua/guard.list"
UNITS = "/etc/systemd/system"
PROGRAMS = "/usr/local/lib/motcua"
# The guard itself goes forward only: a restore must not take away the program that does it.
OWN = {LIST, f"{UNITS}/motcua-guard.service", f"{UNITS}/sysinit.target.d/motcua-guard.conf"}
OWN |= {f"{PROGRAMS}/guard", f"{PROGRAMS}/guard_tree.py", f"{PROGRAMS}/guard_runtime.py"}
VERBS = ("restart", "reload", "run", "kernel")


class Trouble(Exception):
    """One sentence: what went wrong, and what to do."""


class Entry(NamedTuple):
    """A file, folder or link; ``content`` is a link's target, ``owner`` and ``group`` are numbers."""

    kind: str
    mode: int
    owner: int
    group: int
    content: bytes


def entry_of(path: Path) -> Entry | None:
    """What stands at a path; None for what is gone, or is no file, folder or link."""
    try:
        found = path.lstat()
        mode, owner, group = stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid
        if stat.S_ISLNK(found.st_mode):
            return Entry("link", 0o777, owner, group, os.fsencode(path.readlink()))
        if stat.S_ISDIR(found.st_mode):
            return Entry("folder", mode, owner, group, b"")
        return Entry("file", mode, owner, group, path.read_bytes()) if stat.S_ISREG(found.st_mode) else None
    except FileNotFoundError:
        return None


def unit_of(path: str) -> str:
    """The unit, as a pattern, that a path below systemd's folder belongs to: its file, its drop-ins or what enables it."""
    first, *rest = PurePosixPath(path).relative_to(UNITS).parts
    name = rest[0] if rest and not first.endswith(".d") else first
    return name.removesuffix(".d").replace("@.", "@*.")


def covers(pattern: str, path: str) -> bool:
    """Whether a path, or a folder above it, is what a pattern of the list means."""
    wanted, parts = pattern.split("/"), path.split("/")
    return len(parts) >= len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


class Watched:
    """The list: which paths are the state, which units are, and what follows when a path had to be put back.

    :raises Trouble: for a line that isn't understood.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.paths: list[str] = []
        self.rules: list[tuple[str, str, list[str]]] = []
        self.units: list[str] = []
        for line in text.splitlines():
            path, *rule = line.partition("#")[0].split() or [""]
            if path == "unit":
                self.units += rule
            elif path.startswith("/") and (not rule or rule[0] in VERBS):
                self.paths.append(path)
                self.rules += [(path, rule[0], rule[1:])] if rule else []
            elif path:
                raise Trouble(f"{LIST}: '{line.strip()}' isn't understood; write PATH, PATH restart|reload|run|kernel WORDS, or unit NAMES")
        places = ("{}", "{}.d", "*.wants/{}", "*.requires/{}")
        self.paths += [f"{UNITS}/{place.format(unit)}" for unit in self.units for place in places]

    def tree(self, root: str) -> dict[str, Entry]:
        """Everything that is there now: path -> entry, folders before what stands in them."""
        tops = [top for pattern in self.paths for top in glob.glob(glob.escape(root) + pattern)]  # noqa: PTH207  a root and a pattern
        below = [os.path.join(folder, name) for top in tops for folder, *names in _walk(top) for name in names[0] + names[1]]  # noqa: PTH118  strings, as _walk gives them
        found = {path[len(root) :]: entry_of(Path(path)) for path in sorted({*tops, *below})}
        return {path: entry for path, entry in found.items() if entry and path not in OWN}

    def follows(self, changed: list[str], then: dict[str, Entry], now: dict[str, Entry]) -> dict[str, set[str]]:
        """What must follow once these paths are back: units to restart or reload as patterns, commands, names of kernel settings."""
        files = [os.fsencode(path) for path in changed if (then.get(path) or now[path]).kind == "file"]
        own = {path: entry for path, entry in then.items() if str(PurePosixPath(path).parent) == UNITS}
        found: dict[str, set[str]] = {"paths": set(changed), **{verb: set() for verb in VERBS}}
        found["restart"].update(unit_of(path) for path in changed if path.startswith(f"{UNITS}/"))
        found["restart"].update(unit_of(path) for path, entry in own.items() if any(file in entry.content for file in files))
        for pattern, verb, words in self.rules:
            for path in [path for path in changed if covers(pattern, path)]:
                if verb == "kernel":
                    found[verb].update(name for tree in (then, now) if path in tree for name in _settings(tree[path].content))
                else:
                    named = [word.replace("{}", PurePosixPath(path).stem) for word in words]
                    found[verb].update([" ".join(named)] if verb == "run" else named)
        return found


def _settings(content: bytes) -> list[str]:
    """The names that a file for sysctl sets; a dash before one lets it fail."""
    lines = [line.strip() for line in content.decode(errors="replace").splitlines()]
    return [line.partition("=")[0].strip(" -\t") for line in lines if "=" in line and line[0] not in "#;"]


def _walk(top: str) -> list[tuple[str, list[str], list[str]]]:
    return [] if Path(top).is_symlink() else list(os.walk(top))


def pack(tree: dict[str, Entry]) -> bytes:
    """A tree as a tar file, with owners and modes, that can be looked at."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, entry in tree.items():
            member = tarfile.TarInfo(path.lstrip("/"))
            member.mode, member.uid, member.gid = entry.mode, entry.owner, entry.group
            member.type = {"file": tarfile.REGTYPE, "folder": tarfile.DIRTYPE, "link": tarfile.SYMTYPE}[entry.kind]
            member.linkname = os.fsdecode(entry.content) if entry.kind == "link" else ""
            member.size = len(entry.content) if entry.kind == "file" else 0
            tar.addfile(member, io.BytesIO(entry.content))
    return packed.getvalue()


def unpack(packed: bytes) -> dict[str, Entry]:
    """The tree of a tar file.

    :raises tarfile.TarError: when it isn't one that ``pack`` made.
    """
    tree = {}
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:") as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isreg() else None
            content = file.read() if file else os.fsencode(member.linkname)
            kind = "file" if file else "link" if member.issym() else "folder"
            tree[f"/{member.name}"] = Entry(kind, member.mode, member.uid, member.gid, content)
    return tree


def sync_folder(folder: Path) -> None:
    """Make names durable: a file's own fsync doesn't store the name that it was given."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.motcua-guard")


def stage(path: Path, entry: Entry) -> None:
    """Write a file or link beside its place, durably; what can fail for want of space fails here, where nothing has changed yet."""
    draft = _draft(path)
    remove(draft)
    if entry.kind == "link":
        draft.symlink_to(os.fsdecode(entry.content))
        os.lchown(draft, entry.owner, entry.group)
        return
    draft.touch(mode=0o600)
    with draft.open("wb") as file:
        file.write(entry.content)
        os.fchown(file.fileno(), entry.owner, entry.group)
        os.fchmod(file.fileno(), entry.mode)
        file.flush()
        os.fsync(file.fileno())


def settle(path: Path, entry: Entry) -> None:
    """Make a path what it was; folders come before what stands in them."""
    if entry.kind == "folder":
        path.mkdir(parents=True, exist_ok=True)
        os.chown(path, entry.owner, entry.group)
        path.chmod(entry.mode)
        return
    if not os.path.lexists(_draft(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        stage(path, entry)
    _draft(path).replace(path)
    sync_folder(path.parent)


def write(path: Path, content: bytes) -> None:
    """A file of the guard's own, whole and durable or not at all."""
    entry = Entry("file", 0o600, -1, -1, content)
    stage(path, entry)
    settle(path, entry)


def remove(path: Path) -> None:
    """Take a file, link or empty folder away, if it is there; a folder in which something not watched stands is left."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
    elif not any(path.iterdir()):
        path.rmdir()
