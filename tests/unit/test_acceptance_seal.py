"""A record's seal: made by the centre's program with the key that signs footage, checked by whoever has its public half."""

import json
import os
import subprocess
import sys

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError, Refused, Unreachable
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

from cli import sealing
from tests.unit.footage import FILES
from tests.unit.planned import write_inventory

NAMES = ("acceptance.json", "acceptance-vi.pdf")


@pytest.fixture
def centre(tmp_path, monkeypatch):
    """A centre with a key, as its program is asked; gives its folder."""
    etc = tmp_path / "centre"
    etc.mkdir()
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", etc / "evidence.key"], check=True, capture_output=True)

    def ask(_, program, *words, **__):
        environment = os.environ | {"MOTCUA_ETC": str(etc), "MOTCUA_LOG": str(etc), "PYTHONPATH": str(FILES)}
        done = subprocess.run([sys.executable, FILES / program, *words], env=environment, capture_output=True, text=True, check=False)
        answer = json.loads(done.stdout)
        if done.returncode:
            raise Refused(answer["error"])
        return answer

    monkeypatch.setattr(sealing, "ask_centre", ask)
    return etc


@pytest.fixture
def inventory(tmp_path, centre):
    """A province whose keys hold the public half."""
    (tmp_path / "province").mkdir()
    path = write_inventory(tmp_path / "province")
    (path.parent / "keys").mkdir()
    public = path.parent / "keys" / f"{load(path).storage_centre()[0]}-evidence.pub.pem"
    subprocess.run(["openssl", "pkey", "-in", centre / "evidence.key", "-pubout", "-out", public], check=True)
    return path


@pytest.fixture
def record(tmp_path, inventory):
    """A sealed record's folder."""
    folder = tmp_path / "record"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_text(f"what {name} says, đúng như đo")
    sealing.seal(inventory, "xa", folder, NAMES, "accepted")
    return folder


def test_a_record_that_nobody_touched_holds(inventory, record):
    for named in (record, record / "acceptance-vi.pdf", record / "manifest.json"):
        checked = sealing.check(inventory, named)
        assert checked.wrong == ()
    assert (checked.manifest["site"], checked.manifest["reason"], checked.manifest["kind"]) == ("xa", "accepted", "acceptance")
    assert set(checked.manifest["files"]) == set(NAMES)


def test_openssl_alone_proves_it_as_it_proves_an_export(inventory, record):
    (key,) = (inventory.parent / "keys").iterdir()
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", record / "manifest.json"]
    done = subprocess.run([*command, "-sigfile", record / "manifest.sig"], capture_output=True, text=True, check=True)
    assert "Verified Successfully" in done.stdout


def another_verdict(record):
    file = record / "manifest.json"
    file.write_text(file.read_text().replace('"accepted"', '"not accepted"'))


def another_signature(record):
    (record / "manifest.sig").write_bytes(bytes(64))


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (lambda record: (record / "acceptance.json").write_text("{}"), "acceptance.json: was changed after it was signed"),
        (lambda record: (record / "acceptance-vi.pdf").write_bytes(b"%PDF"), "acceptance-vi.pdf: was changed"),
        (lambda record: (record / "acceptance-vi.pdf").unlink(), "acceptance-vi.pdf: was signed, and can't be read"),
        (another_verdict, "the signature isn't that of the centre's key"),
        (another_signature, "the signature isn't that of the centre's key"),
    ],
)
def test_what_was_changed_is_named(inventory, record, tamper, said):
    tamper(record)
    (wrong,) = sealing.check(inventory, record).wrong
    assert said in wrong


def test_a_file_that_was_put_beside_it_isnt_sealed(inventory, record):
    (record / "acceptance-fr.pdf").write_text("trust me")
    (wrong,) = sealing.check(inventory, record / "acceptance-fr.pdf").wrong
    assert "isn't among the files that were signed" in wrong


def test_a_signed_manifest_of_footage_is_no_record(inventory, record, centre):
    manifest = record / "manifest.json"
    manifest.write_text(json.dumps({"camera": "a-cam1", "video_sha256": "0"}))
    command = ["openssl", "pkeyutl", "-sign", "-inkey", centre / "evidence.key", "-rawin", "-in", manifest, "-out", record / "manifest.sig"]
    subprocess.run(command, check=True)
    (wrong,) = sealing.check(inventory, record).wrong
    assert "not as a record of acceptance" in wrong


def test_the_key_of_another_centre_proves_nothing(inventory, record, tmp_path):
    (key,) = (inventory.parent / "keys").iterdir()
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", tmp_path / "other.key"], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", tmp_path / "other.key", "-pubout", "-out", key], check=True)
    assert sealing.check(inventory, record).wrong


@pytest.mark.parametrize("missing", ["manifest.json", "manifest.sig", "key"])
def test_what_cant_be_checked_is_no_verdict(inventory, record, missing):
    (next((inventory.parent / "keys").iterdir()) if missing == "key" else record / missing).unlink()
    with pytest.raises(MotcuaError, match=r"roll out the centre|name a record's folder"):
        sealing.check(inventory, record)


def test_what_the_centre_signs_is_written_down(record, centre):
    (line,) = (centre / "evidence.log").read_text().splitlines()
    row = json.loads(line)
    assert (row["verb"], row["site"], row["reason"]) == ("seal", "xa", "accepted") and row["login"] and row["manifest_sha256"]


@pytest.mark.parametrize("files", ["{}", "[]", "no", '{"a.pdf": "short"}', '{"../a.pdf": "%s"}' % ("0" * 64), '{"a.pdf": 1}'])
def test_the_centre_signs_hashes_of_files_and_nothing_else(inventory, centre, files):
    with pytest.raises(Refused):
        sealing.ask_centre(inventory, "motcua-footage", "seal", "xa", files, "--who", "me", "--reason", "accepted")
    assert not (centre / "evidence.log").exists()


def test_without_a_key_nothing_is_sealed(inventory, centre, record):
    (centre / "evidence.key").unlink()
    with pytest.raises(Refused, match="nothing was sealed"):
        sealing.seal(inventory, "xa", record, NAMES, "accepted")


def test_a_centre_that_doesnt_answer_leaves_no_half_seal(inventory, tmp_path, monkeypatch):
    def ask(*_, **__):
        raise Unreachable("motcua-footage: the centre can't be reached")

    monkeypatch.setattr(sealing, "ask_centre", ask)
    (tmp_path / "acceptance.json").write_text("{}")
    with pytest.raises(Unreachable):
        sealing.seal(inventory, "xa", tmp_path, ["acceptance.json"], "accepted")
    assert not (tmp_path / "manifest.json").exists()
