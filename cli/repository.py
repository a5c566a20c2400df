"""The git repository in which configurations are kept: bare, so that nobody edits in it, and written as a whole or not at all.

Each state is marked with a key of the masters. One without the mark was made by somebody else: it is said, and nothing of it is trusted.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.sealed import Keys

BRANCH = "refs/heads/main"
MARK = re.compile(r"^Motcua-Mark: (\S+ \S+)$", re.MULTILINE)
OURS = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsync=committed", "-c", "gc.auto=0")


@dataclass(frozen=True)
class State:
    """One commit; ``key`` is the id of the keys under which it says that it was marked, "" for none. ``proved``: it was, by ours."""

    id: str
    tree: str
    when: int
    key: str
    proved: bool


class Repository:
    """One province's; ``keys`` mark what is written and prove what is read."""

    def __init__(self, path: Path, keys: Keys) -> None:
        self.path, self.keys = path, keys

    @contextlib.contextmanager
    def alone(self, *, patient: bool = False) -> Iterator[None]:
        """For one run at a time, which waits for another's end when it is ``patient``; made when it isn't there yet.

        :raises MotcuaError: when another backup is running, or the folder can't be made or isn't a repository of ours.
        """
        try:
            self._make()
            with (self.path / "motcua.lock").open("w", encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX if patient else fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield
        except BlockingIOError:
            raise MotcuaError(f"{self.path}: another backup is running; wait until it has ended") from None
        except OSError as error:
            where = error.filename or self.path
            raise MotcuaError(f"{where}: can't be written ({error.strerror}); make room, or give the right to write there") from None

    def _make(self) -> None:
        if (self.path / "HEAD").exists():
            return
        if self.path.exists() and any(self.path.iterdir()):
            raise MotcuaError(f"{self.path}: holds something else than backups; name another folder with 'backups' in province.yml")
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        making = Path(tempfile.mkdtemp(dir=self.path.parent, prefix=f".{self.path.name}."))
        try:
            self._git("init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(making), bare=False)
            if self.path.exists():
                self.path.rmdir()
            making.replace(self.path)
        finally:
            shutil.rmtree(making, ignore_errors=True)

    # --- reading ---

    def states(self) -> list[State]:
        """All of them, the newest first; none of an empty repository.

        :raises MotcuaError: when it is damaged.
        """
        if not (self.path / "HEAD").exists():
            return []
        if not self._git("for-each-ref", "--format=%(objectname)", BRANCH).strip():
            return []
        raw = self._git("rev-list", "--first-parent", "--format=%H%n%T%n%ct%n%P%n%B%x00", BRANCH).decode("utf-8", "replace")
        return [self._state(entry) for entry in raw.split("\0") if entry.strip()]

    def _state(self, entry: str) -> State:
        _, name, tree, when, parents, message = entry.lstrip("\n").split("\n", 5)
        found = MARK.search(message)
        mark = found[1] if found else ""
        return State(name, tree, int(when), mark.partition(" ")[0], self.keys.made(_record(tree, parents, int(when)), mark))

    def at(self, until: datetime) -> State | None:
        """The last state that was kept until a moment; None when there is none that old."""
        return next((state for state in self.states() if state.when <= until.timestamp()), None)

    def file(self, state: State, path: str) -> bytes | None:
        """The content of a file, None when that state has none; every step towards it is proved by its hash."""
        kind, name = "tree", state.tree
        for part in path.split("/"):
            entries = self._entries(self._object("tree", name)) if kind == "tree" else {}
            if part not in entries:
                return None
            kind, name = entries[part]
        return self._object("blob", name) if kind == "blob" else None

    def files(self, state: State | None) -> dict[str, bytes]:
        """All files of a state by path; of sealed ones only that they are there, because they are large."""
        if state is None:
            return {}
        found = dict(self._below("", state.tree))
        texts = [path for path in found if not path.endswith(".sealed")]
        return dict.fromkeys(found, b"") | dict(zip(texts, self._objects("blob", [found[path] for path in texts]), strict=True))

    def _below(self, prefix: str, tree: str) -> Iterator[tuple[str, str]]:
        """Path and id of each file."""
        for part, (kind, name) in self._entries(self._object("tree", tree)).items():
            if kind == "tree":
                yield from self._below(f"{prefix}{part}/", name)
            else:
                yield f"{prefix}{part}", name

    def _object(self, kind: str, name: str) -> bytes:
        return self._objects(kind, [name])[0]

    def _objects(self, kind: str, names: Sequence[str]) -> list[bytes]:
        """Many at once. Git itself doesn't look at every hash that it reads."""
        answer, found = self._git("cat-file", "--batch", said="".join(f"{name}\n" for name in names).encode()), []
        for name in names:
            head, _, answer = answer.partition(b"\n")
            size = int(head.split()[-1]) if head.split()[-1].isdigit() else 0
            content, answer = answer[:size], answer[size + 1 :]
            hashed = hashlib.sha1(f"{kind} {size}\0".encode() + content, usedforsecurity=False).hexdigest()
            if hashed != name:
                raise MotcuaError(f"{self.path}: {kind} {name[:12]} isn't what was kept; {REMEDY}")
            found.append(content)
        return found

    @staticmethod
    def _entries(tree: bytes) -> dict[str, tuple[str, str]]:
        """Name -> kind and id; as git packs them: mode, name, NUL, 20 bytes."""
        found = {}
        while tree:
            head, _, rest = tree.partition(b"\0")
            mode, _, name = head.partition(b" ")
            found[name.decode("utf-8", "replace")] = ("tree" if mode == b"40000" else "blob", rest[:20].hex())
            tree = rest[20:]
        return found

    # --- writing ---

    def keep(self, base: State | None, changes: Mapping[str, bytes | None], message: str, when: datetime) -> str:
        """Make a new state out of ``base`` and what changes; its id. Only its last step is seen by anybody.

        :raises MotcuaError: when it can't be written; everything is as it was.
        """
        tip = next(iter(self.states()), None)
        with tempfile.TemporaryDirectory(dir=self.path, prefix=".keeping-") as work:
            environment = {"GIT_INDEX_FILE": f"{work}/index"}
            self._git("read-tree", *([base.tree] if base else ["--empty"]), environment=environment)
            self._git("update-index", "--index-info", said=self._lines(Path(work), changes), environment=environment)
            tree = self._git("write-tree", environment=environment).decode().strip()
        seconds, parent = int(when.timestamp()), tip.id if tip else ""
        text = f"{message}\n\nMotcua-Mark: {self.keys.mark(_record(tree, parent, seconds))}\n"
        dated = {f"GIT_{who}_DATE": f"{seconds} {when:%z}" for who in ("AUTHOR", "COMMITTER")}
        made = self._git("commit-tree", tree, *(["-p", parent] if parent else []), said=text.encode(), environment=dated).decode().strip()
        self._git("update-ref", BRANCH, made, parent or "0" * 40)
        return made

    def _lines(self, work: Path, changes: Mapping[str, bytes | None]) -> bytes:
        """What `git update-index` is told; the contents are written to the repository on the way."""
        files = {path: content for path, content in changes.items() if content is not None}
        drafts = {path: work / str(number) for number, path in enumerate(files)}
        for path, draft in drafts.items():
            draft.write_bytes(files[path])
        hashed = self._git(
            "hash-object", "-w", "--no-filters", "--stdin-paths", said="".join(f"{one}\n" for one in drafts.values()).encode()
        )
        there = [f"100644 {name} 0\t{path}\n" for path, name in zip(drafts, hashed.decode().split(), strict=True)]
        gone = [f"0 {'0' * 40}\t{path}\n" for path, content in changes.items() if content is None]
        return "".join([*there, *gone]).encode()

    def tidy(self) -> None:
        """Pack what many days left; nothing is lost when it can't."""
        with contextlib.suppress(MotcuaError):
            self._git("-c", "gc.auto=2000", "gc", "--auto", "--quiet")

    def _git(self, *words: str, said: bytes = b"", bare: bool = True, environment: Mapping[str, str] | None = None) -> bytes:
        """What git answers; its own settings and hooks, and those of whoever runs it, have no say."""
        where = {"GIT_DIR": str(self.path)} if bare else {}
        who = {
            f"GIT_{who}_{what}": word
            for who in ("AUTHOR", "COMMITTER")
            for what, word in (("NAME", "motcua"), ("EMAIL", "motcua@localhost"))
        }
        plain = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
        }
        command = ["git", *OURS, *words]
        try:
            done = subprocess.run(
                command, input=said, capture_output=True, check=False, env={**plain, **who, **where, **(environment or {})}, umask=0o077
            )
        except FileNotFoundError:
            raise MotcuaError("git: isn't installed on this machine; install the package 'git'") from None
        if done.returncode:
            reason = " ".join(done.stderr.decode("utf-8", "replace").split())[:200] or f"exit code {done.returncode}"
            raise MotcuaError(f"{self.path}: git says {reason!r}; {REMEDY}")
        return done.stdout


REMEDY = "make room, or put the repository back from its copy"


def _record(tree: str, parent: str, when: int) -> str:
    return f"{tree} {parent} {when}"
