"""Staging: what is loaded by cable, that it holds this site's secrets alone, and that a secret is printed once."""

import json
import re
import stat
import subprocess
from datetime import date
from ipaddress import IPv4Address

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.bootstrap import linux, package, stage
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.bootstrap.alone import (
    BREAK_GLASS,
    alone,
    break_glass,
)
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.bootstrap.paper import Label, Sealed, labels, qr, sealed
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.bootstrap.printed import Printed
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.dangers import refuse_dangers
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.state import router_state
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.words import LANGUAGES, Words

from tests.emulators.routers.openwrt_sandbox import available
from tests.unit.routers import SECRETS, staged_wish, wish

GLASS = "KinhVo20kyTu9182abCD"
KNOWN = SECRETS | {"device/lang-giang-router/breakglass": GLASS}
BOTH = ("wireguard", "ipsec")
NUMBERS = {"ipsec0": 4, "ipsec2": 6}


def office(**changes):
    return router_state(staged_wish(**changes), KNOWN.__getitem__)


def wireguard_first(**changes):
    tunnels = [{**one, "rank": (1, 0, 2, 3)[at]} for at, one in enumerate(wish()["tunnels"])]
    return office(tunnels=tunnels, **changes)


STATES = {"IPsec": office, "WireGuard": wireguard_first}
PLATFORMS = ("linux", "openwrt", "routeros", "vyos", "ios")


def texts(platform, made):
    staged = stage(platform, made, "root", NUMBERS)
    return staged, "\n".join(staged.files.values())


@pytest.mark.parametrize("kind", STATES)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_bootstrap_has_one_tunnel_and_its_key_alone(platform, kind):
    made = STATES[kind]()
    staged, text = texts(platform, made)
    assert staged.files
    first = "tunnel/lang-giang/main" if kind == "IPsec" or platform == "ios" else "tunnel/lang-giang/centre-ftth"
    assert KNOWN[first] in text
    others = [secret for name, secret in SECRETS.items() if name.startswith("tunnel/") and name != first]
    if platform != "routeros":  # version 6 has IPsec alone, so that its file is about another tunnel
        assert not any(secret in text for secret in others)
    assert not any(KNOWN[name] in text for name in ("device/lang-giang-router/snmp-auth", "device/lang-giang-router/snmp-privacy"))
    assert GLASS in text
    assert "AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9" in text or platform in ("ios", "routeros")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_staged_file_shows_no_secret_where_it_is_looked_at(platform):
    staged, _ = texts(platform, office())
    assert not any(secret in repr(staged) for secret in KNOWN.values())


@pytest.mark.parametrize("kind", STATES)
def test_what_is_left_of_the_wish_still_has_a_way_for_us(kind):
    cut = alone(STATES[kind](), BOTH)
    refuse_dangers(cut)
    assert len(cut.tunnels) == 1 == len(cut.routing.neighbors)
    assert cut.snmp is None and cut.shaping == () and cut.firewall.forward == () and cut.services == {"ssh": True}


def test_a_tunnel_whose_hub_is_unknown_is_not_staged():
    tunnels = [{**one, "hub_public_key": None} for one in wish()["tunnels"] if one["kind"] == "wireguard"]
    with pytest.raises(ModelError, match="roll out the hubs first"):
        alone(office(tunnels=tunnels), BOTH)


def test_what_a_version_cant_have_is_said_and_the_other_is_written():
    staged = stage("routeros", office(tunnels=[one for one in wish()["tunnels"] if one["kind"] == "wireguard"]), "root", {})
    assert list(staged.files) == ["lang-giang-router.routeros7.rsc"]
    assert "RouterOS 6" in staged.remarks[0]
    with pytest.raises(ModelError, match="WireGuard"):
        stage("ios", office(tunnels=[one for one in wish()["tunnels"] if one["kind"] == "wireguard"]), "root", {})


# --- break-glass -------------------------------------------------------------------------------------------------------


def test_the_local_way_in_is_one_address_with_a_password_of_its_own():
    made = office()
    account = break_glass(made)
    assert account.password.name == "device/lang-giang-router/breakglass"
    assert [str(source) for source in account.sources] == ["192.168.5.2/32"]
    (opening,) = [one for one in made.firewall.input if one.comment == BREAK_GLASS]
    assert (opening.came_in, opening.ports, opening.sources) == ("lan", (22,), account.sources)


def test_a_secret_is_printed_once_until_it_is_another(tmp_path):
    first = Printed(tmp_path, "a-router", 1)
    first.refuse_again()
    first.note(date(2026, 1, 2))
    with pytest.raises(ModelError, match=r"printed on 2026-01-02.*rotate"):
        Printed(tmp_path, "a-router", 1).refuse_again()
    Printed(tmp_path, "a-router", 2).refuse_again()
    Printed(tmp_path, "b-router", 1).refuse_again()


@pytest.mark.parametrize("content", ["", "{}", '{"epoch": "x", "on": "y"}', "[1]"])
def test_a_mark_that_cant_be_read_is_no_leave_to_print(tmp_path, content):
    (tmp_path / "printed").mkdir()
    (tmp_path / "printed/a-router.json").write_text(content)
    with pytest.raises(ModelError, match="can't be read"):
        Printed(tmp_path, "a-router", 1).refuse_again()


# --- paper -------------------------------------------------------------------------------------------------------------

