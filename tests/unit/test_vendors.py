"""Vendors as tables: what can't join is named, what is sent is valid, what a no-op costs, and a new one needs nothing but itself."""

import asyncio
import json
from dataclasses import dataclass, replace
from xml.etree import ElementTree

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils import dialects, vendors
from ansible_collections.motcua.cctv.plugins.plugin_utils.dialects import Reply, onvif_documents, trees
from ansible_collections.motcua.cctv.plugins.plugin_utils.dialects.xml import parse
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, Unsupported
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import Outcome, read, reconcile
from ansible_collections.motcua.cctv.plugins.plugin_utils.settings import TRUE_FALSE, Items, Setting, choice, number
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS, complaint
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors.table import Vendor, password_rule
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors.unsuited import recognised

from tests.emulators.http import Digest, Response
from tests.unit.soap import validate
from tests.unit.test_engine import KINDS, OLD_WISHES, OLDER, WISHES, apply, converge, users
from tests.unit.wire import FACTORY, Managed, Scripted, ad_hoc, emulated


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "device").mkdir()
    return tmp_path / "device"


# --- who can't join ---

SAID = [
    ({"maker": "tp-link", "model": "Tapo C200"}, "Tapo"),
    ({"maker": "H264", "model": "XM530_R80X30", "firmware": "V5.00.R02.000"}, "Xiongmai"),
    ({"maker": "EZVIZ", "model": "CS-C6N"}, "EZVIZ"),
    ({"maker": "Yoosee", "model": "GwIPCam"}, "Yoosee"),
    ({"maker": "Imou", "model": "IPC-A22E"}, "Imou"),
    ({"maker": "ONVIF", "model": "ENP1A14-IR/25X", "firmware": "V5.5.3 build 180822"}, None),
    ({"maker": "SUNBA", "model": "Performance-Series", "firmware": "QIPC-B2202.3.73"}, None),
    ({"maker": "D-Link Corporation", "model": "DCS-6511", "firmware": "1.16.00"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("said", "name"), SAID)
def test_what_cant_join_is_recognised_by_what_it_says(said, name):
    kind = recognised({f"identity.{key}": value for key, value in said.items()})
    assert (kind.name if kind else None) == name


def test_a_camera_that_cant_join_is_named_and_nothing_is_set_at_it(folder, tmp_path):
    with emulated("onvif-camera", folder, **KINDS["onvif"] | {"model": "XM530", "manufacturer": "H264"}) as camera:
        connection = {"host": "127.0.0.1", "port": camera.ports["https"], "vendor": "onvif", "user": FACTORY[0], "password": FACTORY[1]}
        found = ad_hoc("device_info", **connection)
        told = ad_hoc("device", desired={"name": "a-cam1"}, **connection)
        _, error = apply(Managed(tmp_path, camera, "onvif"), {"users": users("onvif")})
        assert camera.hand("get", "name") != "a-cam1"
    assert "it is a Xiongmai, whose firmware has hidden accounts and holes that its maker doesn't close; replace it" in found["findings"]
    assert told["kind"] == "unsupported"
    assert "is a Xiongmai" in told["msg"]
    assert isinstance(error, Unsupported)
    assert "is a Xiongmai" in str(error)


def test_another_model_than_the_inventory_says_gets_no_setting_and_no_password(folder, tmp_path):
    with emulated("hikvision-camera", folder) as camera:
        managed = Managed(tmp_path, camera, "hikvision", motcua_model="DS-2CD2386G2-IU")
        outcome, error = apply(managed, {"users": users("hikvision"), "name": "x"})
        assert isinstance(error, ModelError)
        assert "is a DS-2CD2143G2-I and the inventory says DS-2CD2386G2-IU" in str(error)
        assert outcome.changes == []
        assert (
            "motcua-admin"
            not in ad_hoc(
                "device_info", host="127.0.0.1", port=camera.ports["https"], vendor="hikvision", user=FACTORY[0], password=FACTORY[1]
            )["running"]["users"]
        )
        right = Managed(tmp_path, camera, "hikvision", motcua_model="ds-2cd2143g2")
        converge(right, {"users": users("hikvision"), "name": "x"})


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("kbvision", "is a brand of dahua's devices; write 'dahua'"),
        ("HiLook", "is a brand of hikvision's devices; write 'hikvision'"),
        ("tapo", "can't join: it is a Tapo"),
        ("xiongmai", "can't join: it is a Xiongmai"),
        ("nokia", "is not known; write one of axis, dahua, hanwha, hikvision, onvif, uniview"),
    ],
)
def test_a_name_that_is_no_vendors_is_explained(name, words):
    assert words in complaint(name)


