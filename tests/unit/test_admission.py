"""`motcua site revoke` and `readmit`: shut out at both hubs, burnt for ever, and let in again with new keys only."""

import json
import shutil

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Epochs, Journal
from typer import Typer
from typer.testing import CliRunner

from cli import admission as module

SITE = "lang-giang"
KEYS = ("centre-tslcd-shared", "centre-ftth", "ioc-tslcd-shared", "ioc-ftth")


@pytest.fixture
def inventory(tmp_path):
    shutil.copytree("inventory/lab", tmp_path / "lab", ignore=shutil.ignore_patterns("state", "keys", "secrets"))
    return tmp_path / "lab/province.yml"


@pytest.fixture
def played(monkeypatch):
    """What the hubs are told, and how they end."""
    calls = {"code": 0, "told": []}

    def play_holding(_held, name, _inventory, heard, log, limit, *options):
        calls["told"].append((name, limit, json.loads((heard.parent / "variables.json").read_text())))
        assert options[0] == "--extra-vars"
        log.write_text("ERROR! ioc-server: didn't answer\n")
        return calls["code"]

    monkeypatch.setattr(module, "play_holding", play_holding)
    return calls


def run(inventory, *arguments):
    app = Typer()
    for command in (module.revoke, module.readmit):
        app.command()(command)
    result = CliRunner().invoke(app, [*arguments, "-i", str(inventory), "--output", str(inventory.parent / "reports")])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def hubs(inventory):
    """What each hub lets in: the sites of its peers, IPsec tunnels, firewall and neighbours."""
    province = load(inventory)
    found = {}
    for host in desired(province, plan(province)):
        if "hub" in host.desired:
            hub = host.desired["hub"]
            rows = (*hub["peers"], *hub["ipsec"], *hub["sites"], *hub["routing"]["sites"])
            found[host.name] = {row["site"] for row in rows}
    return found


def texts(inventory):
    return {path: path.read_bytes() for path in sorted(inventory.parent.rglob("*")) if path.is_file()}


def burnt(inventory):
    journal, secrets = Journal(inventory.parent / "state/epochs"), _secrets(inventory)
    return [journal.read(f"{SITE}.{name}") for name in secrets] + [journal.read(f"{SITE}-router")]


def _secrets(inventory):
    province = load(inventory)
    return sorted({tunnel.secret.split("/")[2] for tunnel in plan(province).tunnels[SITE]})


def test_a_revoked_site_is_at_no_hub_any_more_and_its_keys_are_burnt(inventory, played):
    assert all(SITE in sites for sites in hubs(inventory).values())
    done = run(inventory, "revoke", SITE, "--reason", "the router was stolen", "--yes")
    assert done.exit_code == 0, done.output
    assert len(hubs(inventory)) == 2
    assert not any(SITE in sites for sites in hubs(inventory).values())
    assert all("tan-dinh" in sites for sites in hubs(inventory).values())
    assert set(_secrets(inventory)) == set(KEYS)
    assert burnt(inventory) == [Epochs(2, None)] * (len(_secrets(inventory)) + 1)
    ((name, limit, told),) = played["told"]
    assert (name, limit, told["admission_site"], told["admission_number"]) == ("admission", None, SITE, 1)
    (row,) = [json.loads(line) for line in (inventory.parent / "state/revocations.jsonl").read_text().splitlines()]
    assert (row["what"], row["site"], row["why"]) == ("revoke", SITE, "the router was stolen")


def test_a_site_is_readmitted_with_new_keys_only(inventory, played):
    run(inventory, "revoke", SITE, "--reason", "stolen", "--yes")
    before = (inventory.parent / "sites/lang-giang.yml").read_text()
    done = run(inventory, "readmit", SITE, "--reason", "a new router is there", "--yes")
    assert done.exit_code == 0, done.output
    assert "stage.yml -l lang-giang-router" in done.output
    assert all(SITE in sites for sites in hubs(inventory).values())
    assert burnt(inventory) == [Epochs(2, None)] * (len(_secrets(inventory)) + 1)
    assert "revoked" in before
    assert "revoked" not in (inventory.parent / "sites/lang-giang.yml").read_text()
    assert len(played["told"]) == 2


def test_a_rotation_that_was_begun_is_burnt_with_it(inventory, played):
    Journal(inventory.parent / "state/epochs").begin(f"{SITE}.centre-ftth", 2)
    run(inventory, "revoke", SITE, "--reason", "stolen", "--yes")
    assert Journal(inventory.parent / "state/epochs").read(f"{SITE}.centre-ftth") == Epochs(3, None)


def test_a_preview_changes_nothing(inventory, played):
    before = texts(inventory)
    done = run(inventory, "revoke", SITE, "--reason", "stolen", "--preview")
    assert done.exit_code == 0
    assert "+    revoked:" in done.output
    assert texts(inventory) == before
    assert played["told"] == []


def test_a_hub_that_didn_t_answer_is_said_and_told_by_the_next_run(inventory, played):
    played["code"] = 4
    with pytest.raises(MotcuaError, match=r"not both hubs have forgotten it .*run this again"):
        run(inventory, "revoke", SITE, "--reason", "stolen", "--yes")
    assert not any(SITE in sites for sites in hubs(inventory).values())
    played["code"] = 0
    assert run(inventory, "revoke", SITE, "--reason", "stolen", "--yes").exit_code == 0
    assert len(played["told"]) == 2
    assert burnt(inventory)[0] == Epochs(2, None)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("revoke", "lang-gian", "--reason", "x"), "did you mean 'lang-giang'"),
        (("revoke", SITE, "--reason", " "), "--reason: is empty"),
        (("readmit", SITE, "--reason", "x"), "isn't revoked"),
    ],
)
def test_what_must_not_be_is_refused_before_anything_is_written(inventory, played, arguments, sentence):
    before = texts(inventory)
    with pytest.raises(ModelError, match=sentence):
        run(inventory, *arguments, "--yes")
    assert texts(inventory) == before
    assert played["told"] == []
