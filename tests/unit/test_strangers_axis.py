"""Clients that nobody here wrote against the emulated Axis camera: the axis package and httpx as programs of their own, and ffprobe."""

import json
import subprocess
from time import monotonic
from xml.etree import ElementTree

import httpx
import pytest

from tests.unit.test_strangers import program
from tests.unit.wire import emulated

ROOT = ("root", "axis-12345")
YOUNG = {"generation": "9.80", "model": "P3245-LV", "firmware": "9.80.2.2", "firmware_date": "Jul 09 2020 08:35"}
OLD = {"generation": "5.51", "model": "P1344", "firmware": "5.51.7", "firmware_date": "Jul 16 2020 14:38"}
SAME = {"serial": "ACCC8E000001", "mac": "ac:cc:8e:00:00:01", "factory_user": ROOT[0], "factory_password": ROOT[1]}
GENERATIONS = pytest.mark.parametrize("generation", [YOUNG, OLD], ids=["9.80", "5.51"])

AXIS = """
import asyncio, json, sys
from httpx import AsyncClient
from axis.device import AxisDevice
from axis.models.configuration import Configuration
from axis.models.pwdgrp_cgi import SecondaryGroup
port, user, password = sys.argv[1:]

async def main():
    async with AsyncClient() as session:
        vapix = AxisDevice(Configuration(session, "127.0.0.1", port=int(port), username=user, password=password)).vapix
        await vapix.initialize()
        await vapix.params.update()
        await vapix.initialize_users()
        before = sorted(vapix.users)
        await vapix.users.create("joe", pwd="Joes-pass-1", sgrp=SecondaryGroup.OPERATOR)
        joe = (await vapix.users.list())["joe"].privileges
        await vapix.users.modify("joe", sgrp=SecondaryGroup.VIEWER_PTZ)
        changed = (await vapix.users.list())["joe"].privileges
        await vapix.users.delete("joe")
        print(json.dumps({
            "serial": vapix.serial_number, "firmware": vapix.firmware_version, "number": vapix.product_number,
            "apis": sorted(vapix.api_discovery), "network": vapix.params["Network"],
            "profiles": {profile.name: profile.parameters for profile in vapix.streaming_profiles},
            "profiles_by_json": vapix.stream_profiles.initialized, "facts_by_json": vapix.basic_device_info.initialized,
            "before": before, "joe": joe, "changed": changed, "after": sorted(await vapix.users.list()),
        }))

asyncio.run(main())
"""


def axis(folder, generation, **changes):
    return emulated("axis-camera", folder, **SAME, **generation, **changes)


def caller(camera, login=ROOT):
    """A client of VAPIX by hand; None: without a login."""
    auth = httpx.DigestAuth(*login) if login else None
    return httpx.Client(base_url=f"http://127.0.0.1:{camera.ports['http']}/axis-cgi", auth=auth, timeout=10)


def update(client, **parameters):
    return client.post(
        "/param.cgi", data={"action": "update", **{name.replace("_", "."): value for name, value in parameters.items()}}
    ).text


def listed(client, group):
    return dict(row.split("=", 1) for row in client.get("/param.cgi", params={"action": "list", "group": group}).text.splitlines())


def call(client, cgi, method, **params):
    answer = client.post(cgi, json={"apiVersion": "1.0", "context": "Quầy tiếp nhận", "method": method, "params": params})
    assert answer.status_code == 200
    said = answer.json()
    assert (said["context"], said["method"]) == ("Quầy tiếp nhận", method)
    return said.get("data", said.get("error"))


