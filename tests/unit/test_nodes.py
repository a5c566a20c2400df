"""`--nodes`: a province across nodes says what one machine says, whatever dies on the way; and what a node takes from an operator."""

import io
import json
import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.nodes import read_nodes
from ansible_runner.streaming import Transmitter
from typer import Typer
from typer.testing import CliRunner

from cli import verify as verifying
from cli.nodes.job import bundle, own_code, refuse_foreign
from cli.nodes.worker import work
from tests.unit.nodes import HOST_KEY, SECRET, World

SITES = {"lang-giang": 3, "tan-dinh": 2, "xuong-lam": 4, "yen-the": 1}
NODES = ["bac", "nam", "tay"]


@pytest.fixture
def world(tmp_path, monkeypatch):
    return World(tmp_path, SITES, NODES, monkeypatch, devices_a_shard=4)


@pytest.fixture
def alone(world):
    """What one machine says."""
    done = world.audit()
    assert done.exit_code == 2, done.output
    said = world.said(), world.said("snapshots.json")
    world.forget()
    return said


def says(world):
    return world.said(), world.said("snapshots.json")


def test_three_nodes_say_what_one_machine_says(world, alone):
    done = world.across()
    assert done.exit_code == 2, done.output
    assert says(world) == alone
    assert {row["node"] for row in world.log} == set(NODES)
    assert sorted(host for row in world.log for host in row["hosts"]) == sorted(world.hosts)
    for row in world.log:
        sites = {world.hosts[host] for host in row["hosts"]} - {None}
        assert {host for host, site in world.hosts.items() if site in sites} <= set(row["hosts"])


def test_an_audit_across_nodes_changes_nothing_and_enters_nothing_at_centres_of_other_shards(world):
    world.across()
    for row in world.log:
        assert (row["playbook"], "--check" in row["arguments"]) == ("audit.yml", True)
        assert row["extra"] == [{"motcua_elsewhere": [name for name in ("centre-server", "ioc-server") if name not in row["hosts"]]}]


def test_a_limited_audit_says_what_one_machine_says_of_that_part(world):
    world.audit("-l", "lang-giang-cam1,lang-giang-cam2,yen-the-router")
    said = says(world)
    world.forget()
    done = world.across("-l", "lang-giang-cam1,lang-giang-cam2,yen-the-router")
    assert done.exit_code == 2, done.output
    assert says(world) == said
    assert len({row["node"] for row in world.log}) == 2, "a node for which nothing is left isn't asked"
    assert {str(row["extra"]) for row in world.log} == {"[{'motcua_elsewhere': []}]"}


def test_a_dead_node_hides_no_other_and_is_gone_on_with(world, alone):
    (world.folder / "nam.dead").touch()
    done = world.across()
    assert done.exit_code == 2, done.output
    assert "node nam: ssh: connect to host 192.0.2.1 port 22: No route to host" in done.output
    lost = {row["device"] for row in world.said()["findings"] if row["status"] == "error"}
    read = {host for row in world.log for host in row["hosts"]}
    assert (lost | read, lost & read) == (set(world.hosts), set())
    rows = [row for row in alone[0]["findings"] if row["device"] in read]
    assert [row for row in world.said()["findings"] if row["device"] in read] == rows
    (world.folder / "nam.dead").unlink()
    world.forget()
    assert world.across("--resume").exit_code == 2
    assert says(world) == alone
    assert {host for row in world.log for host in row["hosts"]} == lost


def test_a_node_that_dies_in_the_middle_keeps_what_came_back(world, alone):
    (world.folder / "bac.dies").touch()
    done = world.across()
    assert "node bac: it broke off" in done.output
    lost = {row["device"] for row in world.said()["findings"] if row["status"] == "error"}
    first, *rest = (row["hosts"] for row in world.log if row["node"] == "bac")
    assert (lost, lost & set(first)) == ({host for hosts in rest for host in hosts}, set())
    (world.folder / "bac.dies").unlink()
    world.forget()
    world.across("--resume")
    assert says(world) == alone
    assert {host for row in world.log for host in row["hosts"]} == lost


def test_the_rest_may_be_done_by_other_nodes(world, alone):
    (world.folder / "tay.dead").touch()
    world.across()
    world.write_nodes("bac", "nam")
    assert world.across("--resume").exit_code == 2
    assert says(world) == alone


