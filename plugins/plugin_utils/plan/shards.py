"""On which shard of the storage centre's disks each camera is recorded: stable, whatever else comes and goes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def shard_of(camera: str, shards: Sequence[str]) -> str:
    """The shard of a camera, by rendezvous hashing: another shard takes only those that move to it, one that goes gives only its own."""
    return max(shards, key=lambda shard: hashlib.sha256(f"{shard}\n{camera}".encode()).digest())
