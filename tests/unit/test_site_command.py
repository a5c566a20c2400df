"""`motcua site`: the tree changes from a day on, the site stays; what must not be is refused before anything is written."""

import shutil
from datetime import date, timedelta

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.addresses import plan_addresses
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.site import app
from intake.editing.succession import succeeded

VIEWERS = """\
viewers:
  huyen: {name: Lãnh đạo huyện Lạng Giang, watches: lang-giang}
  xa: {name: Lãnh đạo xã Tân Dĩnh, watches: tan-dinh}
  tinh: {name: IOC tỉnh, watches: all}
"""


SITES = """\
# Lạng Giang, three sites of it.
sites:
  lang-giang:
    number: 1
    name: Bộ phận Một cửa huyện Lạng Giang
    level: district
    units:
      - {code: "217", name: Huyện Lạng Giang, from: 2023-09-01, until: 2025-06-30}
      - {code: "07375", name: Xã Lạng Giang, from: 2025-07-01}
    isolation: flat
    lan: 192.168.5.0/24
    lines: {ftth: {kind: ftth, provider: VNPT, interface: wan, address: cgnat, up_mbps: 40, down_mbps: 40}}
    router: {platform: linux, address: 192.168.5.1, lan_interface: br-lan}

  tan-dinh:
    number: 2
    name: Bộ phận Một cửa xã Tân Dĩnh
    level: commune
    parent: lang-giang
    units:
      - {code: "07432", name: Xã Tân Dĩnh, from: 2023-09-01} # stays a unit of its own
    isolation: flat
    lan: 192.168.1.0/24
    lines: {ftth: {kind: ftth, provider: VNPT, interface: wan, address: cgnat, up_mbps: 10, down_mbps: 30}}
    router: {platform: linux, address: 192.168.1.1, lan_interface: br-lan}

  xuong-lam:
    number: 3
    name: Bộ phận Một cửa xã Xương Lâm
    level: commune
    units:
      - {code: "07426", name: Xã Xương Lâm, from: 2023-09-01, until: 2025-06-30}
      - {code: "07375", name: Xã Lạng Giang, from: 2025-07-01}
    isolation: flat
    lan: 192.168.1.0/24
    lines: {ftth: {kind: ftth, provider: Viettel, interface: wan, address: cgnat, up_mbps: 4, down_mbps: 20}}
    router: {platform: linux, address: 192.168.1.1, lan_interface: lan}
"""


@pytest.fixture
def inventory(tmp_path):
    """A small province with viewers."""
    (tmp_path / "lab/sites").mkdir(parents=True)
    shutil.copy("inventory/lab/province.yml", tmp_path / "lab")
    (tmp_path / "lab/viewers.yml").write_text(VIEWERS)
    (tmp_path / "lab/sites/lang-giang.yml").write_text(SITES)
    return tmp_path / "lab/province.yml"


def run(inventory, *arguments, answer=None):
    return CliRunner().invoke(app, [*arguments, "-i", str(inventory)], input=answer)


def on(inventory, day):
    return load(inventory, on=date.fromisoformat(day))


def texts(inventory):
    return {path.name: path.read_text() for path in inventory.parent.rglob("*.yml")}


def test_a_move_changes_the_parent_from_that_day_on_and_nothing_else(inventory):
    before = on(inventory, "2026-08-31")
    done = run(inventory, "move", "xuong-lam", "--parent", "tan-dinh", "--from", "2026-09-01", "--yes")
    assert done.exit_code == 0, done.output
    tree = {name: (site.parent, site.level) for name, site in before.sites.items()}
    assert {name: (site.parent, site.level) for name, site in on(inventory, "2026-08-31").sites.items()} == tree
    after = on(inventory, "2026-09-01")
    assert (before.sites["xuong-lam"].parent, after.sites["xuong-lam"].parent) == (None, "tan-dinh")
    assert plan_addresses(after) == plan_addresses(before)
    assert {key for key, value in after.sites["xuong-lam"] if value != getattr(before.sites["xuong-lam"], key)} == {"parent", "units"}
    old, new = SITES, (inventory.parent / "sites/lang-giang.yml").read_text()
    assert [line.strip() for line in new.splitlines() if line not in old.splitlines()] == [
        '- {code: "07375", name: Xã Lạng Giang, from: 2025-07-01, until: 2026-08-31}',
        '- {code: "07375", name: Xã Lạng Giang, parent: tan-dinh, from: 2026-09-01}',
    ]