def test_where_nothing_came_back_it_could_not_tell(world):
    for name in NODES:
        (world.folder / f"{name}.dead").touch()
    done = world.across()
    assert done.exit_code == 1, done.output
    found = [row for row in world.said()["findings"] if row["device"] in world.hosts]
    assert {row["status"] for row in found} == {"error"}
    assert {row["device"] for row in found} == set(world.hosts)


def test_a_playbook_that_dies_at_a_node_is_one_sentence_of_each_of_its_hosts(world):
    (world.folder / "tay.broken").touch()
    assert world.across().exit_code == 2
    why = "node tay: the playbook ended with 1 before anything was judged: the vault password is wrong"
    assert {row["actual"] for row in world.said()["findings"] if row["status"] == "error"} == {why}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda world: world.write_model(name="Tỉnh khác"), "the model is another one now"),
        (lambda world: (world.output / "latest/shards/asked.json").unlink(), "no run across nodes"),
    ],
)
def test_what_is_about_something_else_is_not_gone_on_with(world, change, why):
    world.across("-l", "yen-the-router")
    world.forget()
    change(world)
    done = world.across("--resume", "-l", "yen-the-router")
    assert isinstance(done.exception, MotcuaError)
    assert why in str(done.exception)
    assert not world.log


def test_another_limit_is_not_gone_on_with(world):
    world.across("-l", "yen-the-router")
    assert "its limit was yen-the-router" in str(world.across("--resume").exception)
    assert "--nodes" in str(world.audit("--resume").exception)


def test_verification_says_what_one_machine_says(world, tmp_path):
    app = Typer()
    app.command()(verifying.verify)

    def verified(folder, *more):
        return CliRunner().invoke(app, ["-i", str(world.inventory), "--output", str(folder), *more])

    done = verified(tmp_path / "many", "--nodes", str(world.nodes))
    assert done.exit_code == 2, done.output
    found = json.loads((tmp_path / "many/findings.json").read_text())["findings"]
    assert {row["device"] for row in found} == set(world.hosts)
    assert {row["playbook"] for row in world.log} == {"verify.yml"}
    assert "--check" not in str(world.log)
    assert "<failure" in (tmp_path / "many/junit.xml").read_text()
    (world.folder / "bac.dead").touch()
    assert verified(tmp_path / "less", "--nodes", str(world.nodes)).exit_code == 2
    (world.folder / "bac.dead").unlink()
    world.forget()
    assert verified(tmp_path / "less", "--nodes", str(world.nodes), "--resume").exit_code == 2
    assert {row["node"] for row in world.log} <= {"bac", "nam", "tay"}
    assert json.loads((tmp_path / "less/findings.json").read_text())["findings"] == found


# --- rollouts ---


@pytest.fixture
def small(tmp_path, monkeypatch):
    return World(tmp_path, {"lang-giang": 1, "tan-dinh": 1, "yen-the": 1}, ["bac", "nam"], monkeypatch)


def changed(world):
    """The hosts of each playbook that changed something, in their order."""
    return [row["hosts"] for row in world.log if row["playbook"] == "rollout.yml"]


def test_a_rollout_is_one_campaign_whose_steps_the_nodes_play(small):
    done = small.rollout("--without-backup")
    assert done.exit_code == 0, done.output
    assert changed(small)[:3] == [["centre-server"], ["ioc-server"], ["lang-giang-router", "lang-giang-cam1"]], "centres, then the canary"
    rest = sorted(changed(small)[3:-2])
    assert rest == [["tan-dinh-router", "tan-dinh-cam1"], ["yen-the-router", "yen-the-cam1"]]
    assert changed(small)[-2:] == [["centre-server"], ["ioc-server"]]
    assert {("--check" in row["arguments"], row["playbook"]) for row in small.log} == {
        (True, "audit.yml"),
        (False, "rollout.yml"),
        (False, "verify.yml"),
    }
    assert (small.inventory.parent / "keys/centre.pub").read_text() == "a public key", "what a hub told belongs to the model"
    locks = {path.name for path in small.folder.glob("homes/*/test/state/locks/*")}
    assert locks == {"centre-server", "ioc-server", "lang-giang", "tan-dinh", "yen-the"}, "a node lets nobody else change them meanwhile"


