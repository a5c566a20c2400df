"""A power cut: the backing file of a mounted file system is copied in the middle of writing, and a copy is what a machine finds afterwards.

Killing a machine keeps its page cache and proves nothing; what the loop device never got is lost in the copy. The programs are stopped
while it is made, so that it is one moment's disk.
"""

import filecmp
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from tests.unit.footage import FILES, program, save, sha256, written  # isort: skip  it says where the package is

from footage import holds
from footage.index import open_index
from footage.settings import load

INDEX = program("motcua-index")
DISK_BYTES = 96 * 1024 * 1024

# Writes small pieces of both kinds as recorders do, enters them, deletes some, and says after each commit what is promised.
WRITER = """
import sys, time, random
from pathlib import Path
from footage.index import open_index
from footage.enter import enter
from footage.pieces import name_of
from footage.settings import load
from footage import holds
settings = load(sys.argv[1]); shard = settings.shards[0]; random.seed(int(sys.argv[2])); now = 1_800_000_000
content = Path(sys.argv[3]).read_bytes()
index = open_index(shard); gone_log = open(sys.argv[4], 'w')
if not (shard / holds.NAME).exists(): holds.write(shard, [])
for turn in range(100000):
    for camera in ("a-cam1", "b-cam1"):
        folder = shard / ".incoming" / camera
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / name_of(now + turn * 60)).open("wb") as file:
            for _ in range(random.randrange(1, 6)):
                file.write(content); file.flush()
    if turn % 3 == 0:
        enter(index, settings, now + turn * 60)
        print("entered", flush=True)
    if turn % 7 == 0:
        gone = index.oldest("a-cam1", limit=1)
        for one in gone:
            print(one.path, file=gone_log, flush=True)
            (shard / one.path).unlink(missing_ok=True)
        index.remove(*gone)
    if turn % 50 == 0:
        holds.add(shard, holds.Hold("b-cam1", now + turn, now + turn + 1, "case"))
"""


def can_mount():
    """Whether a loop file system can be mounted here, tried."""
    return (
        os.geteuid() == 0
        and shutil.which("mkfs.ext4")
        and subprocess.run(["losetup", "-f"], capture_output=True, check=False).returncode == 0
    )


@contextmanager
def mounted(image, at):
    at.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-o", "loop", str(image), str(at)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no loop file system can be mounted here ({done.stderr.strip()}); run it as root on a machine with loop devices")
    try:
        yield at
    finally:
        subprocess.run(["umount", str(at)], check=True)


def cut(folder, content, seed):
    """One power cut: (pieces promised before, pieces found after). Fails when one that was promised is lost or can't be read."""
    image, dice = folder / "disk.img", random.Random(seed)
    for left in (image, folder / "copy.img"):
        left.unlink(missing_ok=True)
    with image.open("wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    (folder / "clip.ts").write_bytes(content)
    with mounted(image, folder / "shard") as shard:
        (shard / ".motcua-shard").touch()
        settings = save(folder / "recorder.json", written(shard))
        command = [sys.executable, "-c", WRITER, str(settings), str(seed), str(folder / "clip.ts"), str(folder / "deleted")]
        process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(FILES)}, stdout=subprocess.PIPE, text=True)
        try:
            promised, held = _write_and_stop(process, shard, dice)
            promised -= {row for row in promised if row[0] in (folder / "deleted").read_text().split()}
            _take(image, folder / "copy.img")
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
    with mounted(folder / "copy.img", folder / "shard") as shard:
        return len(promised), _found(shard, load(settings), promised, held)


def _take(disk, copy):
    """The disk of one instant, as a power cut leaves it: not one of which the kernel wrote the end after the beginning was copied."""
    copied = False
    while not copied:
        shutil.copyfile(disk, copy)
        copied = filecmp.cmp(disk, copy, shallow=False)


def _write_and_stop(process, shard, dice):
    end = time.monotonic() + dice.uniform(0.3, 1.5)
    for _ in process.stdout:
        if time.monotonic() > end:
            break
    time.sleep(dice.uniform(0, 0.05))  # into the middle of whatever it does then
    with open_index(shard, readonly=True) as index:
        promised = {(one.path, one.sha256) for camera in ("a-cam1", "b-cam1") for one in index.segments(camera, 0, 1e10)}
        held = holds.read(shard)
    os.kill(process.pid, signal.SIGSTOP)
    return promised, held


def _found(shard, settings, promised, held):
    shelf = INDEX.Shelf(shard)
    assert shelf.run(settings, 1_900_000_000), shelf.said
    shelf.close()
    with open_index(shard, readonly=True) as index:
        assert index.database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        listed = {one.path: one for camera in ("a-cam1", "b-cam1") for one in index.segments(camera, 0, 1e10)}
    lost = [path for path, digest in promised if path not in listed or listed[path].sha256 != digest]
    assert not lost, f"{len(lost)} pieces that were listed before the cut are lost: {lost[:3]}"
    unreadable = [path for path, one in listed.items() if sha256((shard / path).read_bytes()) != one.sha256]
    assert not unreadable, f"{len(unreadable)} listed pieces aren't what was entered: {unreadable[:3]}"
    assert set(held) <= set(holds.read(shard)), json.dumps([str(one) for one in held])
    return len(listed)
