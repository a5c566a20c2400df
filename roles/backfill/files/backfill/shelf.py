"""Where pieces that were brought in lie until the recorder enters them, and what is known of where each came from.

``<shard>/backfill/.incoming/<camera>`` takes drafts and whole pieces, which the recorder's own user places and enters; beside it
``.provenance`` says of each piece where it came from, and ``.refused`` keeps those that no decoder reads.
"""

import hashlib
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from .errors import Undecodable
from .found import utc

READERS = "motcua-footage"
DECODE_S = 300
LEVEL = re.compile(r"\[(error|fatal|panic)\] ")


class Shelf:
    """One camera's shelf on its shard; ``group`` is the number of the group that may read footage, None leaves it as it is."""

    def __init__(self, shard, camera, group=None):
        base = Path(shard) / "backfill"
        self._camera, self._group = camera, group
        self.drafts = self._incoming = base / ".incoming" / camera
        self._placed, self._provenance, self._refused = base / camera, base / ".provenance" / camera, base / ".refused" / camera

    def begin(self):
        """Make room; what a run that was killed left behind goes."""
        for folder in (self._incoming, self._provenance):
            folder.mkdir(parents=True, exist_ok=True)
        for left in self._incoming.glob("*.part"):
            left.unlink(missing_ok=True)

    def known(self):
        """[(from_s, until_s)] of what needn't be fetched: brought in and perhaps not entered yet, or set aside."""
        spans = []
        for folder, places in ((self._provenance, (self._incoming, self._placed)), (self._refused, (self._refused,))):
            for path in sorted(folder.glob("*.json")):
                try:
                    said = json.loads(path.read_text(encoding="utf-8"))
                    if any((place / f"{path.stem}.ts").exists() for place in places):
                        spans.append((said["from_s"], said["until_s"]))
                except (OSError, ValueError, KeyError):
                    continue
        return spans

    def keep(self, piece, provenance):
        """Put a whole piece on the shelf with where it came from.

        :raises Undecodable: when no decoder reads it; then it is set aside.
        """
        complaint = decodes(piece.draft)
        name = utc(piece.start_s)
        said = {
            "camera": self._camera,
            "from_s": piece.start_s,
            "until_s": piece.end_s,
            "bytes": piece.draft.stat().st_size,
            "sha256": _sha256(piece.draft),
            **provenance,
        }
        if complaint:
            self._refused.mkdir(parents=True, exist_ok=True)
            _write(self._refused / f"{name}.json", said | {"complaint": complaint})
            piece.draft.replace(self._refused / f"{name}.ts")
            raise Undecodable(f"{self._camera}: what came for {name} doesn't decode ({complaint}); it lies in {self._refused}")
        piece.draft.chmod(0o640)
        if self._group is not None:
            os.chown(piece.draft, -1, self._group)
        _write(self._provenance / f"{name}.json", said)
        piece.draft.replace(self._incoming / f"{name}.ts")

    def forget(self, before_s):
        """Where pieces came from that retention has taken since."""
        for path in self._provenance.glob("*.json"):
            gone = not any((place / f"{path.stem}.ts").exists() for place in (self._incoming, self._placed))
            if gone and path.stem < utc(before_s):
                path.unlink(missing_ok=True)


def prepare(shard, cameras, user, group, readers):
    """As root: make the folders of these cameras. The group is the one in which the recorder's user is: it takes the pieces out."""
    base = Path(shard) / "backfill"
    for name, owner, mode in ((".incoming", group, 0o770), (".provenance", readers, 0o2750), (".refused", readers, 0o2750)):
        # The folder of all incoming pieces is the recorder's own.
        made = [] if name == ".incoming" else [base / name]
        for folder in [*made, *(base / name / camera for camera in cameras)]:
            folder.mkdir(parents=True, exist_ok=True)
            os.chown(folder, user, owner)
            folder.chmod(mode)


def decodes(path):
    """What a decoder complains of, "" where it reads the whole piece."""
    command = [
        "ffmpeg",
        "-nostdin",
        "-hide_banner",
        "-v",
        "level+error",
        "-threads",
        "1",
        "-f",
        "mpegts",
        "-i",
        str(path),
        "-map",
        "0:v:0",
        # Counted in the stream's own time: pictures closer together than a frame at the nominal rate are no fault.
        "-enc_time_base",
        "-1",
        "-f",
        "null",
        "-",
    ]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=DECODE_S, check=False)
    except subprocess.TimeoutExpired:
        return "the decoder doesn't come to an end"
    # What libraries print beside has no level, such as that of a cipher that may not lock its memory.
    words = " ".join(line for line in ran.stderr.splitlines() if LEVEL.search(line))
    return words[:200] or ("" if ran.returncode == 0 else f"exit code {ran.returncode}")


def _sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path, said):
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(said, file, ensure_ascii=False, indent=1)
        file.write("\n")
    Path(name).chmod(0o640)
    Path(name).replace(path)
