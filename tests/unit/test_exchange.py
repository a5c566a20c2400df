"""Another device comes into an old one's place: emulated devices on loopback, each at an address of its own."""

import asyncio
import json
from contextlib import contextmanager

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import (
    AuthRefused,
    ModelError,
    NotConverged,
    PinChanged,
    Refused,
    Unreachable,
    Unsupported,
)
from ansible_collections.motcua.cctv.plugins.plugin_utils.exchange import Network, Wish
from ansible_collections.motcua.cctv.plugins.plugin_utils.exchange import newcomer as newcomer_module
from ansible_collections.motcua.cctv.plugins.plugin_utils.exchange.lan import Lan, OverTheTunnel
from ansible_collections.motcua.cctv.plugins.plugin_utils.exchange.one import Exchange
from ansible_collections.motcua.cctv.plugins.plugin_utils.exchange.wiping import Leaver, wipe
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import read
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Journal

from tests.unit.test_engine import OEM
from tests.unit.wire import Managed, emulated, free_port

HOST, PLACE, PLUGGED = "a-cam1", "127.0.0.11", "127.0.0.108"
MODELS = {"hikvision": ("DS-2CD2043G2-I", "DS-2CD2043G2-I20230101AAWRJ00000002"), "dahua": ("KX-C4012", "7L0A123PAZ00001")}


class Bench:
    """A site on loopback whose old device was known by a pin and two epochs, and what is said of the new one."""

    def __init__(self, folder, **initial):
        self.folder, self.state, self.new = folder, folder / "state", folder / "exchange"
        self.ports = {name: free_port() for name in ("http", "https", "rtsp")}
        for kind in ("devices", "tunnels"):
            content = {"master": Managed.MASTER} | ({"initial": initial} if kind == "devices" else {})
            (folder / f"{kind}.yml").write_text(yaml.safe_dump(content))
        (self.state / "epochs").mkdir(parents=True)
        (self.state / "epochs" / f"{HOST}.json").write_text(json.dumps({"confirmed": 2, "pending": None}))
        self.pin("spki-sha256:the-old-one")

    def pin(self, pin):
        (self.state / "pins").mkdir(exist_ok=True)
        (self.state / "pins" / f"{HOST}.json").write_text(json.dumps({"tls": pin}))

    @contextmanager
    def device(self, vendor="dahua", address=PLUGGED, kind="camera", **changes):
        folder = self.folder / f"device-{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        model, serial = MODELS[vendor]
        known = (OEM if vendor == "dahua" else {}) | {"address": address, "ports": self.ports, "model": model, "serial": serial}
        with emulated(f"{vendor}-{kind}", folder, **{**known, **changes}) as device:
            yield device

    def variables(self):
        shared = {
            "motcua_site": "a",
            "motcua_masters": {kind: str(self.folder / f"{kind}.yml") for kind in ("devices", "tunnels")},
            "motcua_state": str(self.state),
            "motcua_experimental": True,
        }
        router = {"translate": {"inside": "127.0.0.0/24", "outside": "10.64.2.0/24"}}
        return shared | {"motcua_desired": {"router": router}, "ansible_connection": "local", "hostvars": {HOST: dict(shared)}}

    def exchange(self, vendor="dahua", at=PLUGGED, serial=None, model=None, found="", check=False, **more):
        place = {"address": PLACE, "prefix": 8, "gateway": "127.0.0.1"}
        wish = {
            "device": HOST,
            "role": "camera",
            "vendor": vendor,
            "model": model or MODELS[vendor][0],
            "serial": serial or MODELS[vendor][1],
        }
        wish |= {"at": at, "old_is_off": False, "place": place, "port": self.ports["https"], **more}
        return asyncio.run(Exchange({"wish": wish, "folder": str(self.new)}, self.lan(found)).take_in(check=check))

    def lan(self, found=""):
        return Lan(self.variables(), DataLoader(), lambda *_: found, None)

    def wipe(self, vendor="hikvision", state=None, check=False):
        leaver = Leaver(HOST, "camera", vendor, PLACE, str(state or self.state), self.ports["https"])
        return asyncio.run(wipe(leaver, self.lan(), check=check))

    @property
    def proof(self):
        path = self.new / "proof.json"
        return json.loads(path.read_text()) if path.exists() else None

    def epochs(self):
        return Journal(self.new / "epochs").read(HOST)


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path, **{HOST: "hik12345", f"{HOST}/{MODELS['dahua'][1]}": "hik12345"})


def line(address, **says):
    """What discovery at the router says of an address."""
    return json.dumps({"address": address, "mac": None, "how": "dhip", "port": None, "says": says, "outside": False})