def test_a_move_may_bring_another_unit_and_another_level(inventory):
    arguments = [
        "--parent",
        "tan-dinh",
        "--from",
        "2026-09-01",
        "--unit-code",
        "07432",
        "--unit-name",
        "Xã Tân Dĩnh",
        "--level",
        "district",
    ]
    assert run(inventory, "move", "xuong-lam", *arguments, "--yes").exit_code == 0
    site = on(inventory, "2026-09-01").sites["xuong-lam"]
    assert (site.level, site.parent, site.unit_on(date(2026, 9, 1)).code) == ("district", "tan-dinh", "07432")


def test_a_move_on_the_day_on_which_the_unit_begins_changes_that_unit(inventory):
    assert run(inventory, "move", "xuong-lam", "--parent", "lang-giang", "--from", "2025-07-01", "--yes").exit_code == 0
    assert len(on(inventory, "2025-07-01").sites["xuong-lam"].units) == 2
    assert on(inventory, "2025-07-01").sites["xuong-lam"].parent == "lang-giang"
    assert on(inventory, "2025-06-30").sites["xuong-lam"].parent is None


def test_a_merge_makes_a_second_reception_point_of_the_site(inventory):
    before = on(inventory, "2026-09-01")
    done = run(inventory, "merge", "tan-dinh", "--into", "xuong-lam", "--from", "2026-09-01", "--yes")
    assert done.exit_code == 0, done.output
    site = on(inventory, "2026-09-01").sites["tan-dinh"]
    assert (site.parent, site.level, site.unit_on(date(2026, 9, 1)).name) == ("xuong-lam", "commune", "Xã Lạng Giang")
    assert plan_addresses(on(inventory, "2026-09-01"))["tan-dinh"] == plan_addresses(before)["tan-dinh"]


def test_a_merged_site_follows_the_units_that_the_other_will_serve(inventory):
    assert run(inventory, "merge", "tan-dinh", "--into", "xuong-lam", "--from", "2025-01-01", "--yes").exit_code == 0
    days = {"2024-12-31": ("lang-giang", "07432"), "2025-01-01": ("xuong-lam", "07426"), "2025-07-01": ("xuong-lam", "07375")}
    for day, expected in days.items():
        site = on(inventory, day).sites["tan-dinh"]
        assert (site.parent, site.unit_on(date.fromisoformat(day)).code) == expected


def test_a_closed_site_keeps_its_number(inventory):
    text = (inventory.parent / "viewers.yml").read_text()
    (inventory.parent / "viewers.yml").write_text(text.replace("watches: tan-dinh", "watches: lang-giang"))
    done = run(inventory, "retire", "tan-dinh", "--from", "2027-01-01", "--yes")
    assert done.exit_code == 0, done.output
    assert "tan-dinh" in on(inventory, "2026-12-31").sites
    province = on(inventory, "2027-01-01")
    assert "tan-dinh" not in province.sites
    assert province.retired["tan-dinh"].number == 2


