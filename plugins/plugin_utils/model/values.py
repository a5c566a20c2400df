"""What every value of the model is made of: its base, and the forms of its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ..vendors import VENDORS

# Ids become host names, file names and systemd instance names.
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
# As the router writes it: `GigabitEthernet0/0/0`. What Linux takes is less, see `contradictions`.
Interface = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", max_length=40)]
# Shown to people and burnt into pictures; no braces, so that no template engine ever takes one for a program.
Text = Annotated[str, StringConstraints(pattern=r"^[^{}\x00-\x1f]+$", max_length=120)]
Sentence = Annotated[str, StringConstraints(pattern=r"^[^{}\x00-\x1f]+$", max_length=300)]
Mac = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
StreamPath = Annotated[str, StringConstraints(pattern=r"^/[^\s@\"'$\\\\]*$", max_length=200)]
Folder = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9][A-Za-z0-9._-]*)+$", max_length=120)]
Address = Annotated[str, StringConstraints(pattern=r"^[^\s@{}\"]+@[^\s@{}\"]+$", max_length=120)]
Place = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+:[1-9][0-9]{0,4}$", max_length=120)]
WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s@{}\"]+$", max_length=300)]
Port = Annotated[int, Field(ge=1, le=65535)]
Share = Annotated[float, Field(gt=0, le=1)]
Mbps = Annotated[float, Field(gt=0, le=100_000)]
Count = Annotated[int, Field(ge=0)]
Year = Annotated[int, Field(ge=1990, le=2100)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Percent = Annotated[float, Field(ge=0, le=100)]

if TYPE_CHECKING:
    Vendor = str
else:
    Vendor = Literal[tuple(VENDORS)]
LineKind = Literal["tslcd", "ftth"]
TunnelKind = Literal["wireguard", "ipsec"]
Window = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$")]
Level = Literal["province", "district", "commune"]
Isolation = Literal["segment", "device", "flat"]
Zone = Literal["counter", "waiting", "entrance", "outdoor", "storage"]
CameraClass = Literal["standard", "priority"]
Codec = Literal["h264", "h265"]
ViewerKind = Literal["leader", "public_administration", "ioc", "operator", "police"]
StreamName = Literal["main", "sub", "third"]
# What becomes of a device, A to E of the overall plan.
Decision = Literal["keep", "reconfigure", "upgrade", "replace", "excluded"]
# What a price list prices: pieces of equipment, a decimal TB of disk, and a technician's visit.
PriceItem = Literal["camera", "nvr", "router", "switch", "ups", "disk_tb", "visit_reconfigure", "visit_firmware"]
# motcua sets up the first; of the others it knows what stands there.
Platform = Literal["linux", "routeros", "ios", "vyos", "openwrt", "fortios", "junos", "draytek", "ont"]


class Value(BaseModel):
    """A frozen value; an unknown key is an error, because a misspelt one would be a wish that nobody keeps."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
