"""The catalogue of firmware: what it says wrongly, which way leads where, whose file a file is, and when a device may go. Without any device."""

import hashlib
import io
import zipfile
from datetime import datetime

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, Unsupported
from ansible_collections.motcua.cctv.plugins.plugin_utils.firmware.catalogue import Catalogue, read_catalogue
from ansible_collections.motcua.cctv.plugins.plugin_utils.firmware.files import KEY, NPK, content_of, proved
from ansible_collections.motcua.cctv.plugins.plugin_utils.firmware.surprises import differences
from ansible_collections.motcua.cctv.plugins.plugin_utils.firmware.timing import (
    Circumstances,
    Outage,
    circumstances,
    hindrance,
    needed_seconds,
)
from ansible_collections.motcua.cctv.plugins.plugin_utils.firmware.ways import may_go, release_of, said, way
from ansible_collections.motcua.cctv.plugins.plugin_utils.operations import Identity
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import Snapshot
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.provinces import province, raw_site

CAMERA = "DS-2CD2143G2-I"


def raw_image(content=b"x", **changes):
    """One entry of the catalogue as people would write it."""
    return {
        "vendor": "hikvision",
        "models": ["DS-2CD2?43G2*"],
        "version": "V5.7.23",
        "file": "digicap.dav",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "source": "the maker's page of 2026-11-01, tried on one camera of the lab",
        "from": ["V5.7.0 .. V5.7.22"],
        "target": True,
    } | changes


def catalogue(**images):
    return Catalogue.model_validate({"images": {name.replace("_", "-"): raw_image(**image) for name, image in images.items()}})


def written(folder, images):
    path = folder / "firmware.yml"
    path.write_text(yaml.safe_dump({"images": images}))
    return path