@GENERATIONS
def test_the_axis_package_reads_the_camera_and_writes_its_users(generation, tmp_path):
    with axis(tmp_path, generation) as camera:
        said = program(AXIS, camera.ports["http"], *ROOT)
    young = generation is YOUNG
    assert (said["serial"], said["firmware"], said["number"]) == (SAME["serial"], generation["firmware"], generation["model"])
    assert {"ntp", "dynamicoverlay", "fwmgr"} <= set(said["apis"]) if young else said["apis"] == []
    assert said["profiles_by_json"] == said["facts_by_json"] == young
    assert list(said["profiles"]) == ["Quality"]
    assert "videocodec=h264" in said["profiles"]["Quality"]
    assert (said["network"]["IPAddress"], said["network"]["eth0"]["IPAddress"]) == ("192.168.0.90", "127.0.0.1")
    assert said["network"]["BootProto"] == "dhcp"
    assert said["before"] == said["after"] == ["root"]
    assert (said["joe"], said["changed"]) == ("viewer:operator", "viewer:ptz")


def test_the_older_generation_has_no_json_and_says_so_in_html(tmp_path):
    with axis(tmp_path, OLD) as camera, caller(camera) as client:
        answers = [client.post(f"/{name}.cgi", json={"method": "getApiList"}) for name in ("apidiscovery", "systemready", "ntp")]
    assert {answer.status_code for answer in answers} == {404}
    assert "The requested URL /axis-cgi/apidiscovery.cgi was not found" in answers[0].text


@GENERATIONS
def test_a_wrong_login_is_a_401_with_a_new_challenge_and_never_locks(generation, tmp_path):
    with axis(tmp_path, generation) as camera:
        with caller(camera, ("root", "not-this-1")) as client:
            refused = [client.get("/param.cgi?action=list&group=Brand") for _ in range(7)]
        with caller(camera) as client:
            assert listed(client, "Brand")["root.Brand.Brand"] == "AXIS"
    assert {answer.status_code for answer in refused} == {401}
    challenges = [answer.headers["www-authenticate"] for answer in refused]
    assert len(set(challenges)) == 7
    assert all(f'realm="AXIS_{SAME["serial"]}"' in challenge for challenge in challenges)


@GENERATIONS
def test_an_update_is_measured_against_the_definitions(generation, tmp_path):
    with axis(tmp_path, generation, quirks={"clamp": ["Image.I0.MPEG.PCount"]}) as camera, caller(camera) as client:
        assert update(client, Network_UPnP_Enabled="no", root_Network_HostName="quay-1") == "OK\n"
        assert update(client, Network_UPnP_Enabled="No") == "# Error: Error setting 'root.Network.UPnP.Enabled' to 'No'!\n"
        for name, value in (
            ("Image_I0_Appearance_Resolution", "1x1"), ("Image_I0_Appearance_Compression", "101"), ("Network_RTSP_Port", "80"),
            ("Image_I0_Text_String", "x" * 81), ("Network_IPAddress", "10.0.0.256"), ("Network_eth0_IPAddress", "10.0.0.2"),
            ("Network_ZeroConf_IPAddress", "10.0.0.2"), ("Properties_Firmware_Version", "1"), ("No_Such", "1"),
        ):  # fmt: skip
            assert update(client, **{name: value}).startswith(f"# Error: Error setting 'root.{name.replace('_', '.')}' to"), name
        assert update(client, Image_I0_MPEG_PCount="5000") == "OK\n"
        assert update(client, Image_I0_Text_String="Quầy à") == "OK\n"
        shown = listed(client, "Network.UPnP.Enabled,root.Network.HostName,Image.*.MPEG.PCount,Image.I0.Text.String")
        raw = client.get("/param.cgi?action=list&group=Image.I0.Text.String").content
        unknown = client.get("/param.cgi?action=list&group=No.Such").text
        assert camera.hand("get", "name") == "quay-1"
        for sent, stored in (("Qu%E0y", "Quày"), ("Qu%C3%A0y", "Quày"), ("Qu%E1%BA%A7y", "Qu?y")):
            assert client.get(f"/param.cgi?action=update&Network.HostName={sent}").text == "OK\n"
            assert camera.hand("get", "name") == stored
        camera.hand("set", "services.upnp", "yes")
        assert listed(client, "Network.UPnP")["root.Network.UPnP.Enabled"] == "yes"
    assert shown["root.Network.UPnP.Enabled"] == "no"
    assert shown["root.Network.HostName"] == "quay-1"
    assert shown["root.Image.I0.MPEG.PCount"] == "1022"
    assert raw == "root.Image.I0.Text.String=Qu?y à\n".encode("latin-1")
    assert unknown == "# Error: Error -1 getting param in group 'No.Such'\n"


