"""Footage that leaves as evidence: one MP4, a signed manifest of what it was made from and what is missing, a line in a log."""

import hashlib
import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from . import pieces

SIGNATURE, MANIFEST = "manifest.sig", "manifest.json"


class NothingThere(Exception):
    """There is no footage of that time."""


def export(library, camera, from_s, until_s, folder, key, who, reason, user=None):
    """Make ``folder`` with the video and the signed manifest: the manifest.

    Nothing is cut inside a piece, because that would change its bytes: the video begins and ends with the pieces that hold the two moments.
    Live footage comes first; what was fetched later fills only what it lacks. ``user`` is whom ffmpeg runs as.

    :raises NothingThere: when there is no footage. :raises OSError: when it can't be written.
    :raises subprocess.CalledProcessError: when ffmpeg or openssl fails.
    """
    chosen = _chosen(library.segments(camera, from_s, until_s))
    if not chosen:
        raise NothingThere(
            f"{camera}: there is no footage from {moment(from_s)} to {moment(until_s)}; `motcua recordings list` says what there is"
        )
    folder.mkdir(mode=0o700, parents=True)
    video = folder / f"{camera}_{pieces.name_of(from_s)[:-4]}_{pieces.name_of(until_s)[:-4]}.mp4"
    rows = [_row(shard, one) for shard, one in chosen]
    _join([shard / one.path for shard, one in chosen], video, user)
    manifest = {
        "camera": camera,
        "from": moment(from_s),
        "until": moment(until_s),
        "made": moment(datetime.now(UTC).timestamp()),
        "who": who,
        "reason": reason,
        "video": video.name,
        "video_sha256": sha256_of(video),
        "segments": rows,
        "gaps": [{"from": moment(a), "until": moment(b)} for a, b in library.gaps(camera, from_s, until_s)],
        "shards_not_read": library.missing,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    sign(folder / MANIFEST, key, folder / SIGNATURE)
    return manifest


def sign(file, key, signature):
    """Sign a file with Ed25519; `openssl pkeyutl -verify -pubin -inkey PUBLIC -rawin -in FILE -sigfile SIGNATURE` proves it."""
    command = ["openssl", "pkeyutl", "-sign", "-inkey", str(key), "-rawin", "-in", str(file), "-out", str(signature)]
    subprocess.run(command, check=True, capture_output=True)


def log(file, **said):
    """Add a line to a log that is only ever added to; each line names the hash of the one before, so that none can be taken out unseen."""
    file.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    with file.open("a+b") as lines:
        os.fchmod(lines.fileno(), 0o640)
        lines.seek(0)
        last = b""
        for line in lines:
            last = line
        row = {"at": moment(datetime.now(UTC).timestamp()), **said, "before": hashlib.sha256(last).hexdigest()}
        lines.write(json.dumps(row, ensure_ascii=False, sort_keys=True).encode() + b"\n")
        lines.flush()
        os.fsync(lines.fileno())


def moment(seconds):
    """A time as UTC, ISO 8601."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def sha256_of(path):
    """The hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _chosen(found):
    """The pieces to join: the live ones, and of the fetched ones those that reach into a time that no live one covers."""
    live = [(one.start_s, one.end_s) for _, one in found if one.source == "live"]
    covered = [row for row in found if row[1].source != "live" and any(a <= row[1].start_s and row[1].end_s <= b for a, b in _joined(live))]
    return [row for row in found if row not in covered]


def _joined(live):
    joined = []
    for start, end in sorted(live):
        if joined and start - joined[-1][1] <= 2:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _row(shard, one):
    """A piece in the manifest; whether it still is what was entered is tried now."""
    now = sha256_of(shard / one.path)
    row = {
        "file": one.path,
        "from": moment(one.start_s),
        "until": moment(one.end_s),
        "bytes": one.bytes,
        "sha256": now,
        "source": one.source,
    }
    return row | ({"as_entered": now == one.sha256} if one.sha256 else {"as_entered": None})


def _join(files, video, user):
    listing = "ffconcat version 1.0\n" + "".join(f"file 'file:{file}'\n" for file in files)
    command = ["ffmpeg", "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe,fd", "-f", "concat", "-safe", "0", "-i", "pipe:0"]
    command += ["-map", "0:v:0", "-c", "copy", "-movflags", "+faststart", "-f", "mp4", "-y", "file:/proc/self/fd/1"]
    draft = video.with_suffix(".draft")
    rights = {} if user is None else {"user": user, "group": "motcua-footage", "extra_groups": []}  # what cameras sent isn't read as root
    with draft.open("wb") as out:
        if user is not None:
            shutil.chown(draft, user)
        subprocess.run(command, input=listing.encode(), stdout=out, stderr=subprocess.PIPE, check=True, cwd=Path("/"), **rights)
        out.flush()
        os.fsync(out.fileno())
        os.fchown(out.fileno(), os.geteuid(), os.getegid())
    draft.rename(video)
