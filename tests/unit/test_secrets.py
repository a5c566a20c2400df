"""Derivation and journal."""

import string
from tempfile import TemporaryDirectory

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import (
    Epochs,
    Journal,
    Masters,
    device_password,
    masters_from,
    site_root,
    tunnel_private_key,
    wireguard_public_key,
)
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS
from hypothesis import given
from hypothesis import strategies as st

MASTERS = Masters(b"d" * 32, b"t" * 32)


@given(st.sampled_from(sorted(VENDORS)), st.text("abc-123", min_size=1), st.integers(1, 1000))
def test_a_password_has_the_strength_its_vendor_accepts(vendor, device, epoch):
    rule = VENDORS[vendor].password_rule
    password = device_password(MASTERS, "a", device, "admin", epoch, rule)
    assert len(password) == rule.length
    assert set(password) <= set(rule.alphabet)
    assert all(set(password) & set(alphabet) for alphabet in rule.classes)


def test_every_part_of_the_name_changes_the_secret():
    rule = VENDORS["hikvision"].password_rule
    names = [
        ("a", "a-cam1", "admin", 1),
        ("b", "a-cam1", "admin", 1),
        ("a", "a-cam2", "admin", 1),
        ("a", "a-cam1", "view", 1),
        ("a", "a-cam1", "admin", 2),
    ]
    assert len({device_password(MASTERS, *name, rule) for name in names}) == len(names)


def test_devices_and_tunnels_are_independent():
    other = Masters(b"x" * 32, MASTERS.tunnels)
    assert tunnel_private_key(other, "a", "main") == tunnel_private_key(MASTERS, "a", "main")
    assert site_root(b"d" * 32, "a") != site_root(b"d" * 32, "b")


def test_a_public_key_is_the_one_that_wireguard_computes():
    # RFC 7748 section 6.1: Alice's key pair.
    private = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo="
    assert wireguard_public_key(private) == "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="


def test_a_private_key_is_clamped():
    import base64

    key = base64.b64decode(tunnel_private_key(MASTERS, "a", "main"))
    assert (key[0] & 7, key[31] & 128, key[31] & 64) == (0, 0, 64)


def test_masters_never_show_themselves():
    assert "d" * 32 not in repr(MASTERS)
    assert "100" not in f"{MASTERS}"


@pytest.mark.parametrize("content", [None, {}, {"master": ""}, {"master": "!!"}, {"master": "c2hvcnQ="}])
def test_a_file_without_a_master_is_named(content):
    with pytest.raises(ModelError, match=r"secrets/devices\.yml: master: holds no secret"):
        masters_from(content, {"master": "dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHQ="}, ("secrets/devices.yml", "secrets/tunnels.yml"))


def test_the_journal_survives_an_interruption(tmp_path):
    journal = Journal(tmp_path / "epochs")
    assert journal.read("cam1") == Epochs(None, None)
    assert journal.begin("cam1") == 1
    assert Journal(tmp_path / "epochs").begin("cam1") == 1
    journal.confirm("cam1")
    assert journal.read("cam1") == Epochs(1, None)
    assert journal.begin("cam1") == 2
    assert journal.read("cam1") == Epochs(1, 2)
    assert [path.name for path in (tmp_path / "epochs").iterdir()] == ["cam1.json"]


@pytest.mark.parametrize("text", ["", "{}", "[]", string.printable])
def test_a_broken_journal_stops_before_a_login(tmp_path, text):
    (tmp_path / "cam1.json").write_text(text)
    with pytest.raises(ModelError, match="restore it"):
        Journal(tmp_path).read("cam1")


def test_another_device_in_a_place_never_gets_an_epoch_of_the_one_before(tmp_path):
    journal = Journal(tmp_path)
    assert journal.begin("cam1") == 1
    journal.confirm("cam1")
    journal.begin("cam1")  # and it left before that was proved
    journal.close("cam1")
    assert journal.read("cam1") == Epochs(spent=2)
    assert journal.read("cam1").proved == journal.read("cam1").newest == 3
    assert journal.begin("cam1") == 3
    journal.confirm("cam1")
    assert journal.read("cam1") == Epochs(3, None, spent=2)
    assert journal.begin("cam1") == 4


@given(st.lists(st.sampled_from(["begin", "confirm", "abandon", "activate", "turn", "close", "succeed"]), max_size=30))
def test_whatever_happens_no_epoch_goes_to_a_second_device(steps):
    with TemporaryDirectory() as folder:
        journal, owners, device = Journal(folder), {}, 0
        for step in steps:
            if step in ("close", "succeed"):
                device += 1
                journal.close("cam1") if step == "close" else journal.succeed("cam1", journal.read("cam1").used, f"no {device}")
                if step == "succeed":
                    journal.close("cam1")
            else:
                if step == "abandon":
                    owners.pop(journal.read("cam1").pending, None)  # no device has it
                getattr(journal, step)("cam1")
            epochs = journal.read("cam1")
            for epoch in {epochs.pending, epochs.confirmed} - {None}:
                assert owners.setdefault(epoch, device) == device