@pytest.mark.parametrize("vendor", ["dahua", "hikvision"])
def test_a_new_device_is_made_ours_moved_to_the_place_and_proved_there(bench, vendor):
    fresh = {"quirks": {"factory": True}} if vendor == "hikvision" else {}
    with bench.device(vendor, **fresh):
        bench.exchange(vendor)
        proof = bench.proof
        again = bench.exchange(vendor)  # a run that died after the proof
    assert proof["vendor"] == vendor
    assert (proof["identity"]["model"], proof["identity"]["serial"]) == MODELS[vendor]
    assert proof["streams"]["main"]["codecs"] == ["h264", "h265"]
    assert again["changed"] is False
    assert bench.epochs().spent == 2
    assert bench.epochs().newest == 3, "an epoch of the old device is never used again"
    assert json.loads((bench.state / "epochs" / f"{HOST}.json").read_text()) == {"confirmed": 2, "pending": None}


def test_a_recorder_comes_too_and_says_how_many_channels_it_has(bench):
    with bench.device("hikvision", kind="nvr", model="DS-7608NI-K2", quirks={"factory": True}, pause_s=0.2):
        bench.exchange("hikvision", role="nvr", model="DS-7608NI-K2")
    assert (bench.proof["identity"]["model"], bench.proof["channels"]) == ("DS-7608NI-K2", 8)


def test_a_look_changes_nothing(bench):
    with bench.device() as device:
        assert bench.exchange(check=True) == {"changed": True}
        assert device.hand("status")["most_failed_logins"] == 0
        assert bench.proof is None
        bench.exchange()
    assert bench.proof


@pytest.mark.parametrize(
    ("said", "kind", "sentence"),
    [
        ({"model": "KX-C9999"}, ModelError, "is a KX-C4012 and not a KX-C9999"),
        ({"serial": "7L0A123PAZ99999"}, ModelError, "has the serial number 7L0A123PAZ00001 and not 7L0A123PAZ99999"),
        ({"vendor": "hikvision"}, ModelError, "answers as a device of dahua and not of hikvision"),
        ({"at": "127.0.0.109"}, Unreachable, "nothing answers at 127.0.0.109"),
    ],
)
def test_what_was_not_ordered_is_refused_and_its_address_stays(tmp_path, said, kind, sentence):
    wrong = said.get("serial", MODELS["dahua"][1])
    bench = Bench(tmp_path, **{f"{HOST}/{wrong}": "hik12345", f"{HOST}/{MODELS['dahua'][1]}": "hik12345"})
    with bench.device() as device:
        with pytest.raises(kind, match=sentence):
            bench.exchange(**said)
        assert device.config["address"] == PLUGGED
        assert device.hand("status")["most_failed_logins"] == 0
        if kind is ModelError:
            bench.exchange()  # the right one comes, or the right words are said
            assert bench.proof["identity"]["model"] == "KX-C4012"


def test_a_password_that_nobody_wrote_down_is_never_guessed(tmp_path):
    bench = Bench(tmp_path, **{HOST: "hik12345"})  # the old device's, which is no reason to try it here
    with bench.device() as device:
        with pytest.raises(ModelError, match=f"initial: {HOST}/{MODELS['dahua'][1]}:"):
            bench.exchange()
        assert device.hand("status")["most_failed_logins"] == 0


def test_one_refused_login_ends_it_and_is_remembered(tmp_path):
    bench = Bench(tmp_path, **{f"{HOST}/{MODELS['dahua'][1]}": "another"})
    with bench.device() as device:
        with pytest.raises(AuthRefused, match="has a password that nobody wrote down"):
            bench.exchange()
        assert device.hand("status")["most_failed_logins"] == 1
    assert (bench.new / "refused").exists()
    assert bench.proof is None


def test_the_old_device_that_still_answers_stops_everything(bench):
    with bench.device("hikvision", PLACE) as old, bench.device(address=PLUGGED) as new:
        _, pin = known(bench, PLACE)
        bench.pin(pin)
        with pytest.raises(Refused, match=r"the old device still answers at 127\.0\.0\.11"):
            bench.exchange()
        assert new.hand("status")["most_failed_logins"] == old.hand("status")["most_failed_logins"] == 0
        old.hand("off")
        bench.exchange()
    assert bench.proof


def test_an_address_that_a_third_device_took_is_refused(bench):
    with bench.device("hikvision", PLACE), bench.device(address=PLUGGED) as new:
        with pytest.raises(Refused, match="is taken by another device"):
            bench.exchange()
        assert new.config["address"] == PLUGGED


def known(bench, address):
    """Address and key of who answers there."""
    from ansible_collections.motcua.cctv.plugins.plugin_utils.exchange.answering import who
    from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.reach import AtTheOffice

    found = asyncio.run(who(address, AtTheOffice(), bench.ports["https"]))
    return found.address, found.pin


def test_a_device_that_a_technician_put_into_the_place_is_found_there(bench):
    with bench.device(address=PLACE):
        bench.exchange(at=None)
    assert bench.proof


def test_the_new_device_is_looked_for_and_must_be_the_only_one(bench):
    with bench.device(address=PLUGGED):
        with pytest.raises(Unreachable, match="no new device was found"):
            bench.exchange(at=None, found="")
        bench.exchange(at=None, found="\n".join([line(PLUGGED), line("127.0.0.12")]), others={"127.0.0.12": "a-cam2"})
    assert bench.proof


