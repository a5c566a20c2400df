"""A small province as the gate tells it: who there is, what each may see, and how the cameras are."""

from datetime import UTC, datetime

SINCE = "2026-11-26T01:12:00Z"  # 08:12 in the province


def camera(site, number, name, codec="h264"):
    return {
        "id": f"{site}-cam{number}",
        "name": name,
        "zone": "counter",
        "codec": codec,
        "width": 640,
        "height": 360,
        "live": True,
        "playback": False,
    }


def unit(id_, name, level, cameras=(), children=()):
    return {"id": id_, "name": name, "level": level, "cameras": list(cameras), "children": list(children)}


def commune(id_, name, count=2):
    names = ["Quầy tiếp nhận", "Khu chờ", "Cửa vào", "Phòng trả kết quả", "Sân"]
    return unit(id_, name, "commune", [camera(id_, number + 1, f"{names[number % 5]} {name}") for number in range(count)])


def provinces_tree():
    huong_son = commune("huong-son", "Xã Hương Sơn", 4)
    huong_son["cameras"].append(camera("huong-son", 5, "Bãi xe Xã Hương Sơn", "h265"))
    luc_nam = unit(
        "luc-nam",
        "Huyện Lục Nam",
        "district",
        [camera("luc-nam", 1, "Sảnh huyện Lục Nam")],
        [commune("bac-lung", "Xã Bắc Lũng"), commune("cam-ly", "Xã Cẩm Lý"), commune("dong-hung", "Xã Đông Hưng", 3)],
    )
    lang_giang = unit(
        "lang-giang",
        "Huyện Lạng Giang",
        "district",
        [camera("lang-giang", 1, "Sảnh huyện Lạng Giang")],
        [commune("tan-dinh", "Xã Tân Dĩnh", 5), huong_son],
    )
    return [unit("bac-giang", "Tỉnh Bắc Giang", "province", [], [luc_nam, lang_giang])]


def below(units):
    return [one for unit_ in units for one in (*unit_["cameras"], *below(unit_["children"]))]


def only(units, ids, playback):
    """The tree of a viewer: cameras by their ids, and the units on the way to them."""
    kept = []
    for one in units:
        cameras = [{**camera_, "playback": camera_["id"] in playback} for camera_ in one["cameras"] if camera_["id"] in ids]
        children = only(one["children"], ids, playback)
        if cameras or children:
            kept.append({**one, "cameras": cameras, "children": children})
    return kept


EVERY = [one["id"] for one in below(provinces_tree())]
LUC_NAM = [id_ for id_ in EVERY if id_.startswith(("luc-nam", "bac-lung", "cam-ly", "dong-hung"))]
BAC_LUNG = ["bac-lung-cam1", "bac-lung-cam2"]
PASSWORD, CODE = "mat-khau-rat-dai", "123456"


def viewer(name, kind, live, playback=(), screens=4, code=None):
    return {"name": name, "viewer": kind, "kind": kind, "live": list(live), "playback": list(playback), "screens": screens, "code": code}


ACCOUNTS = {
    "xa": viewer("Nguyễn Thị Xuân", "leader", BAC_LUNG),
    "huyen": viewer("Trần Văn Hùng", "leader", LUC_NAM, screens=9),
    "ioc": viewer("IOC Bắc Giang", "ioc", EVERY, screens=0),
    "vanhanh": viewer("Lê Minh Vận", "operator", EVERY, EVERY, screens=16, code=CODE),
}


def iso(seconds):
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def states():
    """How each camera is: live but for one that is off, one that stands still and one that nobody could tell."""
    found = {id_: {"state": "live", "since": "2026-11-25T23:00:00Z", "cause": None} for id_ in EVERY}
    found["cam-ly-cam1"] = {"state": "off", "since": SINCE, "cause": "line"}
    found["cam-ly-cam2"] = {"state": "unknown", "since": SINCE, "cause": None}
    found["dong-hung-cam3"] = {"state": "stale", "since": SINCE, "cause": "camera"}
    return found


def province_state(now_s, cameras):
    names = {
        one["id"]: one["name"]
        for top in provinces_tree()
        for one in (top, *top["children"], *(low for mid in top["children"] for low in mid["children"]))
    }
    site_of = {id_: id_.rsplit("-", 1)[0] for id_ in EVERY}
    sites = {site: {"name": names[site], "lines": {"vnpt": {"state": "up"}}, "cause": None} for site in dict.fromkeys(site_of.values())}
    sites["cam-ly"] |= {"lines": {"vnpt": {"state": "down"}, "viettel": {"state": "unknown"}}, "cause": "line"}
    rows = {
        id_: {"site": site_of[id_], **seen, "recording": seen["state"] == "live", "last_segment": iso(now_s - 30)}
        for id_, seen in cameras.items()
    }
    return {"written": iso(now_s), "sites": sites, "cameras": rows}
