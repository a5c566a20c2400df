"""Clients that nobody here wrote against the emulated ONVIF and Uniview devices: onvif-python and requests as programs of their own, the official schemas, ffprobe."""

import base64
import contextlib
import hashlib
import json
import secrets
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import httpx
import pytest

from tests.unit.soap import validate
from tests.unit.test_strangers import probe, program
from tests.unit.wire import FACTORY, emulated, free_port

ONVIF = """
import json, sys
from onvif import CacheMode, ONVIFClient, ONVIFOperationException
port, user, password, digest = sys.argv[1:]
client = ONVIFClient("127.0.0.1", int(port), user, password, http_digest=digest == "digest", cache=CacheMode.MEM)
device, media = client.devicemgmt(), client.media()
before = device.GetNTP()
device.SetNTP(FromDHCP=False, NTPManual=[{"Type": "IPv4", "IPv4Address": "10.64.0.1"}])
device.CreateUsers(User=[{"Username": "joe", "Password": "Kh0ng-yeu", "UserLevel": "Operator"}])
device.SetScopes(Scopes=["onvif://www.onvif.org/name/Qu%E1%BA%A7y%20ti%E1%BA%BFp%20nh%E1%BA%ADn"])
configuration = media.GetVideoEncoderConfigurations()[0]
configuration.Resolution.Width, configuration.Resolution.Height = 1920, 1080
configuration.RateControl.BitrateLimit, configuration.Name = 99999, "Quầy tiếp nhận"
media.SetVideoEncoderConfiguration(Configuration=configuration, ForcePersistence=True)
after = media.GetVideoEncoderConfigurations()[0]
profile = media.GetProfiles()[0]
try:
    device.GetStorageConfigurations()
except ONVIFOperationException as error:
    unsupported = str(error)
said = {
    "model": device.GetDeviceInformation().Model, "before": [one.DNSname for one in before.NTPManual],
    "ntp": device.GetNTP().NTPManual[0].IPv4Address, "users": {one.Username: one.UserLevel for one in device.GetUsers()},
    "scopes": [one.ScopeItem for one in device.GetScopes()], "zone": device.GetSystemDateAndTime().TimeZone.TZ,
    "encoder": [after.Name, after.Resolution.Width, after.RateControl.BitrateLimit, after.H264.GovLength],
    "uri": media.GetStreamUri(ProfileToken=profile.token, StreamSetup={"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}).Uri,
    "sizes": len(media.GetVideoEncoderConfigurationOptions(ConfigurationToken=after.token).H264.ResolutionsAvailable),
    "unsupported": unsupported, "media2": None,
}
if client.services:
    media2 = client.media2()
    one = media2.GetVideoEncoderConfigurations()[0]
    one.Encoding = "H265"
    media2.SetVideoEncoderConfiguration(Configuration=one)
    token = media2.CreateOSD(OSD={"token": "", "VideoSourceConfigurationToken": "VideoSourceToken_1", "Type": "Text",
        "Position": {"Type": "UpperRight"}, "TextString": {"Type": "Plain", "PlainText": "Bàn số 1"}})
    said["media2"] = {
        "codec": media2.GetVideoEncoderConfigurations()[0].Encoding, "shown": [one.token for one in media.GetVideoEncoderConfigurations()],
        "overlays": {one.token: one.TextString.PlainText for one in media.GetOSDs()}, "token": token,
        "recordings": len(client.recording().GetRecordings()),
        "profiles": [one.Configurations.VideoEncoder.Encoding for one in media2.GetProfiles(Type=["VideoEncoder"])],
    }
print(json.dumps(said))
"""

