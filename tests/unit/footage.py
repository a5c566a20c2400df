"""The recorder's package and programs as they are installed, and a shard to try them on."""

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

FILES = Path(__file__).resolve().parents[2] / "roles/recorder/files"
sys.path.insert(0, str(FILES))  # where the programs are installed, the package lies beside them

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC).timestamp()
DAY = 86400


def program(name):
    loader = SourceFileLoader(name.replace("-", "_"), str(FILES / name))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def pictures(seconds=60.0, fps=2, jump_at=None, jump_s=0.0, begin_s=1.0, salt=b""):
    """An MPEG transport stream whose frames say when they are shown; from ``jump_at`` seconds on they say ``jump_s`` more."""
    packets = []
    for number in range(int(seconds * fps)):
        shown_s = begin_s + number / fps + (jump_s if jump_at is not None and number / fps >= jump_at else 0)
        ticks = int(shown_s * 90000) % (1 << 33)
        stamp = bytes((0x21 | ticks >> 29 & 0xE, ticks >> 22 & 0xFF, ticks >> 14 & 0xFE | 1, ticks >> 7 & 0xFF, ticks << 1 & 0xFE | 1))
        frame = b"\0\0\1\xe0\0\0\x80\x80\x05" + stamp + salt
        packets.append(b"\x47\x41\x00\x10" + frame + b"\xff" * (184 - len(frame)))
    return b"".join(packets)


def written(shard, **rows):
    """Settings of one shard, as the rollout writes them."""
    cameras = {"a-cam1": {"shard": str(shard), "retention_days": 30, "hours": None}}
    cameras["b-cam1"] = {"shard": str(shard), "retention_days": 2, "hours": None}
    return {
        "shards": [str(shard)], "segment_seconds": 60, "live_root": str(shard.parent / "live"), "timezone": "Asia/Ho_Chi_Minh",
        "minimum_free_percent": 5, "minimum_days": 7, "cameras": cameras,
    } | rows  # fmt: skip


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, arguments)], check=True)


def save(path, settings):
    path.write_text(json.dumps(settings))
    return path
