"""Disks: the house's own figures, and the laws that every province keeps."""

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.provinces import raw_province, raw_site

WIDE = raw_site(1)["lines"]["ftth"] | {"up_mbps": 1000, "down_mbps": 1000, "p95_up_mbps": 0}


def storage(sites, **changes):
    return plan(Province.model_validate(raw_province(sites) | changes)).storage


def test_the_designs_own_figure():
    """domain.md: 474 cameras at 2048 kbit/s fill 315 TB in 30 days and come with 971 Mbit/s."""
    sites = {f"site-{n}": raw_site(n, lines={"ftth": WIDE}) for n in range(1, 159)}
    centre = storage(sites, disks={"growth_percent_per_year": 0, "free_percent": 0, "raid": "none", "group_disks": 1}).centre
    assert centre.cameras == 474
    assert round(centre.kbps / 1000) == 971
    assert round(centre.gb / 1000) == 315
    assert centre.disks == 40  # of 8 TB
    assert round(centre.write_mbytes_per_s) == 121


def test_retention_differs_by_class_and_by_camera():
    cameras = {name: camera | {"class": "priority"} if name == "cam1" else camera for name, camera in raw_site(1)["cameras"].items()}
    cameras["cam3"] = cameras["cam3"] | {"policy": {"recording_days": 10}}
    policy = {"recording_days": 20, "class_days": {"priority": 90}}
    cameras = {name: camera | {"policy": policy | camera.get("policy", {})} for name, camera in cameras.items()}
    site = raw_site(1, lines={"ftth": WIDE}, cameras=cameras, policy=policy)
    classes = storage({"a": site}).centre.classes
    assert (classes["priority"].cameras, classes["priority"].days) == (1, 90)
    assert classes["priority"].gb == pytest.approx(2048 * 0.0108 * 90)
    assert classes["standard"].gb == pytest.approx(2048 * 0.0108 * (20 + 10))


RAIDS = {"none": 8, "raid5": 7, "raid6": 6, "raid1": 4}


@pytest.mark.parametrize("raid", RAIDS)
def test_raid_costs_its_disks(raid):
    centre = storage({f"s{n}": raw_site(n, lines={"ftth": WIDE}) for n in range(1, 40)}, disks={"raid": raid, "disk_tb": 4}).centre
    data = RAIDS[raid]
    assert centre.groups * data * 4000 >= centre.grown_gb > (centre.groups - 1) * data * 4000
    assert (centre.disks, centre.raw_tb) == (centre.groups * 8, centre.groups * 32)


def test_slow_disks_are_counted_by_what_they_write():
    slow = {"write_mbytes_per_disk": 0.5, "disk_tb": 20, "raid": "raid6"}
    centre = storage({f"s{n}": raw_site(n, lines={"ftth": WIDE}) for n in range(1, 40)}, disks=slow).centre
    assert centre.write_limit_mbytes_per_s >= centre.write_mbytes_per_s
    assert centre.groups * 6 * 20000 > 2 * centre.grown_gb


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 5), st.integers(1, 400), st.sampled_from(sorted(RAIDS)), st.floats(1, 24), st.integers(2, 24))
def test_what_is_planned_holds_what_is_sent(count, days, raid, disk_tb, group):
    sites = {f"s{n}": raw_site(n, policy={"recording_days": days}) for n in range(1, count + 1)}
    group = max(group, 4)
    centre = storage(sites, disks={"raid": raid, "disk_tb": disk_tb, "group_disks": group}).centre
    data = {"none": group, "raid5": group - 1, "raid6": group - 2, "raid1": group // 2}[raid]
    assert centre.groups * data * disk_tb * 1000 >= centre.grown_gb >= centre.gb
    assert centre.write_limit_mbytes_per_s >= centre.write_mbytes_per_s


def recorder(disks, cameras, **changes):
    nvr = raw_site(1)["nvrs"]["nvr1"] | {"disks": disks}
    return storage({"a": raw_site(1, nvrs={"nvr1": nvr}, cameras=cameras, **changes)}).recorders["a-nvr1"]


CAMERA = raw_site(1)["cameras"]["cam1"]
RECORDED = CAMERA | {
    "recorder": "nvr1/1",
    "streams": {"main": {"codecs": ["h264"], "width": 1920, "height": 1080, "fps": 25, "bitrate_kbps": 4096}},
}


def test_a_recorders_disks_hold_its_own_streams():
    own = RECORDED | {"streams": RECORDED["streams"] | {"sub": RECORDED["streams"]["main"]}}  # the sub stream goes up, the main one stays
    found = recorder([{"size_gb": 1000}, {"size_gb": 1000, "health": "failing"}], {"cam1": own}, policy={"edge_days": 15})
    assert (found.kbps, found.measured, found.disks_gb) == (4096, True, 1000)
    assert found.days == pytest.approx(1000 / (4096 * 0.0108))
    assert found.gb == pytest.approx(4096 * 0.0108 * 15)


def test_a_recorder_that_nobody_looked_into_is_not_known():
    found = recorder([], {"cam1": CAMERA | {"recorder": "nvr1/1"}}, lines={"ftth": WIDE | {"up_mbps": 0.1}})
    assert (found.days, found.measured, found.kbps) == (None, False, 2048)


def test_today_s_disks_hold_so_many_days():
    raw = raw_province({"a": raw_site(1, lines={"ftth": WIDE})})
    raw["centres"]["centre"]["footage_gb"] = 1000
    centre = plan(Province.model_validate(raw)).storage.centre
    assert centre.days_on_existing == pytest.approx(1000 / (3 * 2048 * 0.0108))
    assert storage({"a": raw_site(1)}).centre.days_on_existing is None