LAPI = """
import json, sys
import requests
from requests.auth import HTTPDigestAuth
port, user, password, channel = sys.argv[1:]
session, root = requests.Session(), f"http://127.0.0.1:{port}/LAPI/V1.0"
session.auth = HTTPDigestAuth(user, password)
get = lambda path: session.get(f"{root}/{path}").json()["Response"]["Data"]
put = lambda path, data: session.put(f"{root}/{path}", data=json.dumps(data) + "\\r\\n").json()["Response"]["StatusCode"]
info, clock, video = (get(path) for path in ("System/DeviceInfo", "System/TimeNTP", f"Channels/{channel}/Media/Video"))
info["DeviceName"], clock["TimeZone"] = "Quầy tiếp nhận", 26
clock["NTPServerInfo"] |= {"Enabled": 1, "AddressType": 0, "Address": "10.64.0.1"}
video["VideoStreamInfos"][0]["VideoEncodeInfo"] |= {"Resolution": {"Width": 1920, "Height": 1080}, "BitRate": 99999}
codes = [put("System/DeviceInfo", info), put("System/TimeNTP", clock), put(f"Channels/{channel}/Media/Video", video), put("Network/SSH", {"Enabled": 0})]
video["VideoStreamInfos"][0]["VideoEncodeInfo"]["Resolution"] = {"Width": 1, "Height": 1}
refused = [put(f"Channels/{channel}/Media/Video", video), put("System/TimeNTP", {"TimeZone": 26}), put("Network/SSH", {"Enabled": "0"})]
unknown = session.get(f"{root}/System/Nothing")
print(json.dumps({
    "codes": codes, "refused": refused, "unknown": unknown.status_code, "name": get("System/DeviceInfo")["DeviceName"],
    "clock": get("System/TimeNTP"), "video": get(f"Channels/{channel}/Media/Video")["VideoStreamInfos"][0]["VideoEncodeInfo"],
    "ssh": get("Network/SSH"), "cameras": get("Channels/System/ChannelDetailInfos"), "overlays": get(f"Channels/{channel}/Media/OSDs")["Num"],
}))
"""

NOW = {"clock_offset_s": 0}
SPACES = {
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "trc": "http://www.onvif.org/ver10/recording/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "s": "http://www.w3.org/2003/05/soap-envelope",
}
GETS = {
    "tds": [
        "SystemDateAndTime",
        "DeviceInformation",
        "Capabilities",
        "NTP",
        "Hostname",
        "DNS",
        "NetworkInterfaces",
        "NetworkDefaultGateway",
        "NetworkProtocols",
        "DiscoveryMode",
        "Scopes",
        "Users",
    ],
    "trt": ["Profiles", "VideoEncoderConfigurations", "VideoEncoderConfigurationOptions", "VideoSources", "VideoSourceConfigurations"],
}
GETS2 = {
    "tds": [*GETS["tds"], "Services"],
    "trt": [*GETS["trt"], "OSDs"],
    "tr2": ["Profiles", "VideoEncoderConfigurations", "OSDs"],
    "trc": ["Recordings"],
}
PATHS = {
    "media1": {"tds": "device_service", "trt": "media_service"},
    "media2": {"tds": "device_service", "trt": "Media", "tr2": "Media2", "trc": "Recording"},
}
ENCODER = """<trt:SetVideoEncoderConfiguration><trt:Configuration token="VideoEncoderToken_1"><tt:Name>main</tt:Name><tt:UseCount>1</tt:UseCount>
<tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>1280</tt:Width><tt:Height>720</tt:Height></tt:Resolution><tt:Quality>4</tt:Quality>
<tt:RateControl><tt:FrameRateLimit>90</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl>
<tt:H264><tt:GovLength>40</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264>
<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>
<tt:SessionTimeout>PT60S</tt:SessionTimeout></trt:Configuration><trt:ForcePersistence>true</trt:ForcePersistence></trt:SetVideoEncoderConfiguration>"""