def test_a_rollout_goes_on_once_a_dead_node_lives_again(small):
    (small.inventory.parent / "keys").mkdir()
    (small.inventory.parent / "keys/centre.pub").write_text("a public key")
    assert small.rollout("--without-backup", "--plan").exit_code == 0
    small.write_nodes("bac", "nam", bac={"places": ["centre-server", "ioc-server", "lang-giang", "tan-dinh"]}, nam={"places": ["yen-the"]})
    (small.folder / "nam.dead").touch()
    first = small.rollout("--without-backup", "--resume")
    assert first.exit_code != 0, first.output
    assert "yen-the-router" not in str(changed(small))
    assert ["tan-dinh-router", "tan-dinh-cam1"] in changed(small)
    assert "No route to host" in first.output
    (small.folder / "nam.dead").unlink()
    small.forget()
    assert small.rollout("--without-backup", "--resume").exit_code == 0
    assert changed(small)[0] == ["yen-the-router", "yen-the-cam1"]


def test_what_only_nodes_can_log_in_to_is_backed_up_there(small):
    assert "--without-backup" in str(small.rollout().exception)
    assert not small.log


# --- secrets ---


def test_the_nodes_secrets_stay_at_the_node(world, tmp_path):
    """It plays with them; nothing that comes back or stays anywhere has them, or what a task said."""
    world.across()
    assert all(row["secret"] and row["vault"].endswith("/secrets/.vault-password") and row["keys"] == "True" for row in world.log)
    left = [path for path in tmp_path.rglob("*") if path.is_file() and not {"homes", "bin"} & set(path.parts)]
    assert {"findings.json", "playbook.log", "asked.json"} <= {path.name for path in left}
    assert not [path for path in left if SECRET.encode() in path.read_bytes()]
    folders = [Path(word[1:]).parent for row in world.log for word in row["arguments"] if word.endswith("/limit")]
    assert len(folders) == len(world.log)
    assert not [folder for folder in folders if folder.exists()]


def test_a_file_of_the_node_is_named_as_people_find_it_there(world):
    (world.folder / "paths").touch()
    world.across("-l", "yen-the-router")
    (node,) = {row["node"] for row in world.log}
    said = [row["actual"] for row in world.said()["findings"] if row["check"] == "pin"]
    assert said == [f"remove {world.folder}/homes/{node}/test/state/pins/yen-the-router"]


def test_what_a_killed_worker_left_goes_with_the_next(world):
    ended = subprocess.Popen(["true"])
    ended.wait()
    left, used = (Path(f"/dev/shm/motcua-{pid}-test") for pid in (ended.pid, os.getpid()))
    for folder in (left, used):
        folder.mkdir(exist_ok=True)
    answered(world, {"motcua": job(province="khac")})
    there = left.exists(), used.exists()
    used.rmdir()
    assert there == (False, True)


def test_what_is_sent_is_the_model_and_nothing_secret(world, tmp_path):
    top = world.inventory.parent
    for name in (
        "secrets/devices.yml",
        "state/pins",
        "keys/operator",
        "keys/centre.pub",
        "group_vars/all.yml",
        "waivers.yml",
        ".vault-password",
    ):
        (top / name).parent.mkdir(exist_ok=True)
        (top / name).write_text("waivers: {}" if name == "waivers.yml" else SECRET)
    (sent := tmp_path / "sent").mkdir()
    bundle(world.inventory, sent)
    assert sorted(str(path.relative_to(sent)) for path in sent.rglob("*") if path.is_file()) == [
        "keys/centre.pub",
        "province.yml",
        "sites/all.yml",
        "waivers.yml",
    ]


# --- what a node takes ---


def job(**changes):
    words = {"command": "audit", "province": "test", "places": {"a": ["a-cam1"]}, "patterns": ["a-cam1"], "code": own_code()}
    return words | changes


