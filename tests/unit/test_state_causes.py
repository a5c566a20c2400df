"""Why something can't be seen: each table row by row, and a whole province in which things die."""

from dataclasses import replace

import pytest

from .watching import NOW, camera, line, settings, site

from state import causes  # isort: skip
from state.judging import Memory, Seen, addresses, judge  # isort: skip

ROUND = 5


@pytest.mark.parametrize(
    ("seen", "cause"),
    [
        ({"everyone_down": True, "provider_down": True, "together": True}, "centre"),
        ({"centre_up": False, "together": True}, "centre"),
        ({"provider_down": True, "gateway_lost": True}, "provider"),
        ({"gateway_lost": True, "together": True}, "line"),
        ({"together": True}, "power"),
        ({}, "line_or_power"),
    ],
)
def test_causes_of_a_silent_site(seen, cause):
    nothing = causes.Site(everyone_down=False, centre_up=None, provider_down=False, gateway_lost=False, together=False)
    assert causes.cause(causes.SITE, replace(nothing, **seen)) == cause


@pytest.mark.parametrize(
    ("seen", "cause"),
    [
        ({"centre_up": False}, "centre"),
        ({"centre_up": False, "provider_down": True}, "centre"),
        ({"provider_down": True}, "provider"),
        ({}, "line"),
    ],
)
def test_causes_of_a_silent_line(seen, cause):
    assert causes.cause(causes.LINE, replace(causes.Line(centre_up=None, provider_down=False), **seen)) == cause


@pytest.mark.parametrize(
    ("seen", "cause"),
    [
        ({"router": None, "siblings_live": True}, "unknown"),
        ({"everyone_silent": True, "answers": True}, "centre"),
        ({"recorder_runs": False, "siblings_live": True}, "centre"),
        ({"answers": True, "siblings_live": False}, "camera"),
        ({"answers": False, "siblings_live": True}, "camera"),
        ({"same_device_live": True, "siblings_live": False}, "camera"),
        ({"same_device_live": False, "siblings_live": True}, "recorder"),
        ({"same_device_live": False}, "recorder_or_switch"),
        ({"siblings_live": False}, "switch"),
        ({}, "camera_or_switch"),
    ],
)
def test_causes_of_a_silent_camera(seen, cause):
    nothing = causes.Camera(
        router=True, everyone_silent=False, recorder_runs=True, answers=False, same_device_live=None, siblings_live=None
    )
    assert causes.cause(causes.CAMERA, replace(nothing, **seen)) == cause


def test_every_cause_has_words_in_both_languages():
    named = {cause for table in (causes.SITE, causes.LINE, causes.CAMERA) for _, cause in table}
    assert named == set(causes.WORDS)
    assert all(set(words) == {"vi", "en"} and all(words.values()) for words in causes.WORDS.values())


