"""The province's catalogue of firmware: firmware/firmware.yml beside the inventory, and the files beside it that it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError, field_validator

from ..catalogue.firmware import Version, read_build, read_version
from ..errors import ModelError
from ..load import what_is_wrong
from ..model.values import Id, Sentence, Text, Value, Vendor
from ..yaml_file import read_yaml

FILE = Path("firmware") / "firmware.yml"
SPAN = re.compile(r"\s*\.\.\s*")
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._+()-]*$", max_length=200)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Image(Value):
    """One file of firmware: for which models, from which versions one may go to it, and what it costs."""

    vendor: Vendor
    models: tuple[Text, ...] = Field(min_length=1, description="as devices say theirs; `*` and `?` as in file names, large and small alike")
    version: Text = Field(description="as the device says it afterwards, like `V5.7.23`")
    build: Text | None = Field(default=None, description="as the device says it afterwards, where one version has several: `build 240826`")
    file: FileName = Field(description="a file beside firmware.yml")
    size_bytes: Annotated[int, Field(ge=1, le=1_000_000_000)]
    sha256: Sha256 = Field(description="as the maker publishes it, or as `sha256sum` says of a file that was tried")
    source: Sentence = Field(description="where the file came from, who tried it and when")
    since: tuple[Text, ...] = Field(
        alias="from", min_length=1, description="versions that may go to this one: `V5.5.0`, or a span with both ends, `V5.5.0 .. V5.6.99`"
    )
    target: bool = Field(default=False, description="where devices are to end; other images are steps on the way")
    downgrade: bool = Field(default=False, description="devices with a later version may go back to it")
    reboot_seconds: Annotated[int, Field(ge=5, le=3600)] = Field(
        default=300, description="from the end of the upload until the device answers with the new version, at most"
    )
    may_change: tuple[Text, ...] = Field(
        default=(), description="keys, `*` allowed, that are another afterwards because the version is so; any other difference stops"
    )
    notes: Sentence | None = None

    @field_validator("version")
    @classmethod
    def _comparable(cls, text: str) -> str:
        if read_version(text) is None:
            raise ValueError("holds no number that versions could be compared by; write it as the device says it")
        return text

    @field_validator("build")
    @classmethod
    def _dated(cls, text: str | None) -> str | None:
        if text is not None and read_build(text) is None:
            raise ValueError("holds no day that builds could be compared by; write it like 'build 240826'")
        return text

    @field_validator("since")
    @classmethod
    def _spans(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            ends = [read_version(end) for end in SPAN.split(text)]
            if len(ends) > 2 or any(end is None for end in ends):
                raise ValueError(f"{text!r} is neither a version nor a span; write 'V5.5.0' or 'V5.5.0 .. V5.6.99'")
        return texts

    def suits(self, vendor: str, model: str) -> bool:
        """Whether it is for this model."""
        return self.vendor == vendor and any(fnmatchcase(model.lower(), pattern.lower()) for pattern in self.models)

    def takes(self, version: Version) -> bool:
        """Whether one may go from that version to it."""
        return any(_within(version, text) for text in self.since)


def _within(version: Version, text: str) -> bool:
    first, *last = (read_version(end) for end in SPAN.split(text))
    assert first is not None  # the catalogue was read
    return first <= version <= (last[0] or first) if last else version == first


class Catalogue(Value):
    """All images by a name of the province's own."""

    images: Mapping[Id, Image]


def read_catalogue(path: Path) -> Catalogue:
    """The catalogue of a file.

    :raises ModelError: one line a mistake, with file and key.
    """
    content = read_yaml(path, "write the catalogue there, docs/firmware.md shows one")
    try:
        catalogue = Catalogue.model_validate(content)
    except ValidationError as error:
        raise ModelError("\n".join(_sentences(path, error))) from None
    files: dict[str, str] = {}
    for name, image in catalogue.images.items():
        other = files.setdefault(image.file, name)
        if catalogue.images[other].sha256 != image.sha256:
            raise ModelError(f"{path}: images.{name}.sha256: is another than images.{other} gives of the same file; correct one of the two")
    return catalogue


def _sentences(path: Path, error: ValidationError) -> list[str]:
    rows = [([str(part) for part in detail["loc"]], detail) for detail in error.errors()]
    return [f"{path}: {'.'.join(where)}: {what_is_wrong(detail, where, Catalogue)}" for where, detail in rows]
