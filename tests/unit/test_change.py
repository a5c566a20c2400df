"""What a change of the inventory would change for people, before any packet is sent."""

import json
import shutil
import subprocess
from datetime import timedelta

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.reachability.changes import changes, state
from ansible_collections.motcua.cctv.plugins.plugin_utils.reachability.words import told
from typer import Exit

from cli.change import Language, change
from cli.reach import reach
from cli.rendered import rendered

from .provinces import LAB

SITES = "sites/lang-giang.yml"


@pytest.fixture
def inventory(tmp_path):
    """A copy of the lab's inventory to edit."""
    folder = tmp_path / "lab"
    shutil.copytree(LAB, folder, ignore=shutil.ignore_patterns("state", "keys", "secrets"))
    return folder


@pytest.fixture
def before(inventory):
    return state(load(inventory / "province.yml"), rendered)


def edit(folder, **sites):
    """Change sites: each is a function of what is written of it."""
    path = folder / SITES
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name, edited in sites.items():
        edited(raw["sites"][name.replace("_", "-")])
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")


def after(folder):
    return state(load(folder / "province.yml"), rendered)


def by_code(found):
    return {group.code: group for group in found.groups}


def test_the_same_inventory_is_the_same_plan_today_and_tomorrow(inventory, before):
    province = load(inventory / "province.yml")
    tomorrow = load(inventory / "province.yml", province.on + timedelta(days=1))
    found = changes(before, state(tomorrow, rendered))
    assert (found.verdict, found.groups, found.before) == (0, (), found.after)


def test_a_flat_office_opens_its_cameras(inventory, before):
    edit(inventory, tan_dinh=lambda site: site.update(isolation="flat"))
    found = changes(before, after(inventory))
    opened = {name for group in found.groups if group.code == "opened" for name in group.names}
    assert {"tan-dinh-pc → tan-dinh-cam1:rtsp", "tan-dinh-pc → tan-dinh-cam2:web"} <= opened
    assert found.verdict == 2
    assert "closed" not in by_code(found)


def test_a_line_that_carries_no_video_any_more_costs_viewers_their_cameras(inventory, before):
    edit(inventory, tan_dinh=lambda site: site["lines"]["ftth"].update(up_mbps=2))
    found = changes(before, after(inventory))
    losing = {group.values["viewer"]: group.names for group in found.groups if group.code == "loses"}
    assert losing["Lãnh đạo UBND xã Tân Dĩnh"] == ("tan-dinh-cam1", "tan-dinh-cam2")
    assert "Công an huyện Lạng Giang" not in losing
    assert by_code(found)["sends_less"].names == ("tan-dinh-cam1", "tan-dinh-cam2")
    assert any("MẤT hình ảnh trực tiếp" in line for line in told(found, "vi"))


def test_an_office_that_fills_its_line_breaks_the_rule_and_its_streams_are_named(inventory, before):
    edit(inventory, xuong_lam=lambda site: site["lines"]["ftth"].update(p95_up_mbps=3.9))
    group = by_code(changes(before, after(inventory)))["line_breaks"]
    assert (group.values["site"], group.values["line"]) == ("xuong-lam", "ftth")
    assert group.values["asked"] > group.values["limit"] == 2800


def test_what_depends_on_a_router_is_its_site_and_who_sits_there(inventory, before):
    edit(inventory, tan_dinh=lambda site: site["lines"]["ftth"].update(up_mbps=9))
    (router,) = [group for group in changes(before, after(inventory)).groups if group.names == ("tan-dinh-router",)]
    assert router.depends.sites == ("tan-dinh",)
    assert router.depends.cameras == ("tan-dinh-cam1", "tan-dinh-cam2")
    assert router.depends.viewers == ("tan-dinh",)


def test_a_new_camera_and_one_that_is_gone_are_named(inventory, before):
    def swap(site):
        site["cameras"]["cam9"] = site["cameras"].pop("cam2") | {"address": "192.168.1.77"}

    edit(inventory, tan_dinh=swap)
    found = by_code(changes(before, after(inventory)))
    assert (found["new"].names, found["gone"].names) == (("tan-dinh-cam9",), ("tan-dinh-cam2",))


def test_another_maker_of_router_may_hide_a_change_so_it_could_not_be_told(inventory, before):
    edit(inventory, tan_dinh=lambda site: site["router"].update(platform="draytek"))
    found = changes(before, after(inventory))
    assert ("controller", "tan-dinh-cam1:rtsp") in found.untold
    assert found.verdict == 1
    assert not [name for group in found.groups if group.code == "closed" for name in group.names if "controller → tan-dinh-cam1" in name]
    assert any(line.startswith("COULD NOT TELL") for line in told(found, "en"))


def test_what_was_unknown_and_is_never_touched_hides_nothing(inventory):
    edit(inventory, tan_dinh=lambda site: site["router"].update(platform="routeros"))
    before = after(inventory)
    assert before.reach.unknown
    edit(inventory, tan_dinh=lambda site: site["lines"]["ftth"].update(up_mbps=9))
    assert changes(before, after(inventory)).verdict == 2


def test_another_rule_of_a_template_is_another_plan(inventory, before):
    def other(hosts):
        return {name: (text + "\n# one more\n", more) for name, (text, more) in rendered(hosts).items()}

    assert state(load(inventory / "province.yml"), other).hash != before.hash


# --- the commands ---------------------------------------------------------------------------------------------------------------


def run(capsys, command, **options):
    with pytest.raises(Exit) as ended:
        command(**options)
    return ended.value.exit_code, capsys.readouterr().out


def in_git(folder):
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "x"]):
        subprocess.run(["git", "-C", folder, *command], check=True, capture_output=True)


def test_against_a_revision(inventory, capsys, tmp_path):
    in_git(inventory)
    (inventory / "keys").mkdir()
    (inventory / "keys/centre.pub").write_text("b" * 43 + "=\n")  # what a rollout leaves, which git doesn't have
    options = {"inventory": inventory / "province.yml", "against": "HEAD", "on": None, "language": Language.EN, "whole": False}
    code, text = run(capsys, change, **options, output=None)
    assert (code, text.splitlines()[0]) == (0, "Nothing changes.")
    edit(inventory, tan_dinh=lambda site: site.update(isolation="flat"))
    code, text = run(capsys, change, **options, output=tmp_path / "change.json")
    assert code == 2
    assert "OPENS: office PC → video (RTSP):" in text
    written = json.loads((tmp_path / "change.json").read_text(encoding="utf-8"))
    assert written["verdict"] == 2
    assert text.rstrip().endswith(written["plan_hash"])


@pytest.mark.parametrize("against", ["no-such-revision", "--output=x"])
def test_against_nothing_says_what_to_write(inventory, against):
    in_git(inventory)
    with pytest.raises(ModelError, match="is neither a path nor a git revision"):
        change(inventory / "province.yml", against, None, Language.EN, False, None)


def test_the_matrix_of_one_site(inventory, capsys, tmp_path):
    file = tmp_path / "reach.csv"
    code, text = run(capsys, reach, inventory=inventory / "province.yml", site="tan-dinh", language=Language.VI, output=file)
    assert code == 0
    assert "quản trị bộ định tuyến" in text
    assert "xuong-lam" not in text
    rows = file.read_text(encoding="utf-8").splitlines()
    assert "controller,controller,tan-dinh-cam1:rtsp,video,10.64.2.64,tcp,554,yes" in rows