# --- two languages ---


def test_a_uniview_recorder_is_read_and_set_over_its_own_api_and_its_channels_are_only_read(folder, tmp_path):
    channel = {"number": 1, "address": "192.168.1.11", "user": "admin", "password": "x", "name": "Quầy"}
    with emulated(
        "uniview-nvr", folder, channels=[channel], model="NVR302-16S2", serial="210235T3GK0000000001", firmware="B3220P35"
    ) as recorder:
        login = {"motcua_user": FACTORY[0], "motcua_password": FACTORY[1]}
        managed = Managed(tmp_path, recorder, "uniview", name="a-nvr1", motcua_role="nvr", **login)
        before = asyncio.run(read(managed.rim().device()))
        wish = {
            "name": "a-nvr1",
            "time": {"zone": "Asia/Ho_Chi_Minh", "mode": "ntp", "ntp": ["192.168.1.1"]},
            "services": {"ssh": False, "upnp": False},
            "channels": {"1": {"address": "192.168.1.12"}},
        }
        outcome = converge(managed, wish)
        after = asyncio.run(read(managed.rim().device()))
    assert (before.values["identity.model"], before.values["services.ssh"]) == ("NVR302-16S2", True)
    assert before.rows["channels"]["1"] == {"name": "Quầy", "address": "192.168.1.11", "port": 80}
    applied = {change["key"] for change in outcome.changes if change["outcome"] == "applied"}
    assert applied == {"name", "time.zone", "time.mode", "time.ntp", "services.ssh"}
    assert set(outcome.unsupported) == {"channels.1", "services.upnp"}
    assert (after.values["time.zone"], after.values["time.ntp"], after.values["name"]) == ("UTC+07:00", ["192.168.1.1"], "a-nvr1")


def test_a_hanwha_camera_is_set_over_onvif_and_its_own_api_only_read(folder, tmp_path):
    with emulated("onvif-camera", folder, **KINDS["onvif"]) as camera:
        managed = Managed(tmp_path, camera, "hanwha")
        converge(managed, {**WISHES["onvif"], "users": users("onvif")})
        running = asyncio.run(read(managed.rim().device()))
    assert running.values["name"] == "a-cam1"
    assert "identity.build" in running.unsupported  # this one has no SUNAPI

    async def answer(request):
        if digest.user_of(request)[0] is None:
            return Response(401, headers={"WWW-Authenticate": digest.challenge()})
        own = "msubmenu=deviceinfo" in request.target
        return Response(200, b"Model=XNO-6080R\r\nBuildDate=2021.03.04\r\n", "text/plain") if own else Response(404)

    digest = Digest("iPolis", lambda: {"admin": {"password": FACTORY[1]}}, 20)
    with Scripted(tmp_path, answer) as camera:
        managed = Managed(tmp_path, camera, "hanwha", name="a-cam2", motcua_user="admin", motcua_password=FACTORY[1])
        running = asyncio.run(read(managed.rim().device()))
    assert running.values["identity.build"] == "2021.03.04"
    assert {"name", "users"} <= set(running.unsupported)


# --- what is sent, and what it costs ---


class Tapped(Managed):
    """A connection that keeps what was asked over it."""

    def device(self):
        self.exchanges = []
        device = self.rim().device()
        target = device.target
        return replace(device, target=lambda login: replace(target(login), tap=self.exchanges.append))


