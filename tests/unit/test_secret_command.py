"""`motcua secret show`: a reason is asked for and noted before the password is shown, and the password itself is never noted."""

import json
import shutil
import stat
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Journal, device_password
from ansible_collections.motcua.cctv.plugins.plugin_utils.vault import open_masters
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors.table import ROUTER_PASSWORDS
from typer.testing import CliRunner

from cli import secret as module
from cli.secrets import create
from cli.survey import loader

CAM, NVR, BEHIND, ROUTER = "lang-giang-cam1", "lang-giang-nvr1", "lang-giang-cam3", "lang-giang-router"


@pytest.fixture
def inventory(tmp_path, monkeypatch):
    folder = tmp_path / "lab"
    shutil.copytree("inventory/lab", folder, ignore=shutil.ignore_patterns("state", "keys", "secrets"))
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(create(folder / "province.yml", {})))
    journal = Journal(folder / "state/epochs")
    for host in (CAM, NVR):
        journal.begin(host)
        journal.confirm(host)
    return folder / "province.yml"


def asked(inventory, *arguments, given=None):
    result = CliRunner().invoke(module.app, ["show", *arguments, "-i", str(inventory)], input=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def expected(inventory, host, account, epoch, rule):
    masters = open_masters({kind: str(inventory.parent / f"secrets/{kind}.yml") for kind in ("devices", "tunnels")}, loader())
    return device_password(masters, "lang-giang", host, account, epoch, rule)


def rows(inventory):
    path = inventory.parent / "state/shown.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


HIK = VENDORS["hikvision"].password_rule


@pytest.mark.parametrize(
    ("device", "account", "rule"),
    [(CAM, "motcua-admin", HIK), (CAM, "motcua-view", HIK), (NVR, "admin", HIK), (ROUTER, "breakglass", ROUTER_PASSWORDS)],
)
def test_a_password_is_shown_once_and_who_saw_it_is_noted(inventory, device, account, rule):
    said = asked(inventory, device, "--account", account, "--reason", "the  lens was\nchanged", "--pipe").stdout
    secret = expected(inventory, device, account, 1, rule)
    assert said == f"{secret}\n"
    (row,) = rows(inventory)
    assert (row["device"], row["account"], row["epochs"], row["why"]) == (device, account, [1], "the lens was changed")
    assert "@" in row["who"]
    path = inventory.parent / "state/shown.jsonl"
    assert secret not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_reason_is_asked_for_and_each_show_adds_a_line(inventory):
    asked(inventory, CAM, "--pipe", given="the office called\n")
    asked(inventory, CAM, "--pipe", given="again\n")
    assert [row["why"] for row in rows(inventory)] == ["the office called", "again"]


def test_while_a_rotation_is_open_both_are_shown_and_said(inventory):
    Journal(inventory.parent / "state/epochs").begin(CAM)
    said = asked(inventory, CAM, "--reason", "x", "--pipe")
    assert said.stdout.splitlines() == [expected(inventory, CAM, "motcua-admin", epoch, HIK) for epoch in (1, 2)]
    assert "isn't proved" in said.stderr
    assert rows(inventory)[0]["epochs"] == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((CAM, "--reason", "x"), "isn't a terminal"),
        (("nobody-cam1", "--reason", "x", "--pipe"), "is no device of a site"),
        (("centre-server", "--reason", "x", "--pipe"), "is no device of a site"),
        ((BEHIND, "--reason", "x", "--pipe"), "hangs behind lang-giang-nvr1"),
        ((CAM, "--account", "root", "--reason", "x", "--pipe"), "has motcua-admin, motcua-view, admin"),
        ((CAM, "--reason", "  ", "--pipe"), "--reason: is empty"),
        (("tan-dinh-cam1", "--reason", "x", "--pipe"), "has no password of ours yet"),
    ],
)
def test_what_isn_t_shown_is_said_why_and_nothing_is_noted(inventory, arguments, sentence):
    with pytest.raises(ModelError, match=sentence):
        asked(inventory, *arguments)
    assert rows(inventory) == []


def test_what_can_t_be_noted_isn_t_shown(inventory):
    (inventory.parent / "state/shown.jsonl").mkdir()
    with pytest.raises(MotcuaError, match="so nothing is done"):
        asked(inventory, CAM, "--reason", "x", "--pipe")


def test_the_terminal_needs_no_option(inventory, monkeypatch, capsys):
    monkeypatch.setattr(
        module.sys, "stdout", type("Terminal", (), {"isatty": lambda _: True, "write": lambda *_: None, "flush": lambda _: None})()
    )
    module.show(CAM, reason="x", inventory=Path(inventory))
    capsys.readouterr()
    assert len(rows(inventory)) == 1