class Province:
    """Six communes: the first two have two lines of different providers, the others one of VNPT each; two cameras a site."""

    def __init__(self):
        sites = {"s1": site(1, {"tslcd": line(1, kind="tslcd"), "ftth": line(1, "Viettel", gateway="198.51.100.1")})}
        sites |= {"s2": site(2, {"tslcd": line(2, kind="tslcd"), "ftth": line(2, "Viettel")})}
        sites |= {f"s{number}": site(number) for number in (3, 4, 5, 6)}
        cameras = {f"{name}-cam{number}": camera(name, number) for name in sites for number in (1, 2)}
        self.settings, self.now_s, self.memory = settings(sites, cameras), NOW, Memory()
        self.silent, self.dead, self.connects, self.units, self.deaf = set(), set(), {}, {}, False
        self.document = None
        self.pass_s(30)

    def pass_s(self, seconds):
        """So much time with everything as it is now."""
        for _ in range(seconds // ROUND):
            self.now_s += ROUND
            everything = set(addresses(self.settings))
            written = {name: self.now_s - 2 if name not in self.dead else self.now_s - 60 for name in self.settings["cameras"]}
            seen = Seen(self.now_s, "2026-11-25", None if self.deaf else everything - self.silent, written, self.connects, self.units)
            self.memory.listen(seen, everything)
            if self.now_s - NOW > 10:
                self.document = judge(self.settings, self.memory, seen)
        return self.document

    def kill(self, *names):
        """Nothing of these sites answers any more, by no line."""
        for name in names:
            row = self.settings["sites"][name]
            self.silent |= {row["router"], *(one["tunnel"] for one in row["lines"].values())}
            self.dead |= {camera for camera in self.settings["cameras"] if camera.startswith(f"{name}-")}

    def causes(self):
        return {name: row["cause"] for name, row in self.document["sites"].items() if row["state"] != "up"}


@pytest.fixture
def province():
    return Province()


def test_while_all_is_well_nothing_has_a_cause(province):
    document = province.pass_s(60)
    entries = [*document["sites"].values(), *document["cameras"].values()]
    entries += [one for row in document["sites"].values() for one in row["lines"].values()]
    assert {(one["state"], one["cause"]) for one in entries} == {("up", None), ("live", None)}


def test_one_lost_answer_is_no_death(province):
    province.kill("s3")
    assert province.pass_s(5)["sites"]["s3"]["state"] == "up"


@pytest.mark.parametrize(
    ("killed", "cause"),
    [(["s3"], "line_or_power"), (["s1"], "power"), (["s3", "s4", "s5"], "provider"), (["s1", "s2", "s3", "s4", "s5", "s6"], "centre")],
)
def test_a_site_that_dies(province, killed, cause):
    province.kill(*killed)
    document = province.pass_s(30)
    assert province.causes() == dict.fromkeys(killed, cause)
    assert {document["cameras"][f"{name}-cam1"]["cause"] for name in killed} == {cause}


def test_recorders_that_get_nothing_from_anybody_are_the_centres_own_trouble(province):
    province.dead = set(province.settings["cameras"])
    province.connects = dict.fromkeys(("s1-cam1", "s2-cam1"), True)
    assert {row["cause"] for row in province.pass_s(30)["cameras"].values()} == {"centre"}
    province.dead.remove("s6-cam2")
    assert province.pass_s(30)["cameras"]["s1-cam1"]["cause"] == "camera"


def test_lines_that_died_on_different_days_are_no_power_cut(province):
    province.silent.add("10.96.1.1")
    assert province.pass_s(600)["sites"]["s1"]["lines"]["tslcd"]["cause"] == "line"
    province.kill("s1")
    province.pass_s(30)
    assert province.causes() == {"s1": "line_or_power"}


def test_a_providers_equipment_that_is_lost_makes_it_the_line(province):
    province.settings["sites"]["s3"]["lines"]["ftth"]["gateway"] = "198.51.100.9"
    province.pass_s(30)
    province.kill("s3")
    province.silent.add("198.51.100.9")
    province.pass_s(30)
    assert province.causes() == {"s3": "line"}


def test_sites_that_die_one_after_the_other_arent_the_provider(province):
    for name in ("s3", "s4", "s5"):
        province.kill(name)
        province.pass_s(120)
    assert province.causes() == dict.fromkeys(("s3", "s4", "s5"), "line_or_power")


def test_a_line_of_the_centre_explains_all_the_lines_that_came_by_it(province):
    province.silent |= {"10.190.0.123", "10.96.1.1", "10.96.1.2"}
    document = province.pass_s(30)
    assert document["centre"]["lines"] == {"ftth": "up", "tslcd": "down"}
    assert {document["sites"][name]["lines"]["tslcd"]["cause"] for name in ("s1", "s2")} == {"centre"}
    assert document["sites"]["s1"]["state"] == "up"


def test_a_site_that_only_the_other_hub_reaches_isnt_dead(province):
    province.silent.add("10.96.0.3")
    document = province.pass_s(30)
    assert (document["sites"]["s3"]["state"], document["sites"]["s3"]["lines"]["ftth"]["state"]) == ("up", "down")


def test_a_camera_that_is_off_is_told_from_its_switch(province):
    province.dead.add("s3-cam1")
    province.connects = {"s3-cam1": False}
    row = province.pass_s(30)["cameras"]["s3-cam1"]
    assert (row["state"], row["cause"]) == ("off", "camera")
    province.dead.add("s3-cam2")
    province.connects = {"s3-cam1": False, "s3-cam2": False}
    document = province.pass_s(30)
    assert {document["cameras"][f"s3-cam{number}"]["cause"] for number in (1, 2)} == {"switch"}


def test_since_when_outlives_a_new_cause_and_a_restart(province):
    died_s = province.now_s
    province.dead.add("s3-cam1")
    province.pass_s(30)
    province.dead.add("s3-cam2")
    province.pass_s(30)
    since_s = province.document["cameras"]["s3-cam1"]["since_s"]
    assert 0 <= since_s - died_s <= 10
    known = [(kind, name, *state) for (kind, name), state in province.memory.states.items()]
    province.memory = Memory(known)
    assert province.pass_s(60)["cameras"]["s3-cam1"]["since_s"] == since_s


def test_what_was_already_dead_when_the_watch_began_died_at_no_known_moment():
    province = Province.__new__(Province)
    vars(province).update(silent=set(), dead=set(), connects={}, units={}, deaf=False, now_s=NOW, memory=Memory(), document=None)
    fresh = Province()
    province.settings = fresh.settings
    province.kill("s1", "s3", "s4", "s5")
    province.pass_s(60)
    assert province.causes() == dict.fromkeys(("s1", "s3", "s4", "s5"), "line_or_power")


def test_who_can_ask_nobody_knows_nothing(province):
    province.deaf, province.dead = True, set(province.settings["cameras"])
    document = province.pass_s(30)
    assert {row["state"] for row in document["sites"].values()} == {"unknown"}
    assert {row["cause"] for row in document["cameras"].values()} == {"unknown"}
    assert document["centre"]["lines"] == {"ftth": "unknown", "tslcd": "unknown"}


def test_a_maintenance_window_mutes_its_site_and_only_in_its_time(province):
    province.settings["sites"]["s3"]["mutes"] = [{"from_s": province.now_s + 30, "until_s": province.now_s + 60, "why": "đổi tủ"}]
    assert not province.pass_s(5)["sites"]["s3"]["muted"]
    document = province.pass_s(30)
    assert {name for name, row in document["sites"].items() if row["muted"]} == {"s3"}
    assert not province.pass_s(60)["sites"]["s3"]["muted"]