WRONG = {
    "no catalogue": (None, "firmware.yml: does not exist; write the catalogue there"),
    "an unknown key": ({"a": raw_image(sha265="x")}, "images.a.sha265: unknown key; did you mean 'sha256'?"),
    "a vendor nobody knows": ({"a": raw_image(vendor="hikvison")}, "images.a.vendor: "),
    "a hash cut off": ({"a": raw_image(sha256="abc")}, "images.a.sha256: 'abc' has the wrong form"),
    "a version without a number": ({"a": raw_image(version="latest")}, "images.a.version: "),
    "a build without a day": ({"a": raw_image(build="nightly")}, "images.a.build: "),
    "a span of three": ({"a": raw_image(**{"from": ["1.0 .. 2.0 .. 3.0"]})}, "images.a.from: "),
    "a file elsewhere": ({"a": raw_image(file="../digicap.dav")}, "images.a.file: '../digicap.dav' has the wrong form"),
    "one file, two hashes": ({"a": raw_image(), "b": raw_image(b"y")}, "images.b.sha256: is another than images.a gives of the same file"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_one_line_with_file_and_key(name, tmp_path):
    images, words = WRONG[name]
    path = tmp_path / "firmware.yml" if images is None else written(tmp_path, images)
    with pytest.raises(ModelError) as failed:
        read_catalogue(path)
    assert words in str(failed.value)
    assert str(failed.value).startswith(str(path)) and "\n" not in str(failed.value)


STEPS = {
    "old": {"version": "V5.5.0", "file": "a", "from": ["V5.2.0 .. V5.4.99"], "target": False},
    "middle": {"version": "V5.6.5", "file": "b", "from": ["V5.5.0 .. V5.6.4"], "target": False},
    "new": {"file": "c", "from": ["V5.6.5", "V5.7.0 .. V5.7.22"]},
}
WAYS = {
    "straight": (("V5.7.18", ""), ("new",)),
    "over all steps": (("V5.4.5", ""), ("old", "middle", "new")),
    "from a step on": (("V5.5.0", ""), ("middle", "new")),
    "it is there": (("V5.7.23", "build 240826"), ()),
    "a later one": (("V5.8.0", ""), "later than new (V5.7.23), which declares no 'downgrade'"),
    "an ancient one": (("V4.1.0", ""), "no way leads from V4.1.0 to new"),
    "nothing to compare": (("unknown", ""), "holds no version to compare"),
}


@pytest.mark.parametrize("name", WAYS)
def test_the_way_of_a_device(name):
    (firmware, build), expected = WAYS[name]
    if isinstance(expected, tuple):
        assert way(catalogue(**STEPS), "hikvision", Identity(CAMERA, firmware, build)) == expected
        return
    with pytest.raises(Unsupported) as failed:
        way(catalogue(**STEPS), "hikvision", Identity(CAMERA, firmware, build))
    assert expected in str(failed.value)


@pytest.mark.parametrize("model", ["DS-7608NI-K2", "", "KX-C4012"])
def test_another_model_goes_nowhere(model):
    with pytest.raises(Unsupported, match="no image of the catalogue is for its model"):
        way(catalogue(**STEPS), "hikvision", Identity(model, "V5.7.18", ""))
    with pytest.raises(Unsupported, match="no image"):
        way(catalogue(**STEPS), "dahua", Identity(CAMERA, "V5.7.18", ""))


def test_two_targets_or_none_is_for_people_to_decide():
    for images in ({"a": {}, "b": {"version": "V5.7.24", "file": "b"}}, {"a": {"target": False}}):
        with pytest.raises(Unsupported, match="isn't one image"):
            way(catalogue(**images), "hikvision", Identity(CAMERA, "V5.7.18", ""))


def test_back_only_where_it_is_declared_and_builds_of_one_version_are_told_apart():
    here = Identity(CAMERA, "V5.7.23", "build 240826")
    build = {"build": "build 250101", "from": ["V5.7.23"]}
    assert way(catalogue(new=build), "hikvision", here) == ("new",)
    assert way(catalogue(new=build), "hikvision", Identity(CAMERA, "V5.7.23", "build 250101")) == ()
    older = {"build": "build 230101", "from": ["V5.7.23"]}
    with pytest.raises(Unsupported, match="later than new"):
        way(catalogue(new=older), "hikvision", here)
    assert way(catalogue(new=older | {"downgrade": True}), "hikvision", here) == ("new",)


def test_of_two_ways_as_short_the_one_with_fewer_bytes_is_taken():
    large = {"version": "V5.6.5", "from": ["V5.4.5"], "target": False, "size_bytes": 50}
    steps = {
        "a": large | {"file": "a"},
        "b": large | {"file": "b", "version": "V5.6.6", "size_bytes": 49},
        "c": {"file": "c", "from": ["V5.6.0 .. V5.7.0"]},
    }
    assert way(catalogue(**steps), "hikvision", Identity(CAMERA, "V5.4.5", "")) == ("b", "c")


numbers = st.integers(0, 6)
images = st.fixed_dictionaries({
    "at": numbers,
    "from": st.lists(st.tuples(numbers, numbers), min_size=1, max_size=3),
    "downgrade": st.booleans(),
    "size_bytes": st.integers(1, 50),
})  # fmt: skip


def _every_way(found, now, target, seen=()):
    """All ways without a circle, by trying."""
    if seen and seen[-1] == target:
        yield seen
        return
    here = release_of(found.images[seen[-1]]) if seen else now
    for name in found.images:
        if name not in seen and may_go(here, found.images[name]):
            yield from _every_way(found, now, target, (*seen, name))


@given(st.lists(images, min_size=1, max_size=6), numbers)
def test_a_way_goes_through_declared_steps_only_and_is_the_shortest(rows, at):
    entries = {
        f"i{n}": raw_image(
            version=f"V1.{row['at']}.1",
            file=f"f{n}",
            size_bytes=row["size_bytes"],
            downgrade=row["downgrade"],
            target=n == len(rows) - 1,
            **{"from": [f"V1.{low}.1 .. V1.{high}.1" for low, high in row["from"]]},
        )
        for n, row in enumerate(rows)
    }
    found, target = Catalogue.model_validate({"images": entries}), f"i{len(rows) - 1}"
    identity = Identity(CAMERA, f"V1.{at}.1", "")
    allowed = list(_every_way(found, said(identity), target))
    try:
        taken = way(found, "hikvision", identity)
    except Unsupported:
        target_image = found.images[target]
        back = said(identity).version > release_of(target_image).version and not target_image.downgrade
        assert back or not allowed
        return
    if not taken:
        assert at == rows[-1]["at"]
        return
    version = at
    for name in taken:
        row = rows[int(name[1:])]
        assert any(low <= version <= high for low, high in row["from"]), "never from a version that isn't declared"
        assert row["at"] >= version or row["downgrade"], "never back undeclared"
        version = row["at"]
    assert taken[-1] == target
    cost = {one: (len(one), sum(found.images[name].size_bytes for name in one)) for one in allowed}
    assert cost[taken] == min(cost.values())


# --- files ---


def dav(ending=100, files=1):
    """A digicap.dav as hiktools describes it, with one file of 100 bytes in it."""
    length = 64 + 44 * files
    head = b"SWKH" + bytes(4) + length.to_bytes(4, "little") + files.to_bytes(4, "little") + bytes(48)
    head += (b"app.img".ljust(32, b"\0") + length.to_bytes(4, "little") + (100).to_bytes(4, "little") + bytes(4)) * files
    return bytes(byte ^ KEY[(place + place // 16) % 16] for place, byte in enumerate(head)) + bytes(ending)


def archive(*names):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        for name in names:
            made.writestr(name, "x" * 100)
    return b"DH" + content.getvalue()[2:]


FILES = {
    "Hikvision's, whole": (dav(), "hikvision", None),
    "Hikvision's, cut off": (dav(99), "hikvision", "is cut off by its own header"),
    "Hikvision's for a Dahua": (dav(), "dahua", "is firmware of hikvision, and images.a.vendor says dahua"),
    "Dahua's, whole": (archive("Install", "romfs-x.squashfs.img"), "dahua", None),
    "Dahua's, cut off": (archive("Install")[:-30], "dahua", "is a cut-off archive"),
    "an archive of something else": (archive("readme.txt"), "dahua", "has no list of what to install"),
    "Dahua's for an Axis": (archive("Install"), "axis", "is firmware of dahua"),
    "RouterOS for a camera": (NPK + (4).to_bytes(4, "little") + bytes(4), "hikvision", "is firmware of mikrotik"),
    "a format that nobody knows": (b"\x7fsomething", "axis", None),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_looked_into_as_far_as_its_format_is_known(name, tmp_path):
    content, vendor, words = FILES[name]
    image = catalogue(a={"content": content, "vendor": vendor}).images["a"]
    (tmp_path / image.file).write_bytes(content)
    if words is None:
        assert content_of(tmp_path, "a", image) == content
        assert "only the sha256 proves" in proved(content), "model and version are never called proved"
        return
    with pytest.raises(ModelError) as failed:
        content_of(tmp_path, "a", image)
    assert words in str(failed.value) and str(tmp_path / image.file) in str(failed.value)


def test_a_file_that_is_missing_cut_off_longer_or_another_is_said(tmp_path):
    image = catalogue(a={"content": b"firmware"}).images["a"]
    for content, words in (
        (None, "can't be read"),
        (b"firm", "is cut off: 4 bytes"),
        (b"firmware!", "is too long"),
        (b"firmwarf", "has the sha256"),
    ):
        if content is not None:
            (tmp_path / image.file).write_bytes(content)
        with pytest.raises(ModelError) as failed:
            content_of(tmp_path, "a", image)
        assert words in str(failed.value)


# --- when ---

AROUND = Circumstances("Asia/Ho_Chi_Minh", "22:00-05:00", 10.0, (Outage("2026-12-02T01:00", "2026-12-02T03:00", "EVN"),))
MOMENTS = {
    "2026-12-01T21:59": "waits for its window",
    "2026-12-01T22:00": None,
    "2026-12-02T00:49": None,
    "2026-12-02T00:51": "the power is announced to be cut from 2026-12-02T01:00",
    "2026-12-02T02:59": "the power is announced",
    "2026-12-02T03:00": None,
    "2026-12-02T04:50": None,
    "2026-12-02T04:51": "it needs 10 min and its window, 22:00-05:00, has 9 left",
    "2026-12-02T05:00": "waits for its window",
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_ten_minutes_need_a_window_and_power(moment):
    words = MOMENTS[moment]
    found = hindrance(AROUND, datetime.fromisoformat(moment), 600)
    assert found is None if words is None else words in found


def test_a_window_that_never_closes_has_always_time():
    always = Circumstances("Asia/Ho_Chi_Minh", "00:00-00:00", 10.0)
    assert hindrance(always, datetime.fromisoformat("2026-12-02T12:00"), 100_000) is None


def test_the_line_and_the_announced_cuts_of_a_site_count():
    cut = {"from": "2026-12-02T01:00:00+00:00", "until": "2026-12-02T02:00:00+00:00", "why": "EVN"}
    value = province({"a": raw_site(1, power={"outages": [cut]})})
    found = circumstances(value, "a")
    assert (found.down_mbps, found.window) == (20.0, "22:00-05:00"), "half of 40 Mbit/s, which nobody measured"
    assert found.outages == (Outage("2026-12-02T08:00", "2026-12-02T09:00", "EVN"),)
    assert Circumstances.of(found.plain()) == found
    image = catalogue(a={"size_bytes": 25_000_000, "reboot_seconds": 200}).images["a"]
    assert needed_seconds([image, image], found) == 2 * (30 + 20 + 200)


def test_every_difference_but_the_version_is_a_surprise():
    before = {"identity.firmware": "V1", "identity.model": "M", "services.upnp": False, "time.clock": "1", "users.admin.role": "admin"}
    after = {"identity.firmware": "V2", "identity.model": "M", "services.upnp": False, "time.clock": "2", "users.admin.role": "admin"}
    assert differences(before, Snapshot("a", after), ()) == []
    changed = {key: value for key, value in after.items() if key != "users.admin.role"} | {"services.upnp": True, "services.p2p": True}
    found = differences(before, Snapshot("a", changed, unknown={"users": "it broke off"}), ())
    assert found == [
        "services.p2p: not there -> true",
        "services.upnp: false -> true",
        'users.admin.role: "admin" -> not told any more (it broke off)',
    ]
    assert differences(before, Snapshot("a", changed), ("services.*",)) == ['users.admin.role: "admin" -> not told any more (gone)']