FOUND = [
    Label("router", "routeros", "lang-giang-router", IPv4Address("192.168.5.1")),
    Label("camera", "Quầy <số 1>", "lang-giang-cam1", IPv4Address("192.168.5.11")),
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_has_the_office_the_device_and_its_address(language):
    page = labels("Bộ phận Một cửa huyện Lạng Giang", FOUND, Words(language))
    assert page.count("<svg") == 2
    assert page.count("Bộ phận Một cửa huyện Lạng Giang</b>") == 2
    assert "Quầy &lt;số 1&gt;" in page
    assert "192.168.5.11" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")  # nothing is fetched


def test_a_qr_code_is_that_of_the_address():
    assert qr(FOUND[0]) != qr(FOUND[1])
    assert qr(FOUND[0]) == qr(Label("camera", "x", "y", FOUND[0].address))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sealed_sheet_has_the_password_and_how_it_is_used(language):
    envelope = Sealed("lang-giang-router", BREAK_GLASS, GLASS, IPv4Address("192.168.5.2"), IPv4Address("192.168.5.1"))
    page = sealed("Bộ phận Một cửa huyện Lạng Giang", envelope, date(2026, 1, 2), Words(language))
    assert all(text in page for text in (GLASS, "192.168.5.2", "192.168.5.1", "02/01/2026"))
    assert GLASS not in repr(envelope)


def test_vietnamese_is_written_with_its_signs():
    page = labels("X", FOUND, Words("vi"))
    assert "Nhãn dán thiết bị" in page
    assert not re.search("[À-ỹ]\N{COMBINING ACUTE ACCENT}|\N{REPLACEMENT CHARACTER}", page)


# --- Debian ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", STATES)
def test_a_shell_takes_the_script(kind, tmp_path):
    cut = alone(STATES[kind](), BOTH)
    text = linux.script(cut, linux.payload(cut, "motcua", NUMBERS))
    place = tmp_path / "bootstrap.sh"
    place.write_text(text)
    assert subprocess.run(["sh", "-n", str(place)], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not package.shutil.which("dpkg-deb"), reason="there is no dpkg-deb here")
@pytest.mark.parametrize("kind", STATES)
def test_a_package_has_the_same_files_and_no_secret_that_others_may_read(kind, tmp_path):
    cut = alone(STATES[kind](), BOTH)
    content = linux.payload(cut, "root", NUMBERS)
    made = package.build(content, linux.control(cut, content))
    assert made == package.build(content, linux.control(cut, content))
    place = tmp_path / "made.deb"
    place.write_bytes(made)
    subprocess.run(["dpkg-deb", "-R", str(place), str(tmp_path / "tree")], check=True, capture_output=True)
    for path, (mode, text) in content.files.items():
        there = tmp_path / "tree" / path.lstrip("/")
        assert there.read_text() == text
        assert stat.S_IMODE(there.stat().st_mode) == mode
        if any(secret in text for secret in KNOWN.values()):
            assert mode == 0o600
    readable = "".join((tmp_path / "tree/DEBIAN" / name).read_text() for name in ("control", "postinst", "conffiles"))
    assert not any(secret in readable for secret in KNOWN.values())
    assert subprocess.run(["sh", "-n", str(tmp_path / "tree/DEBIAN/postinst")], check=False).returncode == 0


def test_the_bootstrap_answers_where_the_centre_looks_for_the_router():
    made = linux.payload(alone(wireguard_first(), BOTH), "root", {})
    (conf,) = [text for path, (_, text) in made.files.items() if path.endswith(".conf") and "wireguard" in path]
    assert "Address = 10.96.0.9/32, 10.64.1.1/32" in conf
    assert "PrivateKey" not in conf


# --- OpenWrt, on an emulated box with a real shell ---------------------------------------------------------------------


@pytest.mark.skipif(not available(), reason="this machine gives us no namespaces")
def test_a_rollout_after_the_openwrt_bootstrap_finds_all_of_it():
    """What the bootstrap made is what the state that it was made for wishes: nothing is left to do."""
    from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.openwrt import OPENWRT

    from tests.emulators.routers import openwrt as emulated
    from tests.unit.test_openwrt_box import INSIDE, LAN, LINES, compared, run

    routing = {**wish()["routing"], "mode": "static"}
    made = office(lan=LAN, lines=LINES, translate=INSIDE, routing=routing)
    box = emulated.build("openwrt", user="motcua-installer", password="Kh0ngAiBiet-2026")
    try:
        (script,) = stage("openwrt", made, "root", {}).files.values()
        box.sandbox.write("tmp/bootstrap.sh", script, 0o755)
        said, status = run(box, "sh /tmp/bootstrap.sh 2>&1")
        assert not status, said
        assert said.endswith("motcua: done\n")
        assert not any(secret in said for secret in KNOWN.values())
        left = compared(box, alone(made, BOTH)).commands
        assert not [command.shown for command in left]
        assert box.admits(BREAK_GLASS, password=GLASS)
        box.run("uci delete network.lan.device; uci delete network.lan; uci commit network")
        said, status = run(box, "sh /tmp/bootstrap.sh 2>&1")
        assert status
        assert "no network or device called br-lan" in said
    finally:
        box.close()
    assert OPENWRT.guard is not None


def test_the_state_folder_mark_is_plain_json(tmp_path):
    Printed(tmp_path, "a-router", 3).note(date(2026, 1, 2))
    assert json.loads((tmp_path / "printed/a-router.json").read_text()) == {"epoch": 3, "on": "2026-01-02"}