def token(user=FACTORY[0], password=FACTORY[1], ahead_s=0):
    """A WS-Security header as the Username Token Profile describes it."""
    nonce, created = secrets.token_bytes(16), (datetime.now(UTC) + timedelta(seconds=ahead_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
    hashed = base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()
    wss = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
    return f"""<w:Security xmlns:w="{wss}-wssecurity-secext-1.0.xsd"><w:UsernameToken><w:Username>{user}</w:Username>
<w:Password Type="{wss}-username-token-profile-1.0#PasswordDigest">{hashed}</w:Password><w:Nonce>{base64.b64encode(nonce).decode()}</w:Nonce>
<u:Created xmlns:u="{wss}-wssecurity-utility-1.0.xsd">{created}</u:Created></w:UsernameToken></w:Security>"""


def call(camera, inner, header="", auth=None):
    generation = camera.config.get("generation", "media2")
    path = PATHS[generation].get(inner[1:4], "device_service")
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items())
    body = f"<s:Envelope {spaces}><s:Header>{header}</s:Header><s:Body>{inner}</s:Body></s:Envelope>"
    return httpx.post(f"http://127.0.0.1:{camera.ports['http']}/onvif/{path}", content=body.encode(), auth=auth)


def subcodes(response):
    root = ElementTree.fromstring(response.content)
    return [value.text for value in root.findall(".//s:Subcode/s:Value", SPACES)]


def words(response):
    return ElementTree.fromstring(response.content).findtext(".//s:Reason/s:Text", "", SPACES)


@pytest.mark.parametrize(("generation", "kind"), [("media1", "token"), ("media2", "token"), ("media2", "digest")])
def test_onvif_python_reads_and_writes_both_generations(generation, kind, tmp_path):
    with emulated("onvif-camera", tmp_path, generation=generation, **NOW) as camera:
        said = program(ONVIF, camera.ports["http"], *FACTORY, kind)
        assert camera.hand("get", "name") == "Quầy tiếp nhận"
        assert camera.hand("get", "time.ntp") == "10.64.0.1"
        assert camera.hand("get", "streams.main.bitrate_kbps") == "8192"
    assert said["model"] == camera.config["model"]
    assert (said["before"], said["ntp"]) == ([] if generation == "media1" else ["pool.ntp.org"], "10.64.0.1")
    assert said["users"] == {"admin": "Administrator", "joe": "Operator"}
    assert said["scopes"][-1] == "onvif://www.onvif.org/name/Qu%E1%BA%A7y%20ti%E1%BA%BFp%20nh%E1%BA%ADn"
    assert said["encoder"] == ["Quầy tiếp nhận", 1920, 8192, 40]
    assert said["sizes"] == 4
    host = "192.168.1.108" if generation == "media1" else "127.0.0.1"
    assert said["uri"] == f"rtsp://{host}:{camera.ports['rtsp']}/onvif/profile1/media.smp"
    assert ("method name or namespace not recognized" in said["unsupported"]) == (generation == "media1")
    if generation == "media2":
        assert "Optional Action Not Implemented" in said["unsupported"]
        assert said["media2"] == {
            "codec": "H265",
            "shown": ["VideoEncoderToken_2"],
            "overlays": {"OSD_1": None, "OSD_2": "Camera 01", "OSD_3": "Bàn số 1"},
            "token": "OSD_3",
            "recordings": 1,
            "profiles": ["H265", "H264"],
        }


@pytest.mark.parametrize(("generation", "gets"), [("media1", GETS), ("media2", GETS2)])
def test_answers_are_as_the_official_schemas_want_them(generation, gets, tmp_path):
    with emulated("onvif-camera", tmp_path, generation=generation, **NOW) as camera:
        for service, names in gets.items():
            for name in names:
                response = call(camera, f"<{service}:Get{name}/>", token())
                assert response.status_code == 200, (name, response.text)
                assert validate(response.content) == [], name
        if generation == "media2":
            assert validate(call(camera, "<tr2:GetProfiles><tr2:Type>All</tr2:Type></tr2:GetProfiles>", token()).content) == []


def test_an_old_device_lets_in_only_who_knows_its_clock(tmp_path):
    with emulated("onvif-camera", tmp_path, generation="media1", clock_offset_s=-420, tz="CST6CDT:") as camera:
        clock = call(camera, "<tds:GetSystemDateAndTime/>")
        refused = call(camera, "<tds:GetUsers/>", token())
        header = token(ahead_s=-420)
        answered = call(camera, "<tds:GetUsers/>", header)
        again = call(camera, "<tds:GetUsers/>", header)
        services = call(camera, "<tds:GetServices/>")
        capabilities = call(camera, "<tds:GetCapabilities/>", token(ahead_s=-420))
    assert clock.status_code == 200
    assert "<tt:TZ>CST6CDT:</tt:TZ>" in clock.text
    assert (refused.status_code, subcodes(refused)) == (400, ["ter:NotAuthorized"])
    assert "www-authenticate" not in refused.headers
    assert answered.status_code == 200
    assert (again.status_code, subcodes(again)) == (400, ["ter:NotAuthorized"])
    assert (services.status_code, subcodes(services)) == (400, [])
    assert words(services) == "Method 'GetServices' not implemented: method name or namespace not recognized"
    assert "http://192.168.1.108/onvif/media_service" in capabilities.text


@pytest.mark.parametrize(("generation", "status"), [("media1", 400), ("media2", 401)])
def test_wrong_passwords_lock_the_user_out(generation, status, tmp_path):
    with emulated("onvif-camera", tmp_path, generation=generation, **NOW) as camera:
        for _ in range(4):
            call(camera, "<tds:GetUsers/>", token(password="not-this-1"))
        assert call(camera, "<tds:GetUsers/>", token()).status_code == 200
        for _ in range(5):
            call(camera, "<tds:GetUsers/>", token(password="not-this-1"))
        locked = call(camera, "<tds:GetUsers/>", token())
        camera.hand("unlock")
        unlocked = call(camera, "<tds:GetUsers/>", token())
    assert (locked.status_code, subcodes(locked)) == (status, ["ter:NotAuthorized"])
    assert unlocked.status_code == 200


def test_a_new_device_counts_both_kinds_of_login_together(tmp_path):
    with emulated("onvif-camera", tmp_path, **NOW) as camera:
        challenged = call(camera, "<tds:GetUsers/>")
        for _ in range(3):
            call(camera, "<tds:GetUsers/>", token(password="not-this-1"))
        for _ in range(2):
            call(camera, "<tds:GetUsers/>", auth=httpx.DigestAuth(FACTORY[0], "not-this-1"))
        assert call(camera, "<tds:GetUsers/>", auth=httpx.DigestAuth(*FACTORY)).status_code == 401
    assert challenged.status_code == 401
    assert challenged.headers["www-authenticate"].startswith("Digest ")


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("<trt:ForcePersistence>true</trt:ForcePersistence>", "", ["ter:WellFormed"]),
        ("<tt:Quality>4</tt:Quality>\n", "", ["ter:WellFormed"]),
        ("<tt:Width>1280", "<tt:Width>1281", ["ter:InvalidArgVal", "ter:ConfigModify"]),
        ("Token_1", "Token_9", ["ter:InvalidArgVal", "ter:NoConfig"]),
        (">H264<", ">H265<", ["ter:InvalidArgVal", "ter:ConfigModify"]),
        ("<tt:Name>main", "<trt:Name>main", ["ter:WellFormed"]),
    ],
)
@pytest.mark.parametrize("generation", ["media1", "media2"])
def test_a_wrong_encoder_configuration_is_refused(generation, old, new, codes, tmp_path):
    assert old in ENCODER
    with emulated("onvif-camera", tmp_path, generation=generation, **NOW) as camera:
        refused = call(camera, ENCODER.replace(old, new).replace("<trt:Name>main</tt:Name>", "<trt:Name>main</trt:Name>"), token())
        before = call(camera, "<trt:GetVideoEncoderConfigurations/>", token())
        right = call(camera, ENCODER, token())
        after = call(camera, "<trt:GetVideoEncoderConfigurations/>", token())
    assert (refused.status_code, subcodes(refused)) == (400, codes)
    assert "<tt:FrameRateLimit>20<" in before.text
    assert right.status_code == 200
    assert "<tt:FrameRateLimit>25<" in after.text