@pytest.mark.parametrize(
    ("more", "streams", "texts"),
    [(KINDS["onvif"], WISHES, {"CreateOSD", "SetOSD", "DeleteOSD"}), (OLDER["onvif"], OLD_WISHES, set())],
    ids=["media2", "media1"],
)
def test_every_soap_request_is_valid_by_the_official_schemas(more, streams, texts, folder, tmp_path):
    with emulated("onvif-camera", folder, **more) as camera:
        managed = Tapped(tmp_path, camera, "onvif")
        first = {**WISHES["onvif"], "streams": streams["onvif"]["streams"]}
        wish = {**first, "users": {**users("onvif"), "motcua-old": {"role": "viewer", "password": {"secret": "motcua-old"}}}}
        sent = []
        for one in (wish, {**first, "users": users("onvif"), "overlay": {"name": "", "clock": False}, "ports": {"rtsp": 8554}}, first):
            asyncio.run(reconcile(managed.device(), one, Outcome(), check=False))
            sent += [exchange.body for exchange in managed.exchanges]
            asyncio.run(read(managed.device()))
            sent += [exchange.body for exchange in managed.exchanges]
    operations = {_operation(body) for body in sent}
    common = {"SetSystemDateAndTime", "SetNTP", "SetHostname", "CreateUsers", "SetUser", "DeleteUsers", "SetVideoEncoderConfiguration"}
    assert common | texts <= operations
    assert {body.decode(): errors for body in sent if (errors := validate(body))} == {}


def _operation(body):
    root = ElementTree.fromstring(body)
    return next(element[0] for element in root if element.tag.endswith("}Body")).tag.rsplit("}", 1)[-1]


@pytest.mark.parametrize("vendor", list(KINDS))
def test_a_run_without_a_change_is_at_most_25_requests_and_no_document_is_fetched_twice(vendor, folder, tmp_path):
    with emulated(f"{vendor}-camera", folder, **KINDS[vendor]) as camera:
        managed = Tapped(tmp_path, camera, vendor)
        wish = {**WISHES[vendor], "users": users(vendor)}
        converge(managed, wish)
        device, outcome = managed.device(), Outcome()
        asyncio.run(reconcile(device, wish, outcome, check=False))
        assert outcome.changes == []
        assert len(managed.exchanges) <= 25
        device = managed.device()
        asyncio.run(read(device))
        answered = [exchange for exchange in managed.exchanges if exchange.answer.status != 401 and "Login" not in exchange.target]
        fetched = [(exchange.target, _asked(exchange.body)) for exchange in answered]
        # ONVIF is asked once more what it is, without a login, to learn which kind of login it wants.
        assert sorted(set(fetched)) == sorted(fetched)


def _asked(body):
    if body.startswith(b"{"):
        call = json.loads(body)
        return json.dumps([call.get("method"), call.get("params")])
    if body.startswith(b"<"):
        return f"{b'UsernameToken' in body} {ElementTree.tostring(ElementTree.fromstring(body)[-1])}"
    return body.decode()


# --- the laws of the documents ---


def test_a_tree_is_written_in_the_types_that_it_had():
    document = trees.JsonDocument({"a": {"on": False, "n": 3, "list": ["x", "y"], "none": []}, "kept": {"z": [1, {"q": None}]}})
    for place, value in {"a/on": "true", "a/n": "7", "a/list": "w", "a/none": "v"}.items():
        document.set(place, value)
        assert document.get(place) == value
    assert document.tree == {"a": {"on": True, "n": 7, "list": ["w"], "none": ["v"]}, "kept": {"z": [1, {"q": None}]}}
    with pytest.raises(Unsupported):
        document.set("a/nowhere", "x")


def test_a_soap_place_that_isnt_there_is_made_with_what_is_above_it():
    document = onvif_documents.SoapDocument(parse(b"<NTPInformation><FromDHCP>false</FromDHCP></NTPInformation>", "x").root)
    document.set("NTPManual/Type", "IPv4")
    document.set("NTPManual/IPv4Address", "10.0.0.1")
    assert [document.get(place) for place in ("NTPManual/Type", "NTPManual/IPv4Address|=", "NTPManual/DNSname|=")] == [
        "IPv4",
        "10.0.0.1",
        "",
    ]


# --- a vendor that nobody knew: docs/adding-a-vendor.md, step by step ---

