"""Whether an image's file is what the catalogue says: there, whole, the right bytes, and the right maker's where its format is known."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import ModelError
from .catalogue import Image

# How Hikvision's digicap.dav hides its header (hiktools): byte n is XORed with KEY[(n + n // 16) % 16].
KEY = bytes.fromhex("bacdbcfed6caddd3bab9a3abbfcbb5be")
DAV_HEAD, DAV_ENTRY = 64, 44
NPK = bytes.fromhex("1ef1d0ba")  # RouterOS (binwalk's magic): no camera's
UNKNOWN = "its format isn't known here, so that only the sha256 proves maker, model and version"
OF_MAKER = "its header is {vendor}'s and it is whole; model and version don't stand in the header, only the sha256 proves them"


@dataclass(frozen=True)
class Header:
    """What a file's own header says: whose format it is, None where it isn't known, and what is wrong with it, "" for nothing."""

    vendor: str | None
    wrong: str = ""


def content_of(folder: Path, name: str, image: Image) -> bytes:
    """The bytes of an image's file, proved.

    :raises ModelError: when they aren't what the catalogue says; the file is named.
    """
    path = folder / image.file
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: can't be read ({error.strerror}); put the file of images.{name} there") from None
    if len(content) != image.size_bytes:
        what = "is cut off" if len(content) < image.size_bytes else "is too long"
        raise ModelError(f"{path}: {what}: {len(content)} bytes, and images.{name}.size_bytes says {image.size_bytes}; fetch it again")
    found = hashlib.sha256(content).hexdigest()
    if found != image.sha256:
        raise ModelError(f"{path}: has the sha256 {found[:16]}…, and images.{name}.sha256 says {image.sha256[:16]}…; fetch it again")
    header = header_of(content)
    if header.vendor not in (None, image.vendor):
        raise ModelError(f"{path}: is firmware of {header.vendor}, and images.{name}.vendor says {image.vendor}; it is another file")
    if header.wrong:
        raise ModelError(f"{path}: {header.wrong}, although images.{name} describes these very bytes; fetch it again and correct the entry")
    return content


def proved(content: bytes) -> str:
    """What is proved of a file beyond its sha256, as a sentence."""
    vendor = header_of(content).vendor
    return UNKNOWN if vendor is None else OF_MAKER.format(vendor=vendor)


def header_of(content: bytes) -> Header:
    """Read the header of a file of firmware."""
    return next((read(content) for magic, read in FORMATS.items() if content.startswith(magic)), Header(None))


def _dav(content: bytes) -> Header:
    """Head (magic, checksum, length, number of files, …) and a row for each file: name, offset, length, checksum; little-endian."""
    head = bytes(byte ^ KEY[(place + place // 16) % 16] for place, byte in enumerate(content[:8192]))
    if len(head) < DAV_HEAD:
        return Header("hikvision", "its header is cut off")
    length, files = struct.unpack_from("<8xII", head)
    if length != DAV_HEAD + DAV_ENTRY * files or length > len(head):
        return Header("hikvision")  # of another generation
    ends = [sum(struct.unpack_from("<32xII", head, DAV_HEAD + DAV_ENTRY * row)) for row in range(files)]
    return Header("hikvision", "is cut off by its own header" if max(ends, default=0) > len(content) else "")


def _zip(content: bytes) -> Header:
    """Dahua's is a ZIP archive whose first letters are DH, with a list of what to install in it."""
    try:
        with zipfile.ZipFile(io.BytesIO(b"PK" + content[2:])) as archive:
            names = {name.lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, ValueError, struct.error):
        return Header("dahua", "is a cut-off archive")
    return Header("dahua", "" if names & {"install", "install.lua"} else "has no list of what to install in it")


def _routeros(content: bytes) -> Header:
    (rest,) = struct.unpack_from("<4xI", content.ljust(8, b"\0"))
    return Header("mikrotik", "" if rest + 8 == len(content) else "is cut off by its own header")


FORMATS: Mapping[bytes, Callable[[bytes], Header]] = {
    bytes(byte ^ KEY[place] for place, byte in enumerate(b"SWKH")): _dav,
    b"DH\x03\x04": _zip,
    NPK: _routeros,
}
