"""`motcua nodes export --awx`: files for people who have AWX."""

from pathlib import Path

import pytest
import yaml
from typer import Typer
from typer.testing import CliRunner

from cli.nodes.commands import app as nodes_app
from tests.unit.nodes import World


@pytest.fixture
def exported(tmp_path, monkeypatch):
    world = World(tmp_path, {"lang-giang": 3, "tan-dinh": 2, "yen-the": 1}, ["bac", "nam"], monkeypatch)
    app = Typer()
    app.add_typer(nodes_app, name="nodes")
    words = ["nodes", "export", "--awx", str(tmp_path / "awx"), "--image", "registry.example/el9:1", "-i", str(world.inventory)]
    done = CliRunner().invoke(app, [*words, "--nodes", str(world.nodes)])
    assert done.exit_code == 0, done.output
    return {path.name: yaml.safe_load(path.read_text()) for path in (tmp_path / "awx").iterdir()}


def test_a_job_template_for_each_command_at_each_node(exported):
    rows = exported["job_templates.yml"]["job_templates"]
    assert [(row["playbook"], row["job_type"], row["instance_groups"]) for row in rows] == [
        (f"playbooks/{command}.yml", kind, [node])
        for node in ("bac", "nam")
        for command, kind in (("audit", "check"), ("verify", "run"), ("rollout", "run"))
    ]
    assert all(Path(row["playbook"]).is_file() for row in rows)
    limits = {row["instance_groups"][0]: row["limit"].split(":") for row in rows}
    assert sorted(limits["bac"] + limits["nam"]) == ["centre-server", "ioc-server", "site_lang_giang", "site_tan_dinh", "site_yen_the"]
    centres = {"centre-server", "ioc-server"}
    for row in rows:
        assert set(row["extra_vars"]["motcua_elsewhere"]) == centres - set(row["limit"].split(":"))


def test_the_playbook_passes_on_every_option(exported):
    (play,) = exported["import.yml"]
    options = play["tasks"][0]["awx.awx.job_template"]
    assert options == {key: f"{{{{ item.{key} }}}}" for key in exported["job_templates.yml"]["job_templates"][0]}


def test_the_execution_environment_has_what_was_tested(exported):
    found = exported["execution-environment.yml"]
    wanted = [line for line in Path("requirements.txt").read_text().splitlines() if line and not line.startswith("#")]
    needs = found["dependencies"]
    assert found["version"] == 3
    assert sorted([needs["ansible_core"]["package_pip"], needs["ansible_runner"]["package_pip"], *needs["python"]]) == sorted(wanted)
    assert found["images"] == {"base_image": {"name": "registry.example/el9:1"}}