def test_a_stranger_that_is_found_and_isnt_it_is_named_with_the_reason(bench):
    with bench.device(address=PLUGGED) as device:
        with pytest.raises(Unreachable, match=r"for 127\.0\.0\.108 is a KX-C4012 and not a KX-C9999; name its address"):
            bench.exchange(at=None, model="KX-C9999", found=line(PLUGGED, model="KX-C4012"))
        assert device.hand("status")["most_failed_logins"] == 0


def test_two_that_may_be_it_are_named(bench):
    with bench.device(address=PLUGGED), bench.device(address="127.0.0.109") as other:
        with pytest.raises(Unreachable, match=r"several devices may be the new one: 127\.0\.0\.108 .*127\.0\.0\.109"):
            bench.exchange(at=None, found="\n".join([line(PLUGGED), line("127.0.0.109")]))
        assert other.hand("status")["most_failed_logins"] == 0


def test_the_old_device_that_comes_back_after_weeks_is_sent_nothing(bench):
    with bench.device():
        bench.exchange()
    way = {"host": PLACE, "port": bench.ports["https"]}
    with bench.device("hikvision", PLACE) as old:
        rim = bench.lan().rim(HOST, {"vendor": "dahua", "role": "camera", "model": "KX-C4012"}, bench.new, way)
        with pytest.raises(PinChanged, match="another key answers than at the first contact"):
            asyncio.run(read(rim.device()))
        assert old.hand("status")["most_failed_logins"] == 0


class Died(BaseException):
    """A machine that loses its power."""


@pytest.mark.parametrize("step", ["_activate", "_check_from_inside", "_move", "_prove"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_it_goes_on_wherever_it_died(bench, monkeypatch, step, moment):
    original = getattr(newcomer_module.Newcomer, step)

    async def dying(self, *arguments):
        if moment == "before":
            raise Died
        await original(self, *arguments)
        raise Died

    with bench.device("hikvision", quirks={"factory": True}, pause_s=0.2) as device:
        with monkeypatch.context() as patched:
            patched.setattr(newcomer_module.Newcomer, step, dying)
            with pytest.raises(Died):
                bench.exchange("hikvision")
        bench.exchange("hikvision")
        assert device.hand("status")["most_failed_logins"] == 0
    assert bench.proof["identity"]["serial"] == MODELS["hikvision"][1]
    assert bench.epochs().newest == 3


def test_a_device_that_never_arrives_at_its_place_is_said(bench, monkeypatch):
    monkeypatch.setattr(newcomer_module, "ARRIVES_SECONDS", 0.5)
    with bench.device(quirks={"ignore": ["Network.eth0.IPAddress"]}), pytest.raises(NotConverged, match="doesn't answer there"):
        bench.exchange()
    assert bench.proof is None


def test_the_tunnel_leads_to_translated_addresses_and_nowhere_else():
    from ipaddress import IPv4Network

    reach = OverTheTunnel(IPv4Network("192.168.1.0/24"), IPv4Network("10.64.2.0/24"))
    assert asyncio.run(reach.way("192.168.1.108", 443)) == ("10.64.2.108", 443)
    with pytest.raises(Unreachable, match=r"192\.168\.0\.108: is outside"):
        asyncio.run(reach.way("192.168.0.108", 443))


@pytest.mark.parametrize(
    ("label", "own", "same"),
    [
        ("7L0A1", "7L0A1", True),
        ("aawrj00000002", "DS-2CD20230101AAWRJ00000002", True),
        ("0002", "X0002", False),
        (None, "x", True),
        ("x", "", True),
    ],
)
def test_a_label_may_hold_the_end_of_a_serial_number(label, own, same):
    assert Wish("a", "camera", "dahua", None, label, None, False, Network("127.0.0.1", 8, "127.0.0.1")).is_serial(own) is same


# --- a device leaves ---


def ours(bench):
    """The device as it is known by its key, and by the password that its installer left."""
    _, pin = known(bench, PLACE)
    bench.pin(pin)
    (bench.state / "epochs" / f"{HOST}.json").unlink()


def test_a_device_that_leaves_forgets_everything(bench):
    with bench.device("hikvision", PLACE, pause_s=0.2) as device:
        ours(bench)
        assert bench.wipe(check=True) == {"changed": True}
        assert bench.wipe() == {"changed": True}
        device.hand("wait")
        assert bench.wipe() == {"changed": False}
        assert device.hand("status")["most_failed_logins"] == 0


def test_a_stranger_in_its_place_is_sent_nothing(bench):
    with bench.device("hikvision", PLACE) as device:
        with pytest.raises(PinChanged, match="another key answers"):
            bench.wipe()
        assert device.hand("status")["most_failed_logins"] == 0


def test_one_that_is_off_or_cant_forget_is_said(bench):
    with pytest.raises(Unreachable, match="it is not wiped"):
        bench.wipe()
    (bench.state / "pins" / f"{HOST}.json").unlink()
    with bench.device("dahua", PLACE), pytest.raises(Unsupported, match="no way to do 'reset' is known for dahua"):
        bench.wipe("dahua")
