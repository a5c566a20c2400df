"""What may go from which version to which: the way of a device through the catalogue. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from ..catalogue.firmware import Version, read_build, read_version
from ..errors import Unsupported
from ..findings import Json
from ..operations import Identity
from .catalogue import Catalogue, Image


@dataclass(frozen=True)
class Release:
    """A version, and the day of its build where it is told."""

    version: Version
    build: date | None = None

    def is_that_of(self, image: Image) -> bool:
        """Whether it is what an image makes of a device; the build counts where the catalogue says one."""
        wanted = release_of(image)
        return self.version == wanted.version and wanted.build in (None, self.build)


def release_of(image: Image) -> Release:
    """What a device has with an image."""
    version = read_version(image.version)
    assert version is not None  # the catalogue was read
    return Release(version, read_build(image.build))


def said(identity: Identity) -> Release | None:
    """What a device says that it has; None where it says nothing that can be compared."""
    version = read_version(identity.firmware)
    return None if version is None else Release(version, read_build(identity.build, identity.firmware))


def identity_in(values: Mapping[str, Json]) -> Identity:
    """What a snapshot's values say of the device."""
    return Identity(*(str(values.get(f"identity.{key}") or "") for key in ("model", "firmware", "build")))


def way(catalogue: Catalogue, vendor: str, identity: Identity) -> tuple[str, ...]:
    """The images, by name, that a device goes through: as few as may be, then as few bytes. Empty: it is where it is to be.

    :raises Unsupported: with the reason why it goes nowhere.
    """
    model, now = identity.model, said(identity)
    images = {name: image for name, image in catalogue.images.items() if image.suits(vendor, model)}
    targets = [name for name, image in images.items() if image.target]
    if not images:
        raise Unsupported(f"no image of the catalogue is for its model ({model or 'not told'}); nothing is sent")
    if len(targets) != 1:
        marked = " and ".join(targets) or "no image"
        raise Unsupported(f"the target of {model} isn't one image of the catalogue but {marked}; mark one with 'target'")
    if now is None:
        raise Unsupported(f"says {identity.firmware!r}, which holds no version to compare; look at it")
    target = targets[0]
    if now.is_that_of(images[target]):
        return ()
    if not images[target].downgrade and later(now, release_of(images[target])):
        raise Unsupported(f"has {identity.firmware}, later than {target} ({images[target].version}), which declares no 'downgrade'")
    found = _shortest(images, now, target)
    if found is None:
        raise Unsupported(
            f"no way leads from {identity.firmware} to {target} ({images[target].version}); add the steps between to the catalogue"
        )
    return found


def later(one: Release, other: Release) -> bool:
    """Whether a release is later than another; of one version, the build decides where both are told."""
    if one.version != other.version or one.build is None or other.build is None:
        return one.version > other.version
    return one.build > other.build


def may_go(now: Release, image: Image) -> bool:
    """Whether one step is allowed: declared by the image, and not back unless that is declared too."""
    return image.takes(now.version) and not now.is_that_of(image) and (image.downgrade or not later(now, release_of(image)))


def _shortest(images: Mapping[str, Image], now: Release, target: str) -> tuple[str, ...] | None:
    """Dijkstra over the images; a step costs its image's bytes, but never as much as a step more."""
    waiting: list[tuple[int, int, tuple[str, ...]]] = [(0, 0, ())]
    done: set[str] = set()
    while waiting:
        steps, size, path = heapq.heappop(waiting)
        if path and path[-1] == target:
            return path
        if path and path[-1] in done:
            continue
        done |= set(path[-1:])
        here = release_of(images[path[-1]]) if path else now
        for name in _next(images, here, done):
            heapq.heappush(waiting, (steps + 1, size + images[name].size_bytes, (*path, name)))
    return None


def _next(images: Mapping[str, Image], here: Release, done: set[str]) -> Iterator[str]:
    return (name for name, image in images.items() if name not in done and may_go(here, image))
