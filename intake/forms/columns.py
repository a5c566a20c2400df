"""What a table of the survey form consists of: its columns, each with the place of its value in a site's YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Site
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ..cells.kinds import ERASERS, Kind, Words, Written, Wrong, shown

Path = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Column:
    """A column: its heading, and the key of its value below the thing that a row is about (``coordinates.latitude``).

    :param needed: a new thing can't be without it.
    :param hint: what to write, in Vietnamese, shown when the cell is chosen.
    """

    heading: str
    english: str
    key: str
    kind: Kind = field(default_factory=Words)
    example: str | float = ""
    width: int = 14
    needed: bool = False
    hint: str = ""

    @property
    def path(self) -> Path:
        """The key's parts."""
        return tuple(self.key.split("."))


@dataclass(frozen=True, eq=False)
class Table:
    """A table: a row a thing. ``below`` are the collections that the things stand in, ``ids`` the columns that say which one is meant.

    Without a collection the row is about the site itself. ``noun`` is what one is called in a sentence, ``prefix`` begins a new one's id.
    """

    letter: str
    title: str
    noun: str
    columns: tuple[Column, ...]
    below: Path = ()
    ids: tuple[Column, ...] = ()
    prefix: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """The name of its sheet."""
        return f"{self.letter}. {self.title}"

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The site's id, the thing's, and what is asked of it."""
        return (SITE, *self.ids, *self.columns)

    def place(self, ids: Path) -> Path:
        """Where the thing of these ids stands below a site."""
        return tuple(part for pair in zip(self.below, ids, strict=True) for part in pair)

    def things(self, site: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        """What a site has of the table's things, with their ids."""
        yield from _things(site, self.below)


SITE = Column("Mã điểm", "Site", "", example="Ví dụ", width=17, hint="Mã của bộ phận một cửa, không đổi.")


def _things(node: Mapping[str, Any], below: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    if not below:
        yield (), node
        return
    for name, child in (node.get(below[0]) or {}).items():
        for ids, thing in _things(child, below[1:]):
            yield (str(name), *ids), thing


def value_at(thing: Mapping[str, Any], path: Path) -> Any:
    """The value at a path, None where there is none."""
    found: Any = thing
    for part in path:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def written(column: Column, thing: Mapping[str, Any]) -> Written | None:
    """What the column shows of a thing; None when nobody has said it."""
    value = value_at(thing, column.path)
    return None if value is None or value == [] else column.kind.write(value)


def read(table: Table, column: Column, cell: object) -> Any:
    """The value that a cell states; None takes away what the inventory says.

    :raises Wrong: when it isn't of the column's kind, or the model doesn't take it.
    """
    if isinstance(cell, str) and cell.strip() in ERASERS:
        return None
    value = column.kind.read(cell)
    try:
        _adapter(table.below, column.path).validate_python(value)
    except ValidationError as error:
        raise Wrong(_complaint(cell, error)) from None
    return value


def _complaint(cell: object, error: ValidationError) -> str:
    detail = error.errors()[0]
    like = f"; write it like {detail['ctx']['pattern']}" if detail["type"] == "string_pattern_mismatch" else "; correct the value"
    what = (
        "has the wrong form" if detail["type"] == "string_pattern_mismatch" else f"is wrong: {detail['msg'][:1].lower()}{detail['msg'][1:]}"
    )
    return f"'{shown(cell)}' {what}{like}"


@cache
def _adapter(below: Path, path: Path) -> TypeAdapter[Any]:
    """What the model asks of the value: the form has no rules of its own."""
    model: type[BaseModel] = Site
    for part in (*below, *path[:-1]):
        model = _element(_field(model, part).annotation)
    found = _field(model, path[-1])
    annotation: Any = found.annotation
    for one in found.metadata:
        annotation = Annotated[annotation, one]
    return TypeAdapter(annotation)


def _field(model: type[BaseModel], key: str) -> FieldInfo:
    return next(field for name, field in model.model_fields.items() if key in (name, field.alias))


def _element(annotation: Any) -> type[BaseModel]:
    """The model inside ``Mapping[Id, Model]``, or the model itself."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(found for argument in annotation.__args__ if (found := _element_or_none(argument)))


def _element_or_none(annotation: Any) -> type[BaseModel] | None:
    try:
        return _element(annotation)
    except (AttributeError, StopIteration):
        return None
