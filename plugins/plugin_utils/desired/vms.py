"""What a centre's own video management systems (VMS) get: what the storage centre serves them, and the list of cameras to import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..model import Province
from ..plan.access import RTSP_PORT
from .host import Plan, device_host
from .pulls import recorded

LIVE_ROOT = "/run/motcua-live"  # where the recorder writes what is live
PULLS_OF_A_CAMERA = 2  # a VMS shows and records, often by a session each


@dataclass(frozen=True)
class Listed:
    """A camera as a VMS is told of it. ``secret`` names the password: ``device/<host>/<account>`` or ``vms/<vms>/<number>``."""

    camera: str
    name: str
    site: str
    site_name: str
    unit_code: str
    unit: str
    address: str
    port: int
    path: str
    user: str
    secret: str
    codec: str
    width: int
    height: int
    fps: int
    bitrate_kbps: int

    @property
    def url(self) -> str:
        """Where it is pulled, without account and password."""
        return f"rtsp://{self.address}:{self.port}{self.path}"


def republished(province: Province, planned: Plan) -> dict[str, Any]:
    """What the storage centre serves by RTSP: ``serve`` as motcua-republish reads it, and the names of the accounts' secrets."""
    recorder = {row["camera"] for row in recorded(province, planned)}
    viewers, accounts = [], []
    for name, vms in province.vms.items():
        if vms.way == "republished":
            cameras = [host for host in (device_host(*one) for one in province.cameras_of(name)) if host in recorder]
            streams = vms.streams or max(1, len(cameras)) * PULLS_OF_A_CAMERA
            viewers.append({"id": name, "address": str(vms.address), "streams": streams, "cameras": cameras})
            accounts.append({"id": name, "secret": f"vms/{name}/{vms.password_number}/digest"})
    address = str(province.storage_centre()[1].address)
    return {"serve": {"address": address, "port": RTSP_PORT, "live_root": LIVE_ROOT, "viewers": viewers}, "accounts": accounts}


def listed(province: Province, planned: Plan, name: str) -> tuple[Listed, ...]:
    """The cameras of a VMS that send video, in the order of sites and cameras."""
    vms, centre = province.vms[name], str(province.storage_centre()[1].address)
    rows = {row["camera"]: row for row in recorded(province, planned)}
    found = []
    for site_id, key in province.cameras_of(name):
        row = rows.get(device_host(site_id, key))
        if row is None:
            continue
        site = province.sites[site_id]
        unit = None if province.on is None else site.unit_on(province.on)
        source = (
            {"address": row["host"], "port": row["port"], "path": row["path"], "user": row["user"], "secret": row["secret"]}
            if vms.way == "direct"
            else {
                "address": centre,
                "port": RTSP_PORT,
                "path": f"/{row['camera']}",
                "user": name,
                "secret": f"vms/{name}/{vms.password_number}",
            }
        )
        found.append(
            Listed(
                camera=row["camera"],
                name=site.cameras[key].name,
                site=site_id,
                site_name=site.name,
                unit_code=unit.code if unit else "",
                unit=unit.name if unit else "",
                **source,
                **{field: row[field] for field in ("codec", "width", "height", "fps", "bitrate_kbps")},
            )
        )
    return tuple(found)
