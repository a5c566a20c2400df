"""Editing the inventory: what people wrote stays as they wrote it, and what the model refuses is never on the disk."""

import shutil
import textwrap
from datetime import date
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.editing.edit import Edit
from intake.editing.roundtrip import COLUMNS, LOADER, parse, render, wrapped, written

# Of the large province the centre, a district and the longest file: all eleven would take the time of all other tests.
PROVINCES = {Path("inventory/lab"): ["*"], Path("inventory/bac_giang"): ["hanh-chinh-cong", "lang-giang", "luc-ngan"]}
HAND_WRITTEN = """\
# Huyện Lạng Giang: written by hand, and not the way a program would.
sites:
  # The first of the district.
  tan-dinh:
    number: 2
    name:   "Bộ phận Một cửa xã Tân Dĩnh"   # quoted, with room
    level: commune
    units:
      # as the list of 2023 has it
      - { code: "07432", name: 'Xã Tân Dĩnh', from: 2023-09-01 } # until today
    isolation: segment
    lan: 192.168.1.0/24
    lines:
      ftth:
        {kind: ftth, provider: VNPT, interface: wan, address: cgnat, up_mbps: 10, down_mbps: 30}
      # the old one is switched off
    router:
      platform: linux
      address: 192.168.1.1 # the ONT is bridged
      lan_interface: br-lan
      office_ports: [lan]
      camera_ports: [cam]
    cameras:
      cam1: {vendor: hikvision, model: DS-2CD2043G2-I, address: 192.168.1.64, name: Quầy số 1, zone: counter}

      # on the gate, nobody has the ladder
      cam2: {vendor: hikvision, address: 192.168.1.65, name: Cửa chính, zone: entrance}
    needs:
      cameras: 1

  # The second; its line is slow.
  xuong-lam:
    number: 3
    name: Bộ phận Một cửa xã Xương Lâm
    level: commune
    sample: false
    # how the LAN is, nobody has looked
    isolation: flat
    lan: 192.168.1.0/24
    lines:
      ftth: {kind: ftth, provider: Viettel, interface: wan, address: cgnat, up_mbps: 4, down_mbps: 20}
    router: {platform: linux, address: 192.168.1.1, lan_interface: lan, office_ports: [lan]}
# The end.
"""


@pytest.fixture
def inventory(tmp_path):
    """A province with one file that was written by hand."""
    shutil.copy("inventory/lab/province.yml", tmp_path)
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites/lang-giang.yml").write_text(HAND_WRITTEN)
    return tmp_path / "province.yml"


def lines_of(diff):
    """What a diff removes and adds, without its heads."""
    body = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    return [line[1:] for line in body if line.startswith("-")], [line[1:] for line in body if line.startswith("+")]