def test_definitions_give_three_spellings_of_a_switch(tmp_path):
    with axis(tmp_path, YOUNG) as camera, caller(camera) as client:
        answer = client.get("/param.cgi?action=listdefinitions&listformat=xmlschema")
    root = ElementTree.fromstring(answer.content)
    space = "{http://www.axis.com/ParameterDefinitionsSchema}"
    switches = {(switch.get("true"), switch.get("false")) for switch in root.iter(f"{space}bool")}
    assert {("yes", "no"), ("On", "Off"), ("Yes", "No")} <= switches
    assert [group.get("name") for group in root.findall(f"{space}group")] == ["root"]
    (proto,) = (parameter for parameter in root.iter(f"{space}parameter") if parameter.get("name") == "BootProto")
    assert (proto.get("value"), proto.get("securityLevel"), proto.get("niceName")) == ("dhcp", "7766", "Boot proto")
    assert [entry.get("value") for entry in proto.iter(f"{space}entry")] == ["dhcp", "none"]


def test_a_viewer_reads_less_and_writes_nothing(tmp_path):
    with axis(tmp_path, YOUNG) as camera:
        with caller(camera) as client:
            created = client.get(
                "/pwdgrp.cgi", params={"action": "add", "user": "lan", "pwd": "mật khẩu", "grp": "users", "sgrp": "viewer"}
            )
            hyphen = client.post("/pwdgrp.cgi", data={"action": "add", "user": "a-b", "pwd": "x", "grp": "users", "sgrp": "viewer"})
            again = client.post("/pwdgrp.cgi", data={"action": "add", "user": "lan", "pwd": "x", "grp": "users", "sgrp": "viewer"})
            groups = client.get("/pwdgrp.cgi?action=get").text
        with caller(camera, ("lan", "mật khẩu")) as client:
            everything = client.get("/param.cgi?action=list").text
            refused = update(client, Network_UPnP_Enabled="no")
            accounts = client.get("/pwdgrp.cgi?action=get").status_code
            time = call(client, "/time.cgi", "setTimeZone", timeZone="Asia/Ho_Chi_Minh")
    assert created.text.strip() == "Created account lan."
    assert hyphen.text.strip() == "Error: account user name."
    assert again.text.strip() == "Error: malformed action operation, add."
    assert groups == 'admin="root"\r\noperator="root"\r\nviewer="root,lan"\r\nptz="root"\r\ndigusers="root,lan"\r\n'
    assert "root.Brand.Brand=" in everything and "root.Network.BootProto" not in everything
    assert refused.startswith("# Error")
    assert accounts == 403
    assert time["code"] == 4002


@GENERATIONS
def test_the_first_account_is_taken_from_anybody_once(generation, tmp_path):
    first = {"action": "add", "user": "root", "pwd": "First-pass-1", "grp": "root", "sgrp": "admin:operator:viewer:ptz"}
    ready = {"method": "systemready", "apiVersion": "1.1", "params": {"timeout": 20}}
    with axis(tmp_path, generation, quirks={"factory": True}) as camera, caller(camera, None) as client:
        if generation is YOUNG:
            assert client.post("/systemready.cgi", json=ready).json()["data"]["needsetup"] == "yes"
        others = [client.get("/param.cgi?action=list"), client.get("/pwdgrp.cgi?action=get")]
        others += [client.post("/pwdgrp.cgi", data=first | change) for change in ({"user": "vms"}, {"sgrp": "viewer"})]
        assert {answer.status_code for answer in others} == {401}
        assert client.post("/pwdgrp.cgi", data=first).text.strip() == "Created account root."
        assert client.post("/pwdgrp.cgi", data=first | {"user": "second"}).status_code == 401
        assert client.post("/pwdgrp.cgi", data=first | {"pwd": "Second-pass-1"}).status_code == 401
        if generation is YOUNG:
            assert client.post("/systemready.cgi", json=ready).json()["data"]["needsetup"] == "no"
        with caller(camera, ("root", "First-pass-1")) as owner:
            assert listed(owner, "System.RootPwdSet") == {"root.System.RootPwdSet": "yes"}
            assert owner.get("/pwdgrp.cgi?action=get").text.startswith('admin="root"\r\n')


