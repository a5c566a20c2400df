"""Emulated devices at their own wire: every fault as it can be seen there, both generations of firmware, and what wire facts say of either vendor."""

import base64
import hashlib
import json
import re
import ssl
import subprocess
import time
from contextlib import contextmanager

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.unit.wire import FACTORY, emulated

INFO = {"hikvision-camera": "/ISAPI/System/deviceInfo", "dahua-camera": "/cgi-bin/configManager.cgi?action=getConfig&name=General"}
PROLOG = '<?xml version="1.0" encoding="UTF-8"?>'
BOX = {"number": 1, "address": "127.0.0.2", "user": "admin", "password": FACTORY[1], "name": "Camera 01", "private": False}


class Wire:
    """A plain client of one device."""

    def __init__(self, device, login=FACTORY, scheme="http", kind=httpx.DigestAuth):
        self.device, self._kind, self._login = device, kind, login
        self._client = httpx.Client(
            base_url=f"{scheme}://127.0.0.1:{device.ports[scheme]}",
            verify=False,
            timeout=10,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def __call__(self, method, path, content=None, **more):
        auth = self._kind(*self._login) if self._login else None
        content = content.encode() if isinstance(content, str) else content
        return self._client.request(method, path, content=content, auth=auth, **more)

    def get(self, path):
        return self("GET", path)

    def put(self, path, content):
        return self("PUT", path, content, headers={"Content-Type": "application/xml"})


@contextmanager
def running(kind, folder, **changes):
    with emulated(kind, folder, **changes) as device:
        yield Wire(device)


@pytest.fixture(scope="module", params=INFO)
def healthy(request, tmp_path_factory):
    with running(request.param, tmp_path_factory.mktemp(request.param)) as wire:
        yield wire


@pytest.fixture
def wire(healthy):
    yield healthy
    healthy.device.hand("faults", value=[])


def info(wire):
    return INFO[wire.device.config["kind"]]


def faulty(wire, kind, **more):
    wire.device.hand("faults", value=[{"path": "deviceInfo|name=General", "kind": kind, "login": True, **more}])
    return wire.get(info(wire))


# --- faults ---


def test_half_of_a_body_is_announced_as_the_whole(wire):
    right = wire.get(info(wire)).content
    half = faulty(wire, "half")
    assert half.content == right[: len(right) // 2]
    assert half.headers["content-length"] == str(len(right) // 2)


def test_a_connection_breaks_in_the_middle_of_a_body(wire):
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        faulty(wire, "cut")


def test_a_slow_answer_comes_byte_by_byte(wire):
    right = wire.get(info(wire)).content
    begun = time.monotonic()
    assert faulty(wire, "slow", seconds=0.002).content == right
    assert time.monotonic() - begun > 0.002 * len(right)


def test_a_silent_device_never_answers_and_keeps_answering_others(wire):
    wire.device.hand("faults", value=[{"path": ".", "kind": "silent", "times": 1}])
    with pytest.raises(httpx.ReadTimeout):
        wire("GET", info(wire), timeout=0.5)
    assert wire.get(info(wire)).status_code == 200


def test_a_busy_device_says_so_in_its_vendors_words(wire):
    busy = faulty(wire, "busy")
    assert busy.status_code == 503
    assert ("deviceBusy" in busy.text) == ("hikvision" in wire.device.config["kind"])


def test_an_error_comes_with_a_status_of_success(wire):
    wrong = faulty(wire, "error200")
    assert wrong.status_code == 200
    assert ("deviceError" if "hikvision" in wire.device.config["kind"] else "Error\r\n") in wrong.text


def test_a_login_is_called_stale_again_and_again_or_gets_no_challenge(wire):
    first, second = (faulty(wire, "stale").headers["www-authenticate"] for _ in range(2))
    assert first != second
    assert 'stale="TRUE"' in first
    none = faulty(wire, "stale", challenge="none")
    assert (none.status_code, "www-authenticate" in none.headers) == (401, False)


def test_a_redirect_leads_elsewhere(wire):
    away = faulty(wire, "redirect", to="http://127.0.0.9/login")
    assert (away.status_code, away.headers["location"]) == (302, "http://127.0.0.9/login")


def test_a_huge_answer_is_as_large_as_announced(wire):
    assert len(faulty(wire, "huge").content) > 50_000_000


@pytest.mark.parametrize(("kind", "mark"), [("bomb", b"<!ENTITY i "), ("garbage", b"\x0d\xb4"), ("foreign", b"<title>Router")])
def test_something_else_than_a_document(wire, kind, mark):
    answer = faulty(wire, kind)
    assert answer.status_code == 200
    assert mark in answer.content


def test_a_device_goes_down_in_the_middle_of_a_request_and_returns(wire):
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        faulty(wire, "reboot", times=1)
    with pytest.raises(httpx.ConnectError):
        wire.get(info(wire))
    wire.device.hand("wait")
    assert wire.get(info(wire)).status_code == 200


def rename(wire, name):
    if "dahua" in wire.device.config["kind"]:
        return wire.get(f"/cgi-bin/configManager.cgi?action=setConfig&General.MachineName={name}")
    return wire.put(INFO["hikvision-camera"], re.sub("<deviceName>[^<]*", f"<deviceName>{name}", wire.get(info(wire)).text))


def test_a_lie_is_told_with_the_words_of_success_and_nothing_is_kept(wire):
    done = rename(wire, "before")
    wire.device.hand("faults", value=[{"path": ".", "kind": "lie"}])
    lie = rename(wire, "after")
    assert (lie.status_code, lie.content) == (done.status_code, done.content)
    assert wire.device.hand("get", "name") == "before"


def test_a_lost_answer_leaves_what_was_written(wire):
    path = "deviceInfo" if "hikvision" in wire.device.config["kind"] else "setConfig"
    method = "PUT" if path == "deviceInfo" else "GET"
    fault = {"path": path, "method": method, "kind": "reboot", "stored": True, "login": True, "times": 1}
    wire.device.hand("faults", value=[fault])
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        rename(wire, "kept")
    wire.device.hand("wait")
    assert wire.device.hand("get", "name") == "kept"


def test_a_fault_is_where_and_as_often_as_it_was_asked_for(wire):
    assert faulty(wire, "garbage", times=1).content != wire.get(info(wire)).content
    assert faulty(wire, "garbage", method="DELETE").text == wire.get(info(wire)).text
    wire.device.hand("faults", value=[{"path": "elsewhere$", "kind": "garbage"}])
    assert wire.get(f"{info(wire)}").content != wire("GET", "/elsewhere").content
    wire.device.hand("faults", value=[{"path": ".", "kind": "foreign"}])
    assert "Router" in Wire(wire.device, login=None).get(info(wire)).text, "without login: true a fault comes before any login"
    with pytest.raises(AssertionError, match="no such faults: \\['flood'\\]"):
        wire.device.hand("faults", value=[{"path": ".", "kind": "flood"}])


# --- certificates ---


def shown(device, *what):
    pem = ssl.get_server_certificate(("127.0.0.1", device.ports["https"]))
    return openssl("x509", "-noout", *what, given=pem)


def openssl(*arguments, given=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=given, capture_output=True, text=True, check=True).stdout


def test_certificates_are_the_devices_own_or_expired_or_anothers(tmp_path):
    seen = {}
    for turn, tls in enumerate(["own", "own", "expired", "foreign", "foreign"]):
        with emulated("dahua-camera", tmp_path, tls=tls) as device:
            seen[turn] = shown(device, "-pubkey"), shown(device, "-subject"), shown(device, "-enddate")
    keys, subjects, ends = zip(*seen.values(), strict=True)
    assert keys[0] == keys[1] == keys[2]
    assert len({keys[0], keys[3], keys[4]}) == 3
    assert "foreign" in subjects[3] and "foreign" not in subjects[2]
    assert "2016" in ends[2] and "2016" not in ends[0]


def test_hikvision_a_certificate_for_the_devices_request_is_shown_from_then_on(tmp_path):
    at = "/ISAPI/Security/serverCertificate"
    openssl(
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=authority",
        "-keyout",
        tmp_path / "ca.key",
        "-out",
        tmp_path / "ca.pem",
    )
    with running("hikvision-camera", tmp_path) as wire:
        key = shown(wire.device, "-pubkey")
        assert {wire.get(f"{at}/{name}").status_code for name in ("certSignReq", "downloadCertSignReq")} == {403}
        assert wire.put(f"{at}/certSignReq", f"{PROLOG}<CertificateReq><commonName>a-cam1</commonName></CertificateReq>").status_code == 200
        asked = wire.get(f"{at}/certSignReq").text
        assert "<CertificateReq" in asked and "<commonName>a-cam1</commonName>" in asked
        request = wire.get(f"{at}/downloadCertSignReq").text
        signed = openssl(
            "x509", "-req", "-CA", tmp_path / "ca.pem", "-CAkey", tmp_path / "ca.key", "-CAcreateserial", "-days", "30", given=request
        )
        assert wire.put(f"{at}/certificate", (tmp_path / "ca.pem").read_text()).status_code == 400
        assert "authority" not in shown(wire.device, "-issuer")
        assert wire.put(f"{at}/certificate", signed).status_code == 200
        assert "authority" in shown(wire.device, "-issuer") and "a-cam1" in shown(wire.device, "-subject")
        assert shown(wire.device, "-pubkey") == key
    with emulated("hikvision-camera", tmp_path) as again:
        assert "authority" in shown(again, "-issuer")


# --- Hikvision ---


def test_hikvision_5_2_speaks_as_its_time_did(tmp_path):
    with running("hikvision-camera", tmp_path, generation="5.2") as wire:
        stream = wire.get("/ISAPI/Streaming/channels/101").text
        assert "<Security><enabled>true</enabled></Security>" in re.sub(r"\s", "", stream)
        assert "http://www.hikvision.com/ver10/XMLSchema" in stream
        assert "<videoQualityControlType>vbr<" in stream and "SmartCodec" not in stream
        assert "urn:psialliance-org" in wire.get("/ISAPI/System/Network/UPnP").text
        assert "<addressingFormatType>ipaddress<" in wire.get("/ISAPI/System/time/ntpServers/1").text
        assert "ver20" not in wire.get("/ISAPI/System/time").text
        assert wire.get("/ISAPI/System/Network/EZVIZ").status_code == 500
        refused = wire.get("/ISAPI/Security/adminAccesses")
        assert (refused.status_code, "methodNotAllowed" in refused.text) == (400, True)
        bare = Wire(wire.device, login=("admin", "not-this-1")).get(INFO["hikvision-camera"])
        assert (bare.status_code, "retryLoginTime" in bare.text) == (401, False)
        document = wire.get("/ISAPI/System/Network/UPnP").text.replace(">true<", ">false<")
        assert "badXmlFormat" in wire("PUT", "/ISAPI/System/Network/UPnP", document).text
        assert "badXmlFormat" in wire.put("/ISAPI/System/Network/UPnP", document.removeprefix(PROLOG).lstrip()).text
        assert wire.put("/ISAPI/System/Network/UPnP", document).status_code == 200
        assert wire.device.hand("get", "services.upnp") == "false"


def aes(key, data, seal):
    cipher = Cipher(algorithms.AES(key), modes.ECB())
    engine = cipher.encryptor() if seal else cipher.decryptor()
    return engine.update(data) + engine.finalize()


def activation(wire, password, proof=None):
    """The steps of a client that activates; ``proof`` in place of what the device gave it."""
    key = rsa.generate_private_key(0x10001, 1024)
    modulus = base64.b64encode(f"{key.public_key().public_numbers().n:0256x}".encode()).decode()
    said = wire("POST", "/ISAPI/Security/challenge", f"{PROLOG}<PublicKey><key>{modulus}</key></PublicKey>").text
    sealed = bytes.fromhex(base64.b64decode(re.search("<key>([^<]+)", said).group(1)).decode())
    random = key.decrypt(sealed, padding.PKCS1v15())
    sent = aes(bytes.fromhex(random.decode()), (proof or random[:16]) + password.encode().ljust(16, b"\0"), seal=True)
    body = base64.b64encode(sent.hex().encode()).decode()
    return wire.put("/ISAPI/System/activate", f"{PROLOG}<ActivateInfo><password>{body}</password></ActivateInfo>")


def test_hikvision_a_factory_fresh_device_takes_its_first_password_sealed(tmp_path):
    with emulated("hikvision-camera", tmp_path, quirks={"factory": True}) as device:
        anyone, admin = Wire(device, login=None), Wire(device, login=("admin", "Quay-1234"))
        assert "<Activated>false<" in anyone.get("/SDK/activateStatus").text
        assert "notActivated" in anyone.get(INFO["hikvision-camera"]).text
        assert "riskPassword" in activation(anyone, "short").text
        assert anyone.put("/ISAPI/System/activate", f"{PROLOG}<ActivateInfo><password>NDE=</password></ActivateInfo>").status_code == 403
        assert activation(anyone, "Quay-1234", proof=bytes(16)).status_code == 400
        assert activation(anyone, "Quay-1234").status_code == 200
        assert "<Activated>true<" in anyone.get("/SDK/activateStatus").text
        assert admin.get(INFO["hikvision-camera"]).status_code == 200


def test_hikvision_firmware_runs_from_the_next_start_on_and_foreign_files_are_refused(tmp_path):
    with running("hikvision-camera", tmp_path) as wire:
        at = "/ISAPI/System/updateFirmware"
        assert "badDevType" in wire("PUT", at, b"MZ" + bytes(1000)).text
        assert "rebootRequired" in wire("PUT", at, b"HKFW V5.7.23\n" + bytes(20 << 20)).text
        assert re.search(r"<percent>\d+</percent>", wire.get("/ISAPI/System/upgradeStatus").text)
        assert "V5.7.18" in wire.get(INFO["hikvision-camera"]).text
        wire("PUT", "/ISAPI/System/reboot")
        wire.device.hand("wait")
        assert "V5.7.23" in wire.get(INFO["hikvision-camera"]).text
        backup = wire.get("/ISAPI/System/configurationData").content
        assert len(backup) > 1000 and b"admin" not in backup
        assert wire.get("/ISAPI/System/configurationData").content == backup


def test_hikvision_rights_and_onvifs_own_accounts(tmp_path):
    with running("hikvision-camera", tmp_path) as wire:
        user = "<User><id>0</id><userName>vms</userName><password>Quay-1234</password><userLevel>Operator</userLevel></User>"
        assert wire("POST", "/ISAPI/Security/users", PROLOG + user).status_code == 200
        rights = wire.get("/ISAPI/Security/UserPermission/2").text
        assert "<playBack>true<" in rights and "<upgrade>false<" in rights
        wire.put("/ISAPI/Security/UserPermission/2", rights.replace("<playBack>true<", "<playBack>false<"))
        assert "<playBack>false<" in wire.get("/ISAPI/Security/UserPermission/2").text
        assert wire.get("/ISAPI/Security/UserPermission/9").status_code == 403
        at = "/ISAPI/Security/ONVIF/users"
        row = "<User><id>1</id><userName>{}</userName><password>{}</password><userType>{}</userType></User>"
        assert wire("POST", at, row.format("vms", "Quay-1234", "operator")).status_code == 200
        assert "userNameExist" in wire("POST", at, row.format("vms", "Quay-1234", "operator")).text
        assert "riskPassword" in wire("POST", at, row.format("weak", "1", "operator")).text
        assert "<userType>operator<" in wire.get(at).text and "Quay-1234" not in wire.get(at).text
        assert wire.put(f"{at}/1", row.format("vms", "Quay-5678", "mediaUser")).status_code == 200
        assert "<userType>mediaUser<" in wire.get(at).text
        whole = f"<UserList>{row.format('vms', '', 'operator')}{row.format('hai', 'Quay-9999', 'mediaUser').replace('<id>1<', '<id>2<')}</UserList>"
        assert wire.put(at, whole).status_code == 200
        assert re.findall("<userName>(.*?)<", wire.get(at).text) == ["vms", "hai"]
        assert wire("DELETE", f"{at}/1").status_code == 200
        assert re.findall("<userName>(.*?)<", wire.get(at).text) == ["hai"]


def test_hikvision_four_rows_of_text_are_kept_as_they_were_written(tmp_path):
    with running("hikvision-camera", tmp_path) as wire:
        at = "/ISAPI/System/Video/inputs/channels/1/overlays"
        before = wire.get(at).text
        assert before.count("<TextOverlay>") == 4
        assert (
            wire.put(
                at, re.sub("<displayText ?/>|<displayText></displayText>", "<displayText>Quầy tiếp nhận</displayText>", before, count=1)
            ).status_code
            == 200
        )
        assert "<displayText>Quầy tiếp nhận<" in wire.get(at).text
        fifth = "<TextOverlay><id>5</id></TextOverlay></TextOverlayList>"
        assert wire.put(at, before.replace("</TextOverlayList>", fifth)).status_code == 400


def test_hikvision_recorder_channels_come_and_go_with_their_plans(tmp_path):
    with running("hikvision-nvr", tmp_path, channels=[BOX]) as wire:
        at, tracks = "/ISAPI/ContentMgmt/InputProxy/channels", "/ISAPI/ContentMgmt/record/tracks"
        plan = wire.get(f"{tracks}/101").text
        assert "<ActionRecordingMode>MOTION<" in plan and "<enableSchedule>false<" in plan
        wire.put(f"{tracks}/101", plan.replace(">MOTION<", ">CMR<").replace("<enableSchedule>false<", "<enableSchedule>true<"))
        assert "<enableSchedule>true<" in wire.get(tracks).text
        assert wire.put(f"{tracks}/101", plan.replace(">MOTION<", ">SOMETIMES<")).status_code == 400
        new = "<InputProxyChannel><id>3</id><name>Quầy & cửa</name><sourceInputPortDescriptor><ipAddress>127.0.0.3</ipAddress><userName>vms</userName><password>Quay-1234</password></sourceInputPortDescriptor></InputProxyChannel>"
        new = new.replace("&", "&amp;")
        assert wire("POST", at, new).status_code == 200
        assert wire("POST", at, new).status_code == 400, "the number is taken"
        shown_now = wire.get(f"{at}/3").text
        assert "<name>Quầy &amp; cửa</name>" in shown_now and "Quay-1234" not in shown_now
        assert wire.get(f"{tracks}/301").status_code == 200
        assert wire("DELETE", f"{at}/3").status_code == 200
        assert {wire.get(f"{at}/3").status_code, wire.get(f"{tracks}/301").status_code, wire("DELETE", f"{at}/3").status_code} == {403}


# --- Dahua ---


def upper(*parts):
    return hashlib.md5(":".join(parts).encode()).hexdigest().upper()


class Rpc:
    """A session of RPC2."""

    def __init__(self, wire, user=FACTORY[0], password=FACTORY[1]):
        self._wire, self._session = Wire(wire.device, login=None), None
        asked = self("global.login", "/RPC2_Login", userName=user, password="")
        self._session, self.realm = asked["session"], asked["params"]["realm"]
        hashed = upper(user, asked["params"]["random"], upper(user, self.realm, password))
        self.login = self("global.login", "/RPC2_Login", userName=user, password=hashed)

    def __call__(self, method, path="/RPC2", **params):
        body = {"method": method, "params": params, "id": 1} | ({"session": self._session} if self._session else {})
        return self._wire("POST", path, json.dumps(body)).json()

    def table(self, name):
        return self("configManager.getConfig", name=name)["params"]["table"]


def users(wire, action, **fields):
    query = "".join(f"&{key.replace('_', '.')}={value}" for key, value in fields.items())
    return wire.get(f"/cgi-bin/userManager.cgi?action={action}{query}")


@pytest.mark.parametrize("generation", ["2020", "2012"])
def test_dahua_accounts_by_cgi(tmp_path, generation):
    kind = httpx.BasicAuth if generation == "2012" else httpx.DigestAuth
    with emulated("dahua-camera", tmp_path, generation=generation) as device:
        wire, vms = Wire(device, kind=kind), Wire(device, login=("vms", "Quay-1234"), kind=kind)
        new = {"user_Name": "vms", "user_Password": "Quay-1234", "user_Group": "user", "user_Sharable": "true", "user_Reserved": "false"}
        assert users(wire, "addUser", **new).text == "OK\r\n"
        assert users(wire, "addUser", **new).status_code == 400
        assert "Name=vms\r\n" in users(vms, "getUserInfoAll").text
        assert users(vms, "deleteUser", name="admin").status_code == 403
        assert users(wire, "modifyPassword", name="vms", pwd="Quay-5678", pwdOld="wrong").status_code == 400
        assert users(wire, "modifyPassword", name="vms", pwd="Quay-5678", pwdOld="Quay-1234").text == "OK\r\n"
        assert users(vms, "getUserInfoAll").status_code == 401
        assert users(wire, "modifyUser", name="vms", user_Group="admin").text == "OK\r\n"
        assert (
            users(wire, "modifyPasswordByManager", name="vms", pwd="Quay-1234", managerName=FACTORY[0], managerPwd=FACTORY[1]).text
            == "OK\r\n"
        )
        assert "Group=admin" in users(vms, "getUserInfoAll").text.split("Name=vms")[1]
        assert users(wire, "deleteUser", name="admin").status_code == 400
        assert users(wire, "deleteUser", name="vms").text == "OK\r\n"
        assert "vms" not in users(wire, "getUserInfoAll").text


def test_dahua_2012_has_basic_on_both_ports_and_no_rpc2(tmp_path):
    with emulated("dahua-camera", tmp_path, generation="2012") as device:
        for scheme in ("http", "https"):
            refused = Wire(device, login=None, scheme=scheme).get(INFO["dahua-camera"])
            assert refused.headers["www-authenticate"] == 'Basic realm="Device_CGI"'
            assert "MachineName=KBVISION" in Wire(device, scheme=scheme, kind=httpx.BasicAuth).get(INFO["dahua-camera"]).text
        assert Wire(device, login=None)("POST", "/RPC2_Login", "{}").status_code == 404
        wrong = Wire(device, login=("admin", "not-this-1"), kind=httpx.BasicAuth).get(INFO["dahua-camera"])
        assert (wrong.status_code, wrong.text) == (401, "Invalid Authority!\r\n")


def test_dahua_rpc2_takes_whole_tables_only(tmp_path):
    with running("dahua-camera", tmp_path) as wire:
        rpc = Rpc(wire)
        assert rpc.login["result"] is True
        encode = rpc.table("Encode")
        assert encode[0]["MainFormat"][0]["Video"]["Width"] == 2560
        encode[0]["MainFormat"][0]["Video"]["BitRate"] = 99999
        assert rpc("configManager.setConfig", name="Encode", table=encode)["result"] is True
        assert "MainFormat[0].Video.BitRate=8192\r\n" in wire.get("/cgi-bin/configManager.cgi?action=getConfig&name=Encode").text
        encode[0]["MainFormat"][0]["Video"]["Width"] = 1
        assert rpc("configManager.setConfig", name="Encode", table=encode)["error"]["code"] == 268959743
        assert rpc("configManager.setConfig", name="NTP", table={"Enable": True})["result"] is False
        assert rpc.table("UserGlobal") == {"OnvifLoginCheck": True}
        hashed = upper("vms", rpc.realm, "Quay-1234")
        assert rpc("userManager.addUser", user={"Name": "vms", "Group": "user", "Password": hashed})["result"] is True
        assert rpc("userManager.deleteUser", name="vms")["result"] is True
        assert rpc("userManager.deleteUser", name="admin")["result"] is False


def test_dahua_keeps_rows_of_text_and_has_a_backup_disks_and_firmware(tmp_path):
    with running("dahua-camera", tmp_path, quirks={"disks": ["Success", "Error"]}) as wire:
        at = "/cgi-bin/configManager.cgi?action="
        text = "Qu%E1%BA%A7y%20ti%E1%BA%BFp%20nh%E1%BA%ADn%7Ct%E1%BA%A7ng%201"
        assert wire.get(f"{at}setConfig&VideoWidget[0].CustomTitle[1].Text={text}").text == "OK\r\n"
        assert "CustomTitle[1].Text=Quầy tiếp nhận|tầng 1\r\n" in wire.get(f"{at}getConfig&name=VideoWidget").text
        disks = wire.get("/cgi-bin/storageDevice.cgi?action=getDeviceAllInfo").text
        assert re.findall("State=(.*)\r", disks) == ["Success", "Error"]
        backup = wire.get("/cgi-bin/Config.backup?action=All").content
        assert len(backup) > 1000 and b"admin" not in backup
        upload = "/cgi-bin/upgrader.cgi?action=uploadFirmware"
        assert wire("POST", upload, b"MZ" + bytes(1000)).status_code == 400
        part = b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nDHFW 2.880.0\n' + bytes(20 << 20) + b"\r\n--x--\r\n"
        assert wire("POST", upload, part).text == "OK\r\n"
        wire.device.hand("wait")
        assert "version=2.880.0," in wire.get("/cgi-bin/magicBox.cgi?action=getSoftwareVersion").text
        assert wire.get("/cgi-bin/upgrader.cgi?action=getState").text == "state.State=Succeeded\r\n"


INPUT = {
    "UserName": "vms",
    "Password": "Quay-1234",
    "ProtocolType": "Private",
    "Address": "127.0.0.3",
    "Port": 37777,
    "HttpPort": 80,
    "RtspPort": 554,
}
REMOTE = "RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_"


def logic(wire, action, **asked):
    return wire("POST", f"/cgi-bin/api/LogicDeviceManager/{action}", json.dumps(asked))


def test_dahua_recorder_that_speaks_json_of_its_channels(tmp_path):
    with running("dahua-nvr", tmp_path, channels=[BOX]) as wire:
        used = [camera["UniqueChannel"] for camera in logic(wire, "getCameraAll").json()["camera"] if camera["Enable"]]
        assert used == [0]
        group = [{"DeviceInfo": INPUT, "cameras": [{"uniqueChannel": 2}]}]
        assert logic(wire, "setCamera", group=group).json()["group"][0]["cameras"][0]["failedCode"] == 1, "nothing is bound there"
        assert logic(wire, "addCameraByGroup", group=group).json()["group"][0]["cameras"] == [{"uniqueChannel": 2, "failedCode": 0}]
        assert logic(wire, "addCameraByGroup", group=group).json()["group"][0]["cameras"][0]["failedCode"] == 1
        said = logic(wire, "getCameraAll")
        assert said.json()["camera"][2]["DeviceInfo"]["Address"] == "127.0.0.3"
        assert "Quay-1234" not in said.text
        assert logic(wire, "setCamera", group=[group[0] | {"DeviceInfo": INPUT | {"Address": "127.0.0.4"}}]).status_code == 200
        assert logic(wire, "getCameraAll").json()["camera"][2]["DeviceInfo"]["Address"] == "127.0.0.4"
        assert logic(wire, "deleteCameraByGroup", group=[{"uniqueChannels": [2]}]).json()["info"] == [{"uniqueChannel": 2, "failedCode": 0}]
        assert logic(wire, "getCameraAll").json()["camera"][2]["DeviceInfo"]["Address"] == "192.168.0.0"
        assert logic(wire, "inventedHere").status_code == 400
        assert wire.get("/cgi-bin/configManager.cgi?action=getConfig&name=RemoteDevice").status_code == 403
        titles = wire.get("/cgi-bin/configManager.cgi?action=getConfig&name=ChannelTitle").text
        assert titles.startswith("table.ChannelTitle[0].Name=Camera 01\r\n") and "ChannelTitle[7].Name" in titles
        assert "table.Encode[7].ExtraFormat[0].Video.FPS" in wire.get("/cgi-bin/configManager.cgi?action=getConfig&name=Encode").text


@pytest.mark.parametrize("absent", [400, 404, 501])
def test_dahua_recorder_that_has_its_channels_in_the_configuration(tmp_path, absent):
    with running("dahua-nvr", tmp_path, channels=[BOX], channel_dialect="config", quirks={"no_api": absent}) as wire:
        at = "/cgi-bin/configManager.cgi?action="
        assert logic(wire, "getCameraAll").status_code == absent
        rows = wire.get(f"{at}getConfig&name=RemoteDevice").text
        assert f"table.{REMOTE}0.Address=127.0.0.2\r\n" in rows and f"table.{REMOTE}5.Address=192.168.0.0\r\n" in rows
        assert wire.get(f"{at}setConfig&{REMOTE}5.Enable=true&{REMOTE}5.Address=127.0.0.3&{REMOTE}5.Password=Quay-1234").text == "OK\r\n"
        rows = wire.get(f"{at}getConfig&name=RemoteDevice").text
        assert f"table.{REMOTE}5.Address=127.0.0.3\r\n" in rows and "Quay-1234" not in rows


def test_dahua_recorder_that_gives_its_channels_to_rpc2_only(tmp_path):
    with running("dahua-nvr", tmp_path, channels=[BOX], channel_dialect="rpc") as wire:
        assert logic(wire, "getCameraAll").status_code == 400
        assert wire.get("/cgi-bin/configManager.cgi?action=getConfig&name=RemoteDevice").status_code == 403
        rpc = Rpc(wire)
        table = rpc.table("RemoteDevice")
        slot = table["uuid:System_CONFIG_NETCAMERA_INFO_3"]
        slot |= {"Enable": True, "Address": "127.0.0.3", "Password": "Quay-1234"}
        assert rpc("configManager.setConfig", name="RemoteDevice", table={"uuid:System_CONFIG_NETCAMERA_INFO_3": slot})["result"] is False
        assert rpc("configManager.setConfig", name="RemoteDevice", table=table)["result"] is True
        kept = rpc.table("RemoteDevice")["uuid:System_CONFIG_NETCAMERA_INFO_3"]
        assert (kept["Address"], "Password" in kept) == ("127.0.0.3", False)