NEW = Vendor(
    "nhagiang",
    "nhagiang",
    (
        Setting("identity.model", "/cfg", "model", read_only=True),
        Setting("name", "/cfg", "title"),
        Setting("services.upnp", "/cfg", "upnp", TRUE_FALSE),
        Setting("streams.main.fps", "/cfg", "video/fps", number()),
    ),
    (Items("users", "/accounts", "accounts", "login", (Setting("role", "", "level", choice(admin="9", viewer="1")),), write_only="pin"),),
    password_rule(12),
    firmware="1",
    stream_path="/live",
)


@dataclass
class Nhagiang:
    """Its dialect: one JSON file over digest."""

    target: object

    def __post_init__(self):
        self.http = self.target.http(reuse_nonce=True)

    async def open(self):
        await self.fetch("/cfg")

    async def fetch(self, at):
        return trees.JsonDocument(trees.json_object(await self.http.request("GET", at), at))

    async def store(self, at, document):
        await self.http.request("PUT", at, json.dumps(document.tree).encode(), "application/json")
        return Reply()

    async def store_row(self, items, row, existing):
        whole = {**(existing.tree if existing else {}), **row}
        await self.http.request("PUT", f"{items.at}/{whole['login']}", json.dumps(whole).encode(), "application/json")
        return Reply()

    async def remove_row(self, items, row):
        await self.http.request("DELETE", f"{items.at}/{row.get('login')}")
        return Reply()

    async def reboot(self):
        raise NotImplementedError

    async def close(self):
        await self.http.close()


class Camera(Scripted):
    """The new vendor's device."""

    def __init__(self, folder):
        self.cfg = {"model": "NG-1", "title": "x", "upnp": True, "video": {"fps": 25, "gop": 50}, "secret sauce": [1, 2]}
        self.accounts = {"admin": {"login": "admin", "level": "9", "pin": FACTORY[1]}}
        self._digest = Digest("ng", lambda: {name: {"password": one["pin"]} for name, one in self.accounts.items()}, 20)
        super().__init__(folder, self._answer)

    async def _answer(self, request):
        if self._digest.user_of(request)[0] is None:
            return Response(401, headers={"WWW-Authenticate": self._digest.challenge()})
        name = request.path.removeprefix("/accounts").strip("/")
        match request.method, request.path:
            case "GET", "/cfg":
                return Response(200, json.dumps(self.cfg).encode())
            case "PUT", "/cfg":
                self.cfg = json.loads(request.body)
            case "GET", "/accounts":
                shown = [{key: one[key] for key in ("login", "level")} for one in self.accounts.values()]
                return Response(200, json.dumps({"accounts": shown}).encode())
            case "PUT", _:
                self.accounts[name] = {**self.accounts.get(name, {}), **json.loads(request.body)}
            case "DELETE", _:
                del self.accounts[name]
        return Response(200, b"{}")


def test_a_new_vendor_is_a_table_a_dialect_and_one_line_each(tmp_path, monkeypatch):
    monkeypatch.setattr(vendors, "VENDORS", {**VENDORS, NEW.name: NEW})
    monkeypatch.setitem(dialects.DIALECTS, NEW.dialect, Nhagiang)
    with Camera(tmp_path) as camera:
        managed = Managed(tmp_path, camera, NEW.name)
        names = {"motcua-admin": "admin", "motcua-view": "viewer", "admin": "admin"}
        accounts = {name: {"role": role, "password": {"secret": name}} for name, role in names.items()}
        wish = {"name": "Quầy 1", "services": {"upnp": False}, "streams": {"main": {"fps": 12}}, "users": accounts}
        first = converge(managed, wish)
        assert {change["outcome"] for change in first.changes} == {"applied"}
        assert camera.cfg == {"model": "NG-1", "title": "Quầy 1", "upnp": False, "video": {"fps": 12, "gop": 50}, "secret sauce": [1, 2]}
        assert converge(managed, wish).changes == []
        less = {**wish, "users": {"motcua-admin": accounts["motcua-admin"]}}
        assert [change["key"] for change in converge(managed, less).changes] == ["users.motcua-view"]
        assert set(camera.accounts) == {"motcua-admin", "admin"}
        assert FACTORY[1] not in {one["pin"] for one in camera.accounts.values()}