def test_json_and_parameters_show_one_state(tmp_path):
    with axis(tmp_path, YOUNG, clock_offset_s=0) as camera, caller(camera) as client:
        assert (
            call(
                client,
                "/ntp.cgi",
                "setNTPClientConfiguration",
                enabled=True,
                serversSource="static",
                staticServers=["10.0.0.1", "10.0.0.2"],
            )
            == {}
        )
        shown = listed(client, "Time")
        assert (shown["root.Time.NTP.Server"], shown["root.Time.ObtainFromDHCP"]) == ("10.0.0.1", "no")
        assert update(client, Time_NTP_Server="ntp.example") == "OK\n"
        assert call(client, "/ntp.cgi", "getNTPInfo")["client"]["staticServers"] == ["ntp.example", "10.0.0.2"]
        wrong = call(client, "/ntp.cgi", "setNTPClientConfiguration", serversSource="moon")
        assert (wrong["code"], wrong["details"]) == (4004, {"subCode": 2})

        assert call(client, "/time.cgi", "setTimeZone", timeZone="Asia/Ho_Chi_Minh") == {"timeZone": "Asia/Ho_Chi_Minh"}
        assert listed(client, "Time")["root.Time.POSIXTimeZone"] == "<+07>-7"
        now = call(client, "/time.cgi", "getDateTimeInfo")
        assert now["localDateTime"].endswith("+07:00") and now["timeZone"] == "Asia/Ho_Chi_Minh"
        assert update(client, Time_POSIXTimeZone="ICT-7") == "OK\n"
        assert "timeZone" not in call(client, "/time.cgi", "getDateTimeInfo")

        assert update(client, Network_BootProto="none", Network_IPAddress="10.1.1.9", Network_SubnetMask="255.255.254.0") == "OK\n"
        (device,) = call(client, "/network_settings.cgi", "getNetworkInfo")["devices"]
        (address,) = device["IPv4"]["addresses"]
        assert (address["address"], address["prefixLength"], address["origin"]) == ("10.1.1.9", 23, "static")


def test_overlays_keep_vietnamese_and_write_their_error_codes_as_strings(tmp_path):
    where = "/dynamicoverlay/dynamicoverlay.cgi"
    with axis(tmp_path, YOUNG) as camera, caller(camera) as client:
        added = call(client, where, "addText", camera=1, text="Quầy tiếp nhận", position="bottomLeft")
        call(client, where, "setText", identity=added["identity"], text="Quầy số 2")
        (overlay,) = call(client, where, "list")["textOverlays"]
        wrong = call(client, where, "remove", identity=9)
        assert call(client, where, "remove", identity=added["identity"]) == {}
        assert call(client, where, "list")["textOverlays"] == []
    assert (overlay["text"], overlay["position"]) == ("Quầy số 2", "bottomLeft")
    assert wrong["code"] == "4004"


def test_firmware_comes_in_two_parts_and_a_restart_gives_a_new_boot(tmp_path):
    with axis(tmp_path, YOUNG) as camera, caller(camera) as client:
        boot = call(client, "/systemready.cgi", "systemready")["bootid"]
        data = json.dumps({"apiVersion": "1.0", "method": "upgrade"})

        def upgrade(image):
            parts = {"data": (None, data, "application/json"), "fileData": ("image.bin", image, "application/octet-stream")}
            return client.post("/firmwaremanagement.cgi", files=parts).json()

        assert upgrade(b"something else")["error"]["code"] == 415
        assert upgrade(b"emulated-axis-firmware 9.80.3.1 \x00\xff\r\n")["data"] == {"firmwareVersion": "9.80.3.1"}
        assert awaited(lambda: away(client))
        assert awaited(lambda: not away(client))
        assert call(client, "/systemready.cgi", "systemready")["bootid"] != boot
        status = call(client, "/firmwaremanagement.cgi", "status")
        assert listed(client, "Properties.Firmware.Version") == {"root.Properties.Firmware.Version": "9.80.3.1"}
    assert (status["activeFirmwareVersion"], status["inactiveFirmwareVersion"]) == ("9.80.3.1", "9.80.2.2")


