"""Shards: one file system each. One that isn't mounted is never written to, because what lies below it is another disk."""

import os
import subprocess
from pathlib import Path

from . import holds

MARKER = ".motcua-shard"
DEFAULT = Path("/var/lib/motcua/recordings")


class ShardMissing(Exception):
    """A shard isn't there."""


def check(shard):
    """Do nothing where a shard is mounted.

    :raises ShardMissing: where it isn't.
    """
    if not (shard / MARKER).is_file():
        raise ShardMissing(
            f"{shard}: this shard isn't mounted ({MARKER} isn't on it), its cameras aren't recorded; mount it, or roll out the centre"
        )


def present(shards):
    """The shards that are mounted."""
    return [shard for shard in shards if (shard / MARKER).is_file()]


def prepare(shard, known, owner, group, default=DEFAULT):
    """Mark a shard as such at its first rollout; True when that changed something.

    Only the default may be a plain folder. ``known`` lists those that were a file system of their own once: they must be so again.

    :raises ShardMissing: when nothing is mounted there.
    """
    mounted, listed = os.path.ismount(shard), known.read_text().splitlines() if known.exists() else []
    if not mounted and (str(shard) in listed or shard != default):
        raise ShardMissing(
            f"{shard}: no file system is mounted on this shard, its cameras aren't recorded; mount it and roll out the centre again"
        )
    if mounted and str(shard) not in listed:
        known.parent.mkdir(parents=True, exist_ok=True)
        known.write_text("".join(f"{line}\n" for line in [*listed, shard]))
    shard.mkdir(mode=0o2750, parents=True, exist_ok=True)
    changed = _own(shard, owner, group)
    for folder in (shard / ".incoming", shard / "backfill", shard / "backfill" / ".incoming"):
        if not folder.exists():
            folder.mkdir()
            changed |= _own(folder, owner, group)
    for folder in shard.iterdir():
        # What was written before there was a group that reads it.
        if folder.is_dir() and folder.name != "lost+found" and folder.stat().st_gid != group:
            subprocess.run(["chgrp", "-R", str(group), str(folder)], check=True)
            changed = True
    if not (shard / MARKER).exists():
        for name in (".lock", MARKER):
            (shard / name).touch(mode=0o640)
            _own(shard / name, owner, group, 0o640)
        holds.sync_folder(shard)
        changed = True
    return changed


def _own(path, owner, group, mode=0o2750):
    seen = path.stat()
    if (seen.st_uid, seen.st_gid, seen.st_mode & 0o7777) == (owner, group, mode):
        return False
    os.chown(path, owner, group)
    path.chmod(mode)
    return True