def answered(world, told, sent=None, provinces=(), name="bac"):
    """What a node's worker says of a job and the files sent with it."""
    folder = world.folder / "sent"
    folder.mkdir()
    if sent is None:
        bundle(world.inventory, folder)
    for name_of, text in (sent or {}).items():
        (folder / name_of).parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            (folder / name_of).symlink_to("/etc/passwd")
        else:
            (folder / name_of).write_text(text)
    with (world.folder / "stream").open("w+b") as stream:
        Transmitter(_output=stream, private_data_dir=str(folder), **told).run()
        stream.seek(0)
        work(world.folder / "homes" / name, provinces, stream, answers := io.BytesIO())
    return [json.loads(line) for line in answers.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("told", "sent", "why"),
    [
        ({"playbook": "evil.yml"}, None, "no job"),
        ({"motcua": job(command="shell")}, None, "no job (command)"),
        ({"motcua": job(playbook="x.yml")}, None, "no job (playbook)"),
        ({"motcua": job(patterns=["@/etc/passwd"])}, None, "no job (patterns.0)"),
        ({"motcua": job(patterns=["a:!b"])}, None, "no job (patterns.0)"),
        ({"motcua": job(places={"../../x": ["a"]})}, None, "no job (places"),
        ({"motcua": job(code="0")}, None, "another motcua"),
        ({"motcua": job(province="khac")}, None, "khac: isn't served here"),
        ({"motcua": job()}, {"project/evil.yml": "x"}, "'project/evil.yml', which no model has"),
        ({"motcua": job()}, {"env/cmdline": "-e x"}, "'env/cmdline', which no model has"),
        ({"motcua": job()}, {"secrets/devices.yml": "x"}, "which no model has"),
        ({"motcua": job()}, {"group_vars/all.yml": "x"}, "which no model has"),
        ({"motcua": job()}, {"sites/evil.yml": None}, "'sites/evil.yml', which no model has"),
        ({"motcua": job()}, {"province.yml": "id: khac"}, "is the model of khac"),
        ({"motcua": job()}, {"province.yml": "id: test\nssh: {proxy_command: touch /tmp/x}"}, "ssh.proxy_command"),
        ({"motcua": job()}, {"province.yml": "id: test\nmasters: {devices: ../khac/secrets/devices.yml}"}, "masters.devices"),
        ({"motcua": job()}, {"province.yml": "id: test\nssh: {known_hosts: 'x -o ProxyCommand=id'}"}, "ssh.known_hosts"),
    ],
)
def test_a_node_takes_jobs_and_models_and_nothing_else(world, told, sent, why):
    said = answered(world, told, sent)
    assert said[0]["status"] == "error"
    assert why in said[0]["job_explanation"], said
    assert said[1:] == [{"eof": True}]
    assert not world.log


def test_a_key_of_one_province_starts_no_work_for_another(world):
    assert "isn't served here" in answered(world, {"motcua": job()}, provinces=["khac"])[0]["job_explanation"]


@pytest.mark.parametrize(
    ("value", "taken"),
    [("secrets/devices.yml", True), ("id_ed25519", True), ("/etc/shadow", False), ("secrets/../../x", False), ("a b", False)],
)
def test_a_model_names_files_of_its_own_folder_only(value, taken):
    for raw in ({"masters": {"devices": value}}, {"ssh": {"private_key": value, "user": "root"}}):
        if taken:
            refuse_foreign(raw)
        else:
            with pytest.raises(ModelError, match="is no file beside"):
                refuse_foreign(raw)


# --- nodes.yml ---


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nodes: {a: {address: 192.0.2.1}}", "nodes.a.host_key: is missing"),
        ("nodes: {a: {address: 192.0.2.1, host_key: KEY, adress: b}}", "nodes.a.adress: unknown key; did you mean 'address'?"),
        ("nodes: {a: {address: '-oProxyCommand=id', host_key: KEY}}", "nodes.a.address: '-oProxyCommand=id' has the wrong form"),
        ("nodes: {a: {address: 192.0.2.1, user: '-l', host_key: KEY}}", "nodes.a.user"),
        ("nodes: {a: {address: 192.0.2.1, host_key: 'ssh-ed25519 x y'}}", "nodes.a.host_key"),
        ("nodes: {a: {address: 192.0.2.1, host_key: KEY, weight: 0}}", "nodes.a.weight"),
        ("nodes: {}", "nodes: "),
        ("node: {}", "node: unknown key; did you mean 'nodes'?"),
    ],
)
def test_a_mistake_in_nodes_yml_is_one_sentence(tmp_path, text, why):
    path = tmp_path / "nodes.yml"
    path.write_text(text.replace("KEY", HOST_KEY))
    with pytest.raises(ModelError) as raised:
        read_nodes(path)
    assert f"{path}: {why}" in str(raised.value)


def test_who_serves_nothing_here_is_said_before_anything_is_sent(world):
    world.write_nodes("bac", bac={"provinces": ["khac"]})
    assert "none serves test" in str(world.across().exception)
    world.write_nodes("bac", bac={"provinces": ["test"], "places": ["lang-gian"]})
    assert "nodes.bac.places: 'lang-gian' is no place of test" in str(world.across().exception)
    assert not (world.folder / "called").exists()
