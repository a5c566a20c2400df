"""A centre that already has a VMS: what the model refuses, what the plan counts and opens, what the centre serves, and the list to import."""

import base64
import csv
import io
import json
import re
import stat
from ipaddress import IPv4Network

import jinja2
import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.filter.core import FilterModule
from ansible_collections.motcua.cctv.plugins.lookup.secret import LookupModule
from ansible_collections.motcua.cctv.plugins.plugin_utils.contradictions import contradictions
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Masters, device_password, vms_digest, vms_password
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.vms import FORMULA, app
from tests.unit.provinces import raw_province, raw_site
from tests.unit.wire import Managed

VMS = {"name": "VMS sẵn có", "address": "10.10.10.60"}
DIRECT = VMS | {"way": "direct"}
FULL = {"main": {"codecs": ["h264", "h265"], "width": 2560, "height": 1440, "fps": 25, "bitrate_kbps": 4096}}


def raw(vms, sites=None):
    return raw_province(sites or {"a": raw_site(1), "b": raw_site(2, parent="a"), "c": raw_site(3)}) | {"vms": vms}


def value(vms, sites=None):
    return Province.model_validate(raw(vms, sites))


def folder(tmp_path, vms, sites=None):
    """The province as files."""
    content = raw(vms, sites)
    sites = content.pop("sites")
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "all.yml").write_text(yaml.safe_dump({"sites": sites}, allow_unicode=True))
    path = tmp_path / "province.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True))
    return path


# --- the model ----------------------------------------------------------------------------------------------------------