def test_users_follow_the_rules(tmp_path):
    def user(operation, name, password, level):
        secret = f"<tt:Password>{password}</tt:Password>" if password else ""
        return f"<tds:{operation}><tds:User><tt:Username>{name}</tt:Username>{secret}<tt:UserLevel>{level}</tt:UserLevel></tds:User></tds:{operation}>"

    with emulated("onvif-camera", tmp_path, **NOW) as camera:
        weak = call(camera, user("CreateUsers", "joe", "12345678", "User"), token())
        made = call(camera, user("CreateUsers", "joe", "Kh0ng-yeu", "User"), token())
        twice = call(camera, user("CreateUsers", "joe", "Kh0ng-yeu", "User"), token())
        low = call(camera, ENCODER, token("joe", "Kh0ng-yeu"))
        call(camera, user("SetUser", "joe", "", "Operator"), token())
        high = call(camera, ENCODER, token("joe", "Kh0ng-yeu"))
        fixed = call(camera, "<tds:DeleteUsers><tds:Username>admin</tds:Username></tds:DeleteUsers>", token())
        gone = call(camera, "<tds:DeleteUsers><tds:Username>joe</tds:Username></tds:DeleteUsers>", token())
        unknown = call(camera, "<trt:GetProfiles/>", token("joe", "Kh0ng-yeu"))
    assert (weak.status_code, subcodes(weak), words(weak)) == (400, ["ter:OperationProhibited", "ter:Password"], "Too weak password.")
    assert made.status_code == 200
    assert subcodes(twice) == ["ter:OperationProhibited", "ter:UsernameClash"]
    assert subcodes(low) == ["ter:NotAuthorized", "ter:LowPrivilege"]
    assert high.status_code == 200
    assert subcodes(fixed) == ["ter:InvalidArgVal", "ter:FixedUser"]
    assert gone.status_code == 200
    assert unknown.status_code == 401


def test_one_token_can_name_two_encoders(tmp_path):
    with emulated("onvif-camera", tmp_path, quirks={"duplicate_tokens": True}, **NOW) as camera:
        two = call(camera, "<tr2:GetVideoEncoderConfigurations/>", token())
    assert two.text.count('<tr2:Configurations token="000"') == 2