def bytes_of(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("folder", PROVINCES, ids=str)
def test_an_unchanged_province_has_no_diff_and_the_same_bytes(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy", ignore=shutil.ignore_patterns("state", "secrets", "data"))
    path = tmp_path / "copy/province.yml"
    before = bytes_of(path.parent)
    edit = Edit(path)
    files = [file for name in PROVINCES[folder] for file in (path.parent / "sites").glob(f"{name}.yml")]
    for file in files:
        for site, value in yaml.load(file.read_text(), Loader=LOADER)["sites"].items():
            edit.merge(site, value)
    assert files
    assert edit.diff() == ""
    assert edit.write() == ()
    assert bytes_of(path.parent) == before


def merge(site, **value):
    return lambda edit: edit.merge(site, value)


# What is done -> the lines that go, the lines that come. All other lines are the same bytes.
CHANGES = {
    "a number with a comment behind it": (
        merge("tan-dinh", router={"address": "192.168.1.254"}),
        ["      address: 192.168.1.1 # the ONT is bridged"],
        ["      address: 192.168.1.254 # the ONT is bridged"],
    ),
    "quotes stay where they were": (
        merge("tan-dinh", name="Bộ phận Một cửa Tân Dĩnh"),
        ['    name:   "Bộ phận Một cửa xã Tân Dĩnh"   # quoted, with room'],
        ['    name: "Bộ phận Một cửa Tân Dĩnh"        # quoted, with room'],  # the comment keeps its column
    ),
    "equal values": (merge("tan-dinh", number=2, lan="192.168.1.0/24", lines={"ftth": {"up_mbps": 10.0}}), [], []),
    "a key behind the one that it follows": (
        merge("xuong-lam", level="commune", wave=2),
        [],
        ["    wave: 2"],
    ),
    "a key in the middle, before the comment about the next": (merge("xuong-lam", sample=False, wave=2), [], ["    wave: 2"]),
    "a key at the end of a site, before the comment about the next": (merge("tan-dinh", retired=date(2027, 1, 1)), [], ["    retired: 2027-01-01"]),
    "a key at the end of a file, before its last comment": (merge("xuong-lam", wave=2), [], ["    wave: 2"]),
    "a device": (
        merge("tan-dinh", cameras={"cam3": {"vendor": "dahua", "address": "192.168.1.66", "name": "Sân: phía sau", "build": "2021-06-25"}}),
        [],
        ['      cam3: {vendor: dahua, address: 192.168.1.66, name: "Sân: phía sau", build: "2021-06-25"}'],
    ),
    "a device that goes leaves the comment about the next": (
        merge("tan-dinh", cameras={"cam1": None}),
        ["      cam1: {vendor: hikvision, model: DS-2CD2043G2-I, address: 192.168.1.64, name: Quầy số 1, zone: counter}"],
        [],
    ),
    "a key that goes leaves the comment about the next, too": (merge("xuong-lam", sample=None), ["    sample: false"], []),
    "a whole block of keys": (
        merge("xuong-lam", nvrs={"nvr1": {"vendor": "dahua", "name": "Đầu ghi", "address": "192.168.1.5", "channels": 4}}),
        [],
        ["    nvrs:", "      nvr1: {vendor: dahua, name: Đầu ghi, address: 192.168.1.5, channels: 4}"],
    ),
    "a time that YAML 1.1 would take for a number": (merge("xuong-lam", office={"opens": "17:30"}), [], ['    office: {opens: "17:30"}']),
    "an item of a list keeps its quotes": (
        merge("tan-dinh", units=[{"code": "07432", "name": "Xã Tân Dĩnh", "from": date(2023, 9, 1), "until": date(2025, 6, 30)}]),
        ["""      - { code: "07432", name: 'Xã Tân Dĩnh', from: 2023-09-01 } # until today"""],
        ["""      - {code: "07432", name: 'Xã Tân Dĩnh', from: 2023-09-01, until: 2025-06-30} # until today"""],
    ),
    "a list of words": (
        merge("tan-dinh", router={"office_ports": ["lan", "lan2"]}),
        ["      office_ports: [lan]"],
        ["      office_ports: [lan, lan2]"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_only_what_changes_is_written(inventory, case):
    change, gone, come = CHANGES[case]
    edit = Edit(inventory)
    change(edit)
    assert lines_of(edit.diff()) == (gone, come)
    file = inventory.parent / "sites/lang-giang.yml"
    assert edit.write() == ((file,) if come or gone else ())
    before, after = HAND_WRITTEN.splitlines(), file.read_text().splitlines()
    assert [line for line in before if line not in gone] == [line for line in after if line not in come]
    assert Edit(inventory).diff() == ""


def test_what_is_added_to_a_site_stands_with_the_site(inventory):
    edit = Edit(inventory)
    edit.merge("tan-dinh", {"wave": 3})
    edit.write()
    text = (inventory.parent / "sites/lang-giang.yml").read_text()
    assert "cameras: 1\n    wave: 3\n\n  # The second" in text


PLACES = {
    "behind the key that it follows": ({"level": "commune", "wave": 2}, "    level: commune\n    wave: 2\n    sample: false\n"),
    "before the comment about the next": ({"sample": False, "wave": 2}, "    sample: false\n    wave: 2\n    # how the LAN is"),
}


@pytest.mark.parametrize("case", PLACES)
def test_a_new_key_has_its_place(inventory, case):
    change, text = PLACES[case]
    edit = Edit(inventory)
    edit.merge("xuong-lam", change)
    edit.write()
    assert text in (inventory.parent / "sites/lang-giang.yml").read_text()


@settings(deadline=None, max_examples=20)
@given(steps=st.lists(st.sampled_from([2, 3, 4, 6]), min_size=6, max_size=6), wave=st.integers(2, 9))
def test_law_whatever_the_indentation_the_values_are_right(steps, wave, tmp_path_factory):
    """People indent as they like, also differently in one file."""
    folder = tmp_path_factory.mktemp("province")
    shutil.copy("inventory/lab/province.yml", folder)
    (folder / "sites").mkdir()
    depth = [sum(steps[:level]) for level in range(7)]
    text = "".join(" " * depth[(len(line) - len(line.lstrip())) // 2] + line.lstrip() for line in HAND_WRITTEN.splitlines(keepends=True))
    (folder / "sites/a.yml").write_text(text)
    before = yaml.safe_load(text)["sites"]
    edit = Edit(folder / "province.yml")
    edit.merge("tan-dinh", {"wave": wave, "router": {"lan_interface": "lan1"}})
    edit.merge("xuong-lam", {"sample": None, "office": {"counters": 3}})
    edit.write()
    before["tan-dinh"] |= {"wave": wave, "router": before["tan-dinh"]["router"] | {"lan_interface": "lan1"}}
    del before["xuong-lam"]["sample"]
    before["xuong-lam"]["office"] = {"counters": 3}
    assert yaml.safe_load((folder / "sites/a.yml").read_text())["sites"] == before


def test_a_device_that_passes_the_margin_is_broken_before_a_key(inventory):
    streams = {
        name: {"codecs": ["h264", "h265"], "width": 1920, "height": 1080, "fps": 25, "bitrate_kbps": 4096} for name in ("main", "sub")
    }
    camera = {"vendor": "hikvision", "name": "Quầy, số 3", "address": "192.168.1.66", "serial": "K12345678", "streams": streams}
    edit = Edit(inventory)
    edit.merge("tan-dinh", {"cameras": {"cam3": camera}})
    (added,) = [textwrap.dedent("\n".join(lines_of(edit.diff())[1]))]
    assert all(len(line) + 6 <= COLUMNS for line in added.splitlines())
    assert added.startswith("cam3:\n  {vendor: hikvision,")
    assert parse(added)["cam3"] == camera
    assert edit.check().sites["tan-dinh"].cameras["cam3"].streams["sub"].width == 1920
    edit.write()
    assert Edit(inventory).diff() == ""


NEW_SITE = {
    "number": 9, "name": "Bộ phận Một cửa xã Đại Lâm", "level": "commune", "isolation": "flat", "lan": "192.168.1.0/24",
    "units": [{"code": "07435", "name": "Xã Đại Lâm", "from": date(2023, 9, 1)}],
    "lines": {"ftth": {"kind": "ftth", "provider": "VNPT", "interface": "wan", "address": "cgnat", "up_mbps": 9.5, "down_mbps": 30.0}},
    "router": {"platform": "ont", "address": "192.168.1.1", "lan_interface": "lan"},
    "cameras": {},
}  # fmt: skip


@pytest.mark.parametrize("file", ["lang-giang", "another"])
def test_a_new_site_is_the_last_of_its_file(inventory, file):
    edit = Edit(inventory)
    site = edit.add_site("dai-lam", file, NEW_SITE)
    site["wave"] = 4
    assert [path.name for path in edit.write()] == [f"{file}.yml"]
    text = (inventory.parent / f"sites/{file}.yml").read_text()
    assert text.startswith(HAND_WRITTEN if file == "lang-giang" else "sites:\n  dai-lam:\n")
    assert '      - {code: "07435", name: Xã Đại Lâm, from: 2023-09-01}\n' in text
    loaded = load(inventory).sites["dai-lam"]
    assert (loaded.wave, loaded.lines["ftth"].down_mbps) == (4, 30)


def test_a_moved_site_takes_its_comment_along(inventory):
    edit = Edit(inventory)
    edit.merge("tan-dinh", {"wave": 2})
    edit.move_site("tan-dinh", "other")
    edit.merge("tan-dinh", {"wave": 3})
    assert {path.name for path in edit.write()} == {"lang-giang.yml", "other.yml"}
    start, end = HAND_WRITTEN.index("  # The first"), HAND_WRITTEN.index("\n  # The second")
    assert (inventory.parent / "sites/other.yml").read_text() == "sites:\n" + HAND_WRITTEN[start:end] + "    wave: 3\n"
    assert (inventory.parent / "sites/lang-giang.yml").read_text() == HAND_WRITTEN[:start] + HAND_WRITTEN[end + 1 :]
    assert load(inventory).sites["tan-dinh"].wave == 3


def test_a_file_without_sites_goes_away(inventory):
    edit = Edit(inventory)
    for site in ("tan-dinh", "xuong-lam"):
        edit.move_site(site, "other")
    edit.write()
    assert [path.name for path in (inventory.parent / "sites").iterdir()] == ["other.yml"]
    assert set(load(inventory).sites) == {"tan-dinh", "xuong-lam"}


def test_windows_line_ends_stay(inventory):
    file = inventory.parent / "sites/lang-giang.yml"
    file.write_bytes(HAND_WRITTEN.replace("\n", "\r\n").encode())
    edit = Edit(inventory)
    edit.merge("xuong-lam", {"number": 7})
    edit.write()
    assert file.read_bytes() == HAND_WRITTEN.replace("number: 3", "number: 7").replace("\n", "\r\n").encode()


# What the model refuses -> what the sentence says.
REFUSED = {
    "a number that is taken": (merge("tan-dinh", number=3), "sites/lang-giang.yml: sites.xuong-lam.number: 3 is also the number of 'tan-dinh'"),
    "a key that nobody knows": (merge("tan-dinh", lann="x"), "sites/lang-giang.yml: sites.tan-dinh.lann: unknown key; did you mean 'lan'?"),
    "no key of which there must be one": (merge("tan-dinh", lines=None), "sites/lang-giang.yml: sites.tan-dinh.lines: is missing; add it"),
    "in a new file": (
        lambda edit: edit.add_site("dai-lam", "new", NEW_SITE | {"lan": "x"}),
        "sites/new.yml: sites.dai-lam.lan: 'x' is wrong",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_model_refuses_is_not_written(inventory, case):
    change, sentence = REFUSED[case]
    before = bytes_of(inventory.parent)
    edit = Edit(inventory)
    change(edit)
    for step in (edit.check, edit.write):
        with pytest.raises(ModelError) as caught:
            step()
        assert str(caught.value).startswith(f"{inventory.parent}/{sentence}")
    assert bytes_of(inventory.parent) == before


def test_a_site_that_is_not_there_is_said_with_the_nearest(inventory):
    with pytest.raises(ModelError, match=r"sites\.tan-dnih: there is no such site; did you mean 'tan-dinh'\?"):
        Edit(inventory).site("tan-dnih")
    with pytest.raises(ModelError, match="is there already"):
        Edit(inventory).add_site("tan-dinh", "new", NEW_SITE)
    with pytest.raises(ModelError, match=r"nowhere/province\.yml: does not exist"):
        Edit(inventory.parent / "nowhere/province.yml")


def test_broken_yaml_is_said_before_anything_is_changed(inventory):
    (inventory.parent / "sites/other.yml").write_text("sites: {a: [1\n")
    with pytest.raises(ModelError, match=r"other\.yml: line"):
        Edit(inventory)


def test_what_somebody_else_wrote_meanwhile_is_not_lost(inventory):
    file = inventory.parent / "sites/lang-giang.yml"
    edit = Edit(inventory)
    edit.merge("tan-dinh", {"wave": 2})
    file.write_text(HAND_WRITTEN.replace("wan", "wan0"))
    before = bytes_of(inventory.parent)
    with pytest.raises(ModelError, match=r"lang-giang\.yml: was changed by somebody else meanwhile"):
        edit.write()
    assert bytes_of(inventory.parent) == before


def test_a_disk_that_takes_only_one_of_two_files_changes_none(inventory, monkeypatch):
    edit = Edit(inventory)
    edit.merge("tan-dinh", {"wave": 2})
    edit.move_site("xuong-lam", "zz")
    before, opened = bytes_of(inventory.parent), Path.open

    def full(self, mode="r", *rest, **keywords):
        if self.name.startswith(".zz.yml"):
            raise OSError(28, "No space left on device", str(self))
        return opened(self, mode, *rest, **keywords)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(ModelError, match=r"zz\.yml.*can't be written \(No space left on device\), so nothing is"):
        edit.write()
    monkeypatch.undo()
    assert bytes_of(inventory.parent) == before


def test_a_reader_never_sees_half_a_file(inventory, monkeypatch):
    """A file is replaced by one that is whole already."""
    file = inventory.parent / "sites/lang-giang.yml"
    edit = Edit(inventory)
    edit.merge("tan-dinh", {"wave": 2})
    seen, replace = [], Path.replace

    def watched(self, target):
        seen.append((file.read_text(), self.read_text()))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    edit.write()
    ((old, draft),) = seen
    assert (old, draft) == (HAND_WRITTEN, file.read_text())


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff{}"), min_size=1, max_size=60
)
SCALARS = (
    TEXT
    | st.integers()
    | st.booleans()
    | st.dates()
    | st.sampled_from(
        ["no", "17:30", "07", "1e3", "~", "a: b", "# x", "- x", "2021-06-25", "'", '"', "a, b", "12E45678", "0x1F", "007", "off"]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.from_regex("[a-z]{1,8}", fullmatch=True), inner, max_size=4),
    max_leaves=12,
)


QUOTED = ["07:30", "17:30", "07288", "12E45678", "1e3", "0x1F", "7.0", "2021-06-25", "no", "~", "a: b", "# x", "[a", "a, b", "x:", "", " x"]
PLAIN = [
    "6.48.6",
    "V5.5.53",
    "192.168.1.1",
    "192.168.1.0/24",
    "build 190220",
    "2.800.0000000.8.R",
    "00:12:17:0a:0b:0c",
    "Quầy số 1",
    "nvr:nvr1/3",
]


@pytest.mark.parametrize("text", QUOTED + PLAIN)
def test_what_somebody_could_take_for_something_else_has_quotes(text):
    assert (render({"key": written(text)}) == f"key: {text}\n") == (text in PLAIN)


def test_what_load_takes_for_a_text_stays_one(inventory):
    """Plain, as somebody wrote it: ruamel alone would write the serial as .inf and the code as 7432."""
    file = inventory.parent / "sites/lang-giang.yml"
    plain = "units:\n      - {code: 07482, name: Xã, from: 2023-09-01}"
    text = HAND_WRITTEN.replace("vendor: hikvision, model", "vendor: hikvision, serial: 12E45678, build: 1e3, model")
    text = text.replace("    isolation: flat\n", f"    {plain}\n    isolation: flat\n").replace("sample: false", "sample: yes")
    file.write_text(text)
    edit = Edit(inventory)
    edit.merge("tan-dinh", {"cameras": {"cam1": {"model": "X", "serial": "12E45678"}}})
    edit.merge("xuong-lam", {"units": [{"code": "07482", "name": "Xã B", "from": date(2023, 9, 1)}], "sample": True})
    edit.write()
    assert file.read_text() == text.replace("model: DS-2CD2043G2-I", "model: X").replace("name: Xã,", "name: Xã B,")


def test_one_date_at_two_places_is_written_twice():
    day = date(2023, 9, 12)
    assert render({"sites": {"a": written({"office": {"surveyed": day}, "retired": day}, depth=0)}}).count("2023-09-12") == 2


@settings(deadline=None, max_examples=150)
@given(value=st.dictionaries(st.from_regex("[a-z]{1,8}", fullmatch=True), VALUES, min_size=1, max_size=5))
def test_law_what_is_written_is_what_load_reads(value):
    """ruamel writes YAML 1.2, load reads YAML 1.1: between them no value becomes another."""
    text = render({"sites": {"a": written(value, depth=0)}})
    for loader in {yaml.SafeLoader, LOADER}:
        assert yaml.load(text, Loader=loader) == {"sites": {"a": value}}


@settings(deadline=None, max_examples=100)
@given(value=VALUES, indent=st.integers(0, 8), columns=st.integers(30, 160))
def test_law_a_broken_line_says_the_same(value, indent, columns):
    line = " " * indent + render({"key": written(value)}).replace("\n", " ").rstrip()
    assert yaml.safe_load(wrapped(line, columns)) == yaml.safe_load(line)


def test_a_list_that_passes_the_margin_is_broken_between_its_items():
    line = "nvr1: {name: A, disks: [{size_gb: 1000}, {size_gb: 1000}]}"
    assert wrapped(line, 36) == ("nvr1:\n  {name: A,\n   disks: [{size_gb: 1000},\n           {size_gb: 1000}]}")


@pytest.mark.parametrize("line", ["# {a, b, c}", "key: 1 # {a, b, c}", "key: [a, b, c]", "key: {a: 1}"])
def test_only_mappings_in_braces_are_broken(line):
    assert wrapped(line, 5) == (line if line != "key: {a: 1}" else "key:\n  {a: 1}")


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_law_a_merge_and_its_opposite_change_nothing(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("province")
    shutil.copytree("inventory/lab", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("state", "secrets"))
    site = data.draw(st.sampled_from(["lang-giang", "tan-dinh", "xuong-lam"]))
    edit = Edit(folder / "province.yml")
    before = parse(render(edit.site(site)))
    change = data.draw(st.fixed_dictionaries({}, optional={
        "number": st.integers(1, 900), "name": TEXT, "wave": st.integers(0, 9), "power": st.just({"ups": True}),
        "lines": st.dictionaries(st.sampled_from(["ftth", "second"]), st.fixed_dictionaries({"up_mbps": st.integers(1, 99)}), max_size=2),
    }))  # fmt: skip
    edit.merge(site, change)
    back = {key: before.get(key) for key in change}
    if "lines" in change:
        back["lines"] = {key: before["lines"].get(key) for key in change["lines"]}
    edit.merge(site, back)
    assert edit.diff() == ""