@GENERATIONS
def test_disks_and_restart_are_old_and_common(generation, tmp_path):
    with axis(tmp_path, generation) as camera, caller(camera) as client:
        disks = client.get("/disks/list.cgi?diskid=all")
        assert client.get("/restart.cgi").status_code == 200
        assert awaited(lambda: away(client))
        assert awaited(lambda: not away(client))
    assert '<disk diskid="SD_DISK"' in disks.text and 'status="OK"' in disks.text


def awaited(condition):
    """Whether it comes true within the seconds that a restart takes."""
    end = monotonic() + 20
    while monotonic() < end:
        if condition():
            return True
    return False


def away(client):
    try:
        return "root.Brand.Brand" not in listed(client, "Brand")
    except httpx.TransportError:
        return True


def probe(camera, query, password=ROOT[1]):
    """Two seconds of a stream."""
    url = f"rtsp://{ROOT[0]}:{password}@127.0.0.1:{camera.ports['rtsp']}/axis-media/media.amp{query}"
    command = ["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-read_intervals", "%+2", "-count_frames", "-of", "json"]
    entries = "stream=codec_name,width,height,nb_read_frames:packet=size"
    return subprocess.run([*command, "-show_entries", entries, url], capture_output=True, text=True, timeout=60, check=False)


def picture(done):
    """(codec, width, height, kbit in each of ten frames)."""
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    (stream,) = shown["streams"]
    assert int(stream["nb_read_frames"]) > 0
    sizes = [int(packet["size"]) for packet in shown["packets"]]
    return stream["codec_name"], stream["width"], stream["height"], sum(sizes) * 8 / 1000 / len(sizes) * 10


@GENERATIONS
def test_ffprobe_decodes_what_a_profile_or_the_address_says(generation, tmp_path):
    codec = "h265" if generation is YOUNG else "h264"
    parameters = f"videocodec={codec}&resolution=640x360&fps=10&videomaxbitrate=500&videobitratemode=mbr&videokeyframeinterval=20&audio=0"
    new = {"action": "add", "template": "streamprofile", "group": "StreamProfile"}
    new |= {"StreamProfile.S.Name": "motcua-main", "StreamProfile.S.Description": "", "StreamProfile.S.Parameters": parameters}
    with axis(tmp_path, generation) as camera, caller(camera) as client:
        assert client.post("/param.cgi", data=new).text == "S1 OK\n"
        assert listed(client, "StreamProfile.S1")["root.StreamProfile.S1.Parameters"] == parameters
        *shape, limited = picture(probe(camera, "?streamprofile=motcua-main"))
        assert shape == ["hevc" if codec == "h265" else "h264", 640, 360]
        *shape, free = picture(probe(camera, "?videocodec=h264&resolution=320x240&fps=10"))
        assert shape == ["h264", 320, 240]
        assert limited < 1000 < free
        assert camera.hand("get", "streams.main.bitrate_kbps") == "500"
        camera.hand("set", "streams.main.bitrate_kbps", "400")
        assert "videomaxbitrate=400&" in listed(client, "StreamProfile.S1")["root.StreamProfile.S1.Parameters"]
        refused = probe(camera, "?streamprofile=motcua-main", "not-this-1")
        assert client.get("/param.cgi?action=remove&group=root.StreamProfile.S1").text == "OK\n"
        gone = probe(camera, "?streamprofile=motcua-main")
        again = client.get("/param.cgi?action=remove&group=StreamProfile.S1").text
    assert "401" in refused.stderr and refused.returncode != 0
    assert gone.returncode != 0
    assert again.startswith("# Request failed")
