"""The nation on paper: laws of the simulation, its addresses held against the planner, and documents that say what it says today."""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.addresses import plan_addresses
from ansible_collections.motcua.cctv.plugins.plugin_utils.scale import (
    FILE,
    addresses,
    audits,
    centre,
    cost,
    lane_seconds,
    read,
    reading_seconds,
)
from ansible_collections.motcua.cctv.plugins.plugin_utils.scale.document import LANGUAGES, MEASURED_DEVICES, MEASURED_S, shown
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli import scale
from tests.unit.provinces import province, raw_province, raw_site

OURS = read()


def changed(section, **values):
    """The assumptions with other values in one section."""
    part = getattr(OURS, section)
    return OURS.model_copy(update={section: part.model_copy(update=values)})


def test_the_documents_are_current():
    for name, text in scale.documents().items():
        assert (scale.DOCS / name).read_text(encoding="utf-8") == text, (
            "run 'scripts/motcua scale' and commit docs/scale.md, docs/scale.vi.md"
        )


@pytest.mark.parametrize("sites", [1, 30, 324, 1000])
def test_the_planner_finds_place_in_the_pools_and_not_in_half_of_them(sites):
    need = addresses(OURS, sites, 1)

    def planned(sites_prefix, tunnels_prefix):
        raw = raw_province({"last": raw_site(need.numbers)})
        raw["networks"] = {"sites": f"11.0.0.0/{sites_prefix}", "tunnels": f"12.0.0.0/{tunnels_prefix}"}
        return plan_addresses(type(province({"last": raw_site(1)})).model_validate(raw))

    assert planned(need.sites_prefix, need.tunnels_prefix)["last"].lan
    with pytest.raises(ModelError, match="has no place for number"):
        planned(need.sites_prefix + 1, need.tunnels_prefix)
    with pytest.raises(ModelError, match="has no place for number"):
        planned(need.sites_prefix, need.tunnels_prefix + 1)


@given(devices=st.integers(1, 5000), at_once=st.integers(1, 64), cpu_ms=st.floats(0.1, 200), waiting_s=st.floats(0, 10))
def test_a_lane_takes_no_less_than_its_work_and_no_less_than_its_waiting(devices, at_once, cpu_ms, waiting_s):
    taken = lane_seconds(devices, at_once, cpu_ms, waiting_s)
    work, alone = devices * cpu_ms / 1000, waiting_s + cpu_ms / 1000
    assert taken >= work * (1 - 1e-9)
    assert taken >= devices * alone / min(at_once, devices) * (1 - 1e-9)
    assert taken <= devices * alone * (1 + 1e-9)
    assert lane_seconds(devices, at_once + 1, cpu_ms, waiting_s) <= taken * (1 + 1e-9)


def test_more_nodes_and_shorter_lines_never_take_longer():
    rows = list(audits(OURS))
    for before, after in itertools.pairwise(rows):
        assert after.nodes > before.nodes
        assert all(after.seconds[delay] <= before.seconds[delay] for delay in before.seconds)
    for row in rows:
        assert sorted(row.seconds.values()) == list(row.seconds.values())


@pytest.mark.parametrize("delay_ms", MEASURED_S)
def test_the_model_isnt_far_from_what_was_measured(delay_ms):
    assert reading_seconds(OURS.audit, *MEASURED_DEVICES, delay_ms) == pytest.approx(MEASURED_S[delay_ms], rel=0.1)


def test_the_last_devices_answers_are_waited_for():
    near, far = (reading_seconds(OURS.audit, 100_000, 0, delay_ms) for delay_ms in (0, 150))
    assert far - near >= OURS.audit.camera_requests * 0.150


def test_a_centre_by_hand():
    plain = changed("nation", cameras_per_site=2, stream_kbps=500, days=10)
    found = centre(plain, 100)
    assert (found.cameras, found.video_mbps, found.line_mbps) == (200, 100, pytest.approx(115))
    assert found.footage_tb == pytest.approx(200 * 500 * 0.0108 * 10 / 1000)
    assert found.disks == OURS.recorder.group_disks  # one group holds it
    assert found.cores["kernel"] == 1


def test_disks_that_must_write_more_than_they_must_hold():
    slow = changed("recorder", write_mbytes_per_disk=0.1)
    assert centre(slow, 324).disks > centre(OURS, 324).disks


def test_the_bill_is_the_sum_of_its_parts():
    bill = cost(OURS)
    assert bill.total_vnd == bill.hubs_vnd + bill.recorders_vnd + bill.disks_vnd + bill.nodes_vnd
    assert replace(bill, nodes_vnd=0).total_vnd == bill.total_vnd - bill.nodes_vnd
    assert bill.hubs == 2 * bill.nodes


@pytest.mark.parametrize(("value", "en", "vi"), [(1234.6, "1,235", "1.235"), (1.25, "1.25", "1,25"), (30, "30", "30"), (0.5, "0.5", "0,5")])
def test_numbers_as_people_read_them(value, en, vi):
    assert [shown(value, language) for language in LANGUAGES] == [en, vi]


def own(folder, **changes):
    raw = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    for key, value in changes.items():
        section, name = key.split("__")
        raw[section][name] = value
    path = folder / "own.yml"
    path.write_text(yaml.safe_dump(raw))
    return path


def run(*words):
    app = scale.typer.Typer()
    app.command()(scale.scale)
    return CliRunner().invoke(app, [str(word) for word in words])


def test_own_assumptions_are_printed_and_nothing_is_written(tmp_path):
    before = {name: (scale.DOCS / name).read_bytes() for name in scale.FILES.values()}
    done = run("--with", own(tmp_path, nation__sites=999, nation__provinces=1), "--language", "vi")
    assert done.exit_code == 0
    assert "| số điểm | 999 | 999 |" in done.output
    assert before == {name: (scale.DOCS / name).read_bytes() for name in scale.FILES.values()}


MISTAKES = (
    ({"nation__sites": 0}, "nation.sites: 0 is wrong"),
    ({"nation__site": 5}, "nation.site: unknown key; did you mean 'sites'?"),
    ({"audit__off_percent": 101}, "audit.off_percent: 101 is wrong"),
)


@pytest.mark.parametrize(("changes", "said"), MISTAKES)
def test_a_mistake_is_one_line(tmp_path, changes, said):
    with pytest.raises(ModelError) as refused:
        read(own(tmp_path, **changes))
    assert str(refused.value).startswith(f"{tmp_path}/own.yml: {said}")


def test_a_file_that_isnt_there(tmp_path):
    with pytest.raises(ModelError, match=r"does not exist; copy assumptions\.yml and name the copy"):
        read(Path(tmp_path / "none.yml"))
