"""nodes.yml: the machines that read and change a part of a province each, with their own secrets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from ..desired.host import server_host
from ..errors import ModelError
from ..load import what_is_wrong
from ..model import Id, Province, Value
from ..model.values import Port
from ..yaml_file import read_yaml

HostKey = Annotated[str, StringConstraints(pattern=r"^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*$")]
HostName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.:-]*$", max_length=120)]
User = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_-]*$", max_length=32)]


class Node(Value):
    """A machine on which motcua is installed, and which holds the secrets of the provinces that it serves."""

    address: HostName = Field(description="an IP address or a name, as ssh takes it")
    port: Port = 22
    user: User = "motcua"
    host_key: HostKey = Field(description="what 'ssh-keyscan -t ed25519 ADDRESS' prints after the address, compared at the machine itself")
    private_key: str | None = Field(default=None, description="the key that may start the worker there; relative to nodes.yml")
    provinces: tuple[Id, ...] = Field(default=(), description="the ids of the provinces whose secrets it holds; all when there is none")
    places: tuple[Id, ...] = Field(
        default=(), description="sites that it serves, each with all below it, and hosts of centres; everything when there is none"
    )
    weight: Annotated[float, Field(gt=0, le=1000)] = Field(default=1, description="how much it can do, beside the others")

    def serves(self, province: Province, place: str) -> bool:
        """Whether it takes a place of a province: the id of a site, or the name of a centre's host."""
        if self.provinces and province.id not in self.provinces:
            return False
        above = province.ancestors(place) if place in province.sites else ()
        return not self.places or bool({place, *above} & set(self.places))


class Nodes(Value):
    """All nodes, and how many devices one of them reads before it sends back what it read."""

    nodes: dict[Id, Node] = Field(min_length=1)
    devices_a_shard: Annotated[int, Field(ge=1, le=20_000)] = Field(
        default=600, description="a smaller shard is lost with less when a node dies, and costs one start of Ansible more"
    )


def read_nodes(path: Path) -> Nodes:
    """Read a nodes.yml.

    :raises ModelError: one line a mistake.
    """
    raw = read_yaml(path, missing="docs/nodes.md says how to write it")
    try:
        return Nodes.model_validate(raw)
    except ValidationError as error:
        raise ModelError("\n".join(_sentences(path, error))) from None


def _sentences(path: Path, error: ValidationError) -> Iterator[str]:
    for detail in error.errors():
        where = [str(part) for part in detail["loc"]]
        yield f"{path}: {'.'.join(where)}: {what_is_wrong(detail, where, Nodes)}"


def nodes_of(nodes: Nodes, province: Province, path: Path) -> dict[str, Node]:
    """The nodes of a province.

    :raises ModelError: when there is none, or one of them names places that the province doesn't have.
    """
    found = {name: node for name, node in nodes.nodes.items() if not node.provinces or province.id in node.provinces}
    if not found:
        raise ModelError(f"{path}: nodes: none serves {province.id}; write it under 'provinces' of one, or leave 'provinces' out")
    known = {*province.sites, *province.retired, *(server_host(name) for name in province.centres)}
    for name, node in found.items():
        strange = [place for place in node.places if place not in known] if node.provinces == (province.id,) else []
        if strange:
            raise ModelError(
                f"{path}: nodes.{name}.places: '{strange[0]}' is no place of {province.id}; write a site's id or a centre's host"
            )
    return found