def test_time_is_set_by_hand_and_kept_as_a_mode(tmp_path):
    manual = """<tds:SetSystemDateAndTime><tds:DateTimeType>Manual</tds:DateTimeType><tds:DaylightSavings>false</tds:DaylightSavings><tds:TimeZone><tt:TZ>CST-7:00:00</tt:TZ></tds:TimeZone>
<tds:UTCDateTime><tt:Time><tt:Hour>23</tt:Hour><tt:Minute>0</tt:Minute><tt:Second>0</tt:Second></tt:Time><tt:Date><tt:Year>2020</tt:Year><tt:Month>1</tt:Month><tt:Day>31</tt:Day></tt:Date></tds:UTCDateTime></tds:SetSystemDateAndTime>"""
    with emulated("onvif-camera", tmp_path, **NOW) as camera:
        assert call(camera, manual, auth=httpx.DigestAuth(*FACTORY)).status_code == 200
        root = ElementTree.fromstring(call(camera, "<tds:GetSystemDateAndTime/>").content)
        bad = call(camera, manual.replace("CST-7:00:00", "7"), auth=httpx.DigestAuth(*FACTORY))
    wall = root.find(".//tt:LocalDateTime", SPACES)
    assert (wall.findtext(".//tt:Month", "", SPACES), wall.findtext(".//tt:Day", "", SPACES), wall.findtext(".//tt:Hour", "", SPACES)) == (
        "2",
        "1",
        "6",
    )
    assert subcodes(bad) == ["ter:InvalidArgVal", "ter:InvalidTimeZone"]


@pytest.mark.parametrize(("kind", "unknown", "channel"), [("uniview-camera", 404, 0), ("uniview-nvr", 599, 1)])
def test_a_stranger_reads_and_writes_lapi(kind, unknown, channel, tmp_path):
    cameras = [{"number": 1, "name": "Quầy số 1", "address": "127.0.0.1", "rtsp": free_port(), "user": "admin", "password": "x"}]
    with emulated(kind, tmp_path, channels=cameras, model="NVR302-16S2", serial="210235XAX93239000099", **NOW) as device:
        said = program(LAPI, device.ports["http"], *FACTORY, channel)
        assert device.hand("get", "name") == "Quầy tiếp nhận"
        assert device.hand("get", "time.ntp") == "10.64.0.1"
        encoder = call(device, "<tr2:GetVideoEncoderConfigurations/>", token())
        wrong = httpx.get(f"http://127.0.0.1:{device.ports['http']}/LAPI/V1.0/System/DeviceInfo", auth=httpx.DigestAuth("admin", "x"))
    assert said["codes"] == [0, 0, 0, 0]
    assert said["refused"] == [60006, 60006, 60006]
    assert said["unknown"] == unknown
    assert said["name"] == "Quầy tiếp nhận"
    assert (said["clock"]["TimeZone"], said["clock"]["NTPServerInfo"]["Address"]) == (26, "10.64.0.1")
    assert (said["video"]["Resolution"]["Width"], said["video"]["BitRate"]) == (1920, 8192)
    assert said["ssh"] == {"Enabled": 0}
    assert said["cameras"]["Nums"] == 1
    assert said["overlays"] == 2
    assert "<tt:Width>1920</tt:Width>" in encoder.text
    assert wrong.status_code == 401


STREAMS = {"onvif-camera": "/onvif/profile1/media.smp", "uniview-camera": "/media/video1"}


@pytest.mark.parametrize("kind", STREAMS)
def test_ffmpeg_decodes_the_stream_that_the_device_is_set_to(kind, tmp_path):
    with emulated(kind, tmp_path) as camera:
        shown = probe(camera.ports["rtsp"], STREAMS[kind], FACTORY[1])
        refused = probe(camera.ports["rtsp"], STREAMS[kind], "not-this-1")
    assert shown.returncode == 0, shown.stderr
    (stream,) = json.loads(shown.stdout)["streams"]
    assert (stream["codec_name"], stream["width"], stream["height"]) == ("h264", 2560, 1440)
    assert int(stream["nb_read_frames"]) > 0
    assert "401" in refused.stderr


def test_a_recorder_passes_on_what_its_camera_sends(tmp_path):
    with contextlib.ExitStack() as stack:
        folders = [tmp_path / name for name in ("camera", "recorder")]
        for folder in folders:
            folder.mkdir()
        camera = stack.enter_context(emulated("uniview-camera", folders[0]))
        channel = {
            "number": 1,
            "name": "1",
            "address": "127.0.0.1",
            "rtsp": camera.ports["rtsp"],
            "user": FACTORY[0],
            "password": FACTORY[1],
        }
        recorder = stack.enter_context(emulated("uniview-nvr", folders[1], channels=[channel]))
        shown = probe(recorder.ports["rtsp"], "/unicast/c1/s0/live", FACTORY[1])
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["streams"][0]["width"] == 2560