def test_the_preview_says_what_changes_and_who_watches_then(inventory):
    before = texts(inventory)
    done = run(inventory, "move", "tan-dinh", "--parent", "xuong-lam", "--from", "2026-09-01", "--preview")
    assert done.exit_code == 0
    words = " ".join(done.output.split())
    for expected in (
        "Bộ phận Một cửa xã Tân Dĩnh (tan-dinh), from 2026-09-01 on:",
        "parent lang-giang (Bộ phận Một cửa huyện Lạng Giang) -> xuong-lam (Bộ phận Một cửa xã Xương Lâm)",
        "unit Xã Tân Dĩnh (07432) (as before)",
        "watched by Lãnh đạo xã Tân Dĩnh, IOC tỉnh no longer",
        "no longer Lãnh đạo huyện Lạng Giang stays",
        "number 2, prefix 10.64.2.0/24, tunnel 10.96.0.12",
        "+ - {code: \"07432\", name: Xã Tân Dĩnh, parent: xuong-lam, from: 2026-09-01}",
        f"+++ {inventory.parent}/sites/lang-giang.yml",
    ):  # fmt: skip
        assert expected in words
    assert texts(inventory) == before


@pytest.mark.parametrize(("answer", "written"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_nothing_is_written_before_somebody_says_yes(inventory, answer, written):
    before = texts(inventory)
    done = run(inventory, "move", "tan-dinh", "--parent", "xuong-lam", "--from", "2026-09-01", answer=answer)
    assert (done.exit_code, texts(inventory) != before) == (0 if written else 1, written)


def test_what_is_so_already_is_not_written_again(inventory):
    before = texts(inventory)
    assert run(inventory, "move", "xuong-lam", "--parent", "lang-giang", "--from", "2026-09-01", "--yes").exit_code == 0
    written = texts(inventory)
    assert written != before
    assert "Nothing changes" in run(inventory, "move", "xuong-lam", "--parent", "lang-giang", "--from", "2026-09-01", "--yes").output
    assert texts(inventory) == written


MOVE = ["move", "tan-dinh", "--parent", "xuong-lam", "--from", "2026-09-01"]
REFUSED = {
    "no such site": (["move", "tan-dnih", *MOVE[2:]], "sites.tan-dnih: there is no such site; did you mean 'tan-dinh'?"),
    "no such parent": ([*MOVE[:3], "hiep-hoa", *MOVE[4:]], "sites.hiep-hoa: there is no such site"),
    "no such site to merge into": (["merge", "tan-dinh", "--into", "x", "--from", "2026-09-01"], "sites.x: there is no such site"),
    "below itself": ([*MOVE[:3], "tan-dinh", *MOVE[4:]], "can't stand below itself (tan-dinh -> tan-dinh)"),
    "in a circle": (
        ["move", "lang-giang", "--parent", "tan-dinh", "--from", "2026-09-01"],
        "can't stand below itself (lang-giang -> tan-dinh -> lang-giang); name another, or move tan-dinh first",
    ),
    "merged in a circle": (["merge", "lang-giang", "--into", "tan-dinh", "--from", "2026-09-01"], "can't stand below itself"),
    "before the unit began": (
        [*MOVE[:5], "2023-08-31"],
        "sites.tan-dinh: its last unit began on 2023-09-01, after 2023-08-31; give that day or a later one with --from",
    ),
    "half a unit": ([*MOVE, "--unit-code", "07432"], "--unit-code and --unit-name belong together"),
    "closing a site that others stand below": (
        ["retire", "lang-giang", "--from", "2026-09-01"],
        "sites.lang-giang: tan-dinh stands below it on 2026-09-01; move or merge first what is there",
    ),
    "a name that no text may have": ([*MOVE, "--unit-code", "1", "--unit-name", "{{ x }}"], "lang-giang.yml: sites.tan-dinh.units.1.name: '{{ x }}' has the wrong form"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_must_not_be_is_refused_in_one_sentence(inventory, case):
    arguments, sentence = REFUSED[case]
    before = texts(inventory)
    done = run(inventory, *arguments, "--yes")
    assert isinstance(done.exception, ModelError)
    assert sentence in str(done.exception)
    assert len(str(done.exception).splitlines()) == 1
    assert texts(inventory) == before


def test_a_closed_site_is_not_changed_and_takes_nobody_in(inventory):
    (inventory.parent / "viewers.yml").unlink()
    assert run(inventory, "retire", "xuong-lam", "--from", "2026-01-01", "--yes").exit_code == 0
    for arguments, sentence in (
        (["retire", "xuong-lam", "--from", "2027-01-01"], "sites.xuong-lam: is closed from 2026-01-01 on"),
        (["move", "xuong-lam", "--parent", "tan-dinh", "--from", "2025-08-01"], "sites.xuong-lam: is closed from 2026-01-01 on"),
        (MOVE, "sites.xuong-lam: is closed since 2026-01-01; name another"),
    ):
        with pytest.raises(ModelError, match=sentence.replace(".", r"\.")):
            raise run(inventory, *arguments, "--yes").exception


def test_a_site_that_gets_children_later_is_not_closed(inventory):
    (inventory.parent / "viewers.yml").unlink()
    assert run(inventory, "move", "tan-dinh", "--parent", "xuong-lam", "--from", "2028-01-01", "--yes").exit_code == 0
    done = run(inventory, "retire", "xuong-lam", "--from", "2027-01-01", "--yes")
    assert "tan-dinh stands below it on 2028-01-01" in str(done.exception)


def test_a_circle_on_a_later_day_is_refused_too(inventory):
    """Today nothing stands below Tân Dĩnh, but from 2028 on Lạng Giang does."""
    assert run(inventory, "move", "tan-dinh", "--parent", "xuong-lam", "--from", "2027-01-01", "--yes").exit_code == 0
    assert run(inventory, "move", "lang-giang", "--parent", "tan-dinh", "--from", "2028-01-01", "--yes").exit_code == 0
    before = texts(inventory)
    done = run(inventory, "move", "xuong-lam", "--parent", "lang-giang", "--from", "2027-06-01", "--yes")
    assert "go in a circle" in str(done.exception)
    assert texts(inventory) == before


def test_a_site_without_units_needs_one_to_be_moved(inventory):
    file = inventory.parent / "sites/lang-giang.yml"
    sites = yaml.safe_load(file.read_text())
    del sites["sites"]["tan-dinh"]["units"]
    file.write_text(yaml.safe_dump(sites, allow_unicode=True))
    assert "say its unit with --unit-code and --unit-name" in str(run(inventory, *MOVE, "--yes").exception)
    assert run(inventory, *MOVE, "--unit-code", "07432", "--unit-name", "Xã Tân Dĩnh", "--yes").exit_code == 0
    assert on(inventory, "2026-09-01").sites["tan-dinh"].parent == "xuong-lam"
    assert "sites.tan-dinh: serves no unit on 2026-01-01" in str(
        run(inventory, "merge", "xuong-lam", "--into", "tan-dinh", "--from", "2026-01-01", "--yes").exception
    )


DAYS = st.dates(date(2023, 1, 1), date(2030, 1, 1))


@st.composite
def unit_lists(draw):
    """Units in order, without an overlap, some with gaps between."""
    ends = sorted(draw(st.lists(DAYS, min_size=2, max_size=8, unique=True)))
    units = [
        {"code": str(index), "name": f"U{index}", "from": start, "until": end - timedelta(days=1)}
        for index, (start, end) in enumerate(zip(ends[::2], ends[1::2], strict=False))
    ]
    if draw(st.booleans()):
        del units[-1]["until"]
    return units


def holding(units, day):
    return [unit for unit in units if unit["from"] <= day <= unit.get("until", date.max)]


@given(units=unit_lists(), days=st.integers(0, 900), data=st.data())
def test_law_no_day_before_the_change_changes(units, days, data):
    since = units[-1]["from"] + timedelta(days=days)
    after = succeeded(units, since, {"parent": "new"})
    for day in data.draw(st.lists(DAYS | st.just(since - timedelta(days=1)), min_size=1)):
        old, new = holding(units, day), holding(after, day)
        assert len(new) <= 1
        if day < since:
            assert [unit["code"] for unit in new] == [unit["code"] for unit in old]
            assert all("parent" not in unit for unit in new)
    assert [unit["parent"] for unit in holding(after, since)] == ["new"]