MISTAKES = {
    "on no centre's LAN": ({"v": VMS | {"address": "192.168.1.60"}}, "vms.v.address: 192.168.1.60 is on no centre's LAN"),
    "the server itself": ({"v": VMS | {"address": "10.10.10.1"}}, "vms.v.address: 10.10.10.1 is the address of the server of 'centre'"),
    "one host twice": ({"v": VMS, "w": VMS}, "vms.w.address: 10.10.10.60 is also the address of 'v'"),
    "a camera that isn't there": ({"v": VMS | {"cameras": ["a-cam9"]}}, "vms.v.cameras: there is no site or camera 'a-cam9'"),
    "a limit that nobody keeps": ({"v": DIRECT | {"streams": 3}}, "vms.v.streams: can be kept only where the centre hands the streams out"),
    "one camera pulled directly by two": (
        {"v": DIRECT | {"cameras": ["a"]}, "w": DIRECT | {"address": "10.10.20.60", "cameras": ["b-cam2"]}},
        "vms.w.cameras: 'b-cam2' is also pulled directly by 'v'; write 'way: republished' for one of the two",
    ),
    "an unknown way": ({"v": VMS | {"way": "proxied"}}, "vms.v.way: 'proxied' is not known; write 'republished' or 'direct'"),
    "a misspelt key": ({"v": VMS | {"camera": "all"}}, "vms.v.camera: unknown key; did you mean 'cameras'?"),
    "an id that is no name": ({"V 1": VMS}, "vms.V 1"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_names_file_and_key_and_what_to_do(case, tmp_path):
    vms, words = MISTAKES[case]
    path = folder(tmp_path, vms)
    with pytest.raises(ModelError) as caught:
        load(path)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{path}: ") and words in line


def test_a_wrong_tree_is_said_and_nothing_else_fails():
    found = value({"v": DIRECT, "w": DIRECT | {"address": "10.10.20.60"}}, {"a": raw_site(1, parent="nowhere")})
    assert [path for _, path, _ in contradictions(found)] == ["sites.a.parent"]


@pytest.mark.parametrize(
    ("wished", "cameras"),
    [
        ("all", "a-cam1 a-cam2 a-cam3 b-cam1 b-cam2 b-cam3 c-cam1 c-cam2 c-cam3"),
        (["a"], "a-cam1 a-cam2 a-cam3 b-cam1 b-cam2 b-cam3"),
        (["b"], "b-cam1 b-cam2 b-cam3"),
        (["b", "a-cam2", "c-cam1"], "a-cam2 b-cam1 b-cam2 b-cam3 c-cam1"),
        ([], ""),
    ],
)
def test_a_site_means_all_below_it(wished, cameras):
    assert ["-".join(one) for one in value({"v": VMS | {"cameras": wished}}).cameras_of("v")] == cameras.split()


def test_a_closed_site_is_no_mistake_in_a_list(tmp_path):
    sites = {"a": raw_site(1), "b": raw_site(2, retired="2025-07-01")}
    loaded = load(folder(tmp_path, {"v": VMS | {"cameras": ["b", "b-cam1", "a-cam1"]}}, sites))
    assert loaded.vms["v"].cameras == ("a-cam1",)


# --- the plan -----------------------------------------------------------------------------------------------------------


def planned(line, vms, cameras=3):
    rows = {f"cam{n}": raw_site(1)["cameras"]["cam1"] | {"address": f"192.168.1.{10 + n}", "streams": FULL} for n in range(1, cameras + 1)}
    lines = {"ftth": raw_site(1)["lines"]["ftth"] | line}
    found = value(vms, {"a": raw_site(1, cameras=rows, lines=lines)})
    return found, plan(found)


def test_a_direct_pull_takes_the_line_once_more_and_one_from_the_centre_nothing():
    line = {"up_mbps": 100, "p95_up_mbps": 1}
    used = {way: planned(line, vms)[1].streams["a"] for way, vms in {"none": {}, "centre": {"v": VMS}, "direct": {"v": DIRECT}}.items()}
    assert used["centre"].video_kbps == used["none"].video_kbps > 0
    assert used["direct"].video_kbps == pytest.approx(2 * used["none"].video_kbps)
    assert used["direct"].squeezed == ()


@settings(deadline=None)
@given(st.floats(0.1, 40), st.floats(0, 20), st.integers(0, 6), st.sets(st.integers(1, 6)))
def test_no_direct_pull_takes_a_line_over_its_rule(up, office, cameras, pulled):
    wished = [f"a-cam{n}" for n in pulled if n <= cameras]
    _, found = planned({"up_mbps": up, "p95_up_mbps": office}, {"v": DIRECT | {"cameras": wished}}, cameras)
    streams = found.streams["a"]
    sent = sum(one.step.bitrate_kbps * (2 if f"a-{key}" in wished and one.step.moving else 1) for key, one in streams.cameras.items())
    assert streams.video_kbps == pytest.approx(sent * 1.15)
    assert office * 1000 + streams.video_kbps <= max(0.7 * up * 1000, office * 1000) + 1e-6


def test_what_doesnt_fit_is_said_with_the_remedy():
    _, found = planned({"up_mbps": 5, "p95_up_mbps": 1}, {"v": DIRECT})
    _, before = planned({"up_mbps": 5, "p95_up_mbps": 1}, {"v": VMS})
    assert found.streams["a"].squeezed
    (lack,) = [one for one in found.reuse["a"].lacks if one.code == "vms_squeezes"]
    assert lack.values["count"] == len(found.streams["a"].squeezed)
    assert not [one for one in before.reuse["a"].lacks if one.code == "vms_squeezes"]


# --- what is opened -----------------------------------------------------------------------------------------------------


def opened(flows):
    return {(flow["comment"], *flow["from"], *flow["to"], *flow["ports"]) for flow in flows if "VMS" in flow["comment"]}


def test_a_direct_vms_reaches_the_rtsp_ports_of_its_devices_through_hub_and_router():
    sites = {
        "a": raw_site(1, cameras={
            "cam1": raw_site(1)["cameras"]["cam1"],
            "cam2": raw_site(1)["cameras"]["cam2"] | {"rtsp_port": 8554},
            "cam3": {"vendor": "hikvision", "name": "Sau đầu ghi", "source": "nvr:nvr1/3"},
            "cam4": raw_site(1)["cameras"]["cam3"] | {"address": "192.168.1.44"},
        }),
        "b": raw_site(2),
    }  # fmt: skip
    found = value({"v": DIRECT | {"cameras": ["a-cam1", "a-cam2", "a-cam3"]}, "w": VMS | {"address": "10.10.10.61"}}, sites)
    hosts = {host.name: host.desired for host in desired(found, plan(found))}
    spoke = next(one for one in hosts["centre-server"]["hub"]["sites"] if one["site"] == "a")
    assert opened(hosts["a-router"]["router"]["firewall"]["forward"]) == {
        ("VMS v to a port 554", "10.10.10.60/32", "192.168.1.5/32", "192.168.1.11/32", 554),
        ("VMS v to a port 8554", "10.10.10.60/32", "192.168.1.12/32", 8554),
    }
    assert opened(spoke["accept"]) == {
        ("VMS v to a port 554", "10.10.10.60/32", "10.64.1.5/32", "10.64.1.11/32", 554),
        ("VMS v to a port 8554", "10.10.10.60/32", "10.64.1.12/32", 8554),
    }
    assert not opened(hosts["b-router"]["router"]["firewall"]["forward"])
    assert [flow["from"] for flow in hosts["centre-server"]["hub"]["input"] if flow["ports"] == [554]] == [["10.10.10.61/32"]]


def test_without_a_vms_nothing_is_opened_and_nobody_served():
    found = value({})
    hosts = {host.name: host.desired for host in desired(found, plan(found))}
    assert not [flow for flow in hosts["centre-server"]["hub"]["input"] if 554 in flow["ports"]]
    assert hosts["centre-server"]["vms"]["serve"]["viewers"] == []


def test_the_centre_serves_each_vms_its_own_cameras():
    found = value({"v": VMS | {"cameras": ["b"], "password_number": 2}, "w": VMS | {"address": "10.10.10.61", "streams": 5}, "d": DIRECT})
    wish = next(host.desired for host in desired(found, plan(found)) if host.name == "centre-server")["vms"]
    assert (wish["serve"]["address"], wish["serve"]["port"], wish["serve"]["live_root"]) == ("10.10.10.1", 554, "/run/motcua-live")
    first, second = wish["serve"]["viewers"]
    assert first == {"id": "v", "address": "10.10.10.60", "streams": 6, "cameras": ["b-cam1", "b-cam2", "b-cam3"]}
    assert (second["streams"], len(second["cameras"])) == (5, 9)
    assert wish["accounts"] == [{"id": "v", "secret": "vms/v/2/digest"}, {"id": "w", "secret": "vms/w/1/digest"}]


# --- the secret ---------------------------------------------------------------------------------------------------------


def test_a_vms_password_is_its_own_and_the_centre_gets_only_its_digest():
    masters = Masters(b"d" * 32, b"t" * 32)
    passwords = {
        vms_password(*one) for one in ((masters, "v", 1), (masters, "v", 2), (masters, "w", 1), (Masters(b"x" * 32, b"t" * 32), "v", 1))
    }
    assert len(passwords) == 4
    assert all(re.fullmatch("[A-Za-z0-9]{24}", password) for password in passwords)
    line = vms_digest(masters, "v", 1)
    assert re.fullmatch("v:motcua:[0-9a-f]{32}", line)
    assert vms_password(masters, "v", 1) not in line


def test_the_role_writes_what_the_program_reads_and_no_password(tmp_path):
    """Its two templates with Ansible's own filter and the product's own lookup."""
    for kind in ("devices", "tunnels"):
        (tmp_path / f"{kind}.yml").write_text(yaml.safe_dump({"master": Managed.MASTER}))
    lookup = LookupModule(loader=DataLoader())
    variables = {"motcua_masters": {kind: str(tmp_path / f"{kind}.yml") for kind in ("devices", "tunnels")}}
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader("roles/vms/templates"), trim_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["to_nice_json"] = FilterModule().filters()["to_nice_json"]
    environment.globals["lookup"] = lambda _plugin, term: lookup.run([term], variables)[0]
    found = value({"v": VMS, "w": VMS | {"address": "10.10.10.61", "cameras": ["b"]}})
    wish = next(host.desired for host in desired(found, plan(found)) if host.name == "centre-server")["vms"]
    written = {name: environment.get_template(f"republish.{name}.j2").render(vms_config=wish) for name in ("json", "htdigest")}
    masters = Masters(base64.b64decode(Managed.MASTER), base64.b64decode(Managed.MASTER))
    assert json.loads(written["json"]) == wish["serve"]
    assert written["htdigest"].split() == [vms_digest(masters, "v", 1), vms_digest(masters, "w", 1)]
    assert vms_password(masters, "v", 1) not in "".join(written.values())


# --- the list -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """The command on a province of files with masters: (result, rows)."""

    def run(vms, *arguments, sites=None, answer=""):
        path = folder(tmp_path, {"v": vms}, sites)
        (tmp_path / "secrets").mkdir()
        for kind in ("devices", "tunnels"):
            (tmp_path / "secrets" / f"{kind}.yml").write_text(yaml.safe_dump({"master": Managed.MASTER}))
        done = CliRunner().invoke(app, ["list", "v", "-i", str(path), *arguments], input=answer)
        return done, list(csv.DictReader(io.StringIO(done.stdout)))

    return run


def test_the_list_has_addresses_without_passwords(listed):
    units = [{"code": "07375", "name": "Xã Lạng Giang", "from": "2023-09-01"}]
    done, rows = listed(VMS | {"cameras": ["a-cam1"]}, sites={"a": raw_site(1, units=units)})
    assert (done.exit_code, done.stderr) == (0, "")
    (row,) = rows
    assert (row["camera"], row["name"], row["site_name"], row["unit_code"]) == ("a-cam1", "Quầy 1", "Xã số 1", "07375")
    assert (row["url"], row["user"], row["codec"], row["fps"]) == ("rtsp://10.10.10.1:554/a-cam1", "v", "h265", "25")
    assert "password" not in row


def test_a_direct_list_has_the_devices_translated_addresses(listed):
    _, rows = listed(DIRECT | {"cameras": ["c-cam2"]})
    assert [(row["url"], row["user"]) for row in rows] == [("rtsp://10.64.3.12:554/Streaming/Channels/101", "motcua-view")]


@pytest.mark.parametrize("columns", ["generic", "milestone"])
@pytest.mark.parametrize("first", FORMULA[:4])
def test_no_name_becomes_a_formula(columns, first, listed):
    named = raw_site(1)["cameras"]["cam1"] | {"name": f'{first}HYPERLINK("http://x","y"),"z"'}
    _, rows = listed(VMS, "--format", columns, sites={"a": raw_site(1, name=f"{first}1", cameras={"cam1": named})})
    (row,) = rows
    assert named["name"] in "".join(row.values()), "a comma or a quote shouldn't break the row"
    assert not [cell for cell in row.values() if cell.startswith(FORMULA)]


def test_milestones_columns_are_those_that_its_tool_documents(listed):
    _, rows = listed(VMS, "--format", "milestone")
    assert [*rows[0]][:7] == ["RecordingServerName", "HardwareAddress", "HardwareName", "UserName", "Password", "GroupPath", "DriverNumber"]
    assert rows[0]["ConnectionURI"] == "rtsp://10.10.10.1:554/a-cam1"


@pytest.mark.parametrize("way", ["republished", "direct"])
def test_passwords_go_into_a_file_of_ones_own_and_never_to_the_screen(way, listed, tmp_path):
    (state := tmp_path / "state" / "epochs").mkdir(parents=True)
    (state / "a-cam1.json").write_text(json.dumps({"confirmed": 3, "pending": 4}))
    output = tmp_path / "list.csv"
    output.write_text("an older list")
    output.chmod(0o644)
    done, _ = listed(VMS | {"way": way, "cameras": ["a-cam1"]}, "--with-passwords", "-o", str(output), answer="y\n")
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    (row,) = csv.DictReader(io.StringIO(output.read_text(encoding="utf-8-sig")))
    masters = Masters(base64.b64decode(Managed.MASTER), b"t" * 32)
    rule = VENDORS["hikvision"].password_rule
    known = {"republished": vms_password(masters, "v", 1), "direct": device_password(masters, "a", "a-cam1", "motcua-view", 3, rule)}
    assert row["password"] == known[way]
    assert known[way] not in done.output
    assert known[way] not in row["url"]


REFUSED = {
    "to the screen": (["--with-passwords"], "y\n", "passwords never go to the screen"),
    "without a yes": (["--with-passwords", "-o", "{tmp}/list.csv"], "n\n", "Aborted"),
    "where no file can be": (["-o", "{tmp}/none/list.csv"], "", "can't be written (No such file or directory); name another file"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_list_that_isnt_written_leaves_nothing(case, listed, tmp_path):
    arguments, answer, words = REFUSED[case]
    done, _ = listed(VMS, *(one.format(tmp=tmp_path) for one in arguments), answer=answer)
    assert done.exit_code == 1
    assert words in f"{done.output}{done.exception}"
    assert not [path.name for path in tmp_path.iterdir() if "list.csv" in path.name]


def test_the_flows_of_a_vms_are_single_hosts():
    found = value({"v": DIRECT})
    for access in plan(found).access.values():
        assert all(network.prefixlen == IPv4Network("0.0.0.0/32").prefixlen for flow in access.vms for network in (*flow.sources, *flow.to))
