"""`motcua audit`: what it leaves behind and how it ends, with a playbook that is played."""

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, to_json
from typer import Typer
from typer.testing import CliRunner

from cli import audit as module

LAB = "inventory/lab/province.yml"


@pytest.fixture
def audit(tmp_path, monkeypatch):
    """Run the command with an ansible-playbook that does what the test says."""

    def run(script, *arguments, findings=None):
        player = tmp_path / "ansible-playbook"
        if findings is not None:
            (tmp_path / "played.json").write_text(to_json(findings, "now"))
            script = f"cp {tmp_path}/played.json $MOTCUA_FINDINGS; {script}"
        player.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/arguments\n{script}\n')
        player.chmod(0o755)
        monkeypatch.setattr(module, "at_the_controller", lambda command, _: [str(player), *command[1:]])
        monkeypatch.setenv("COLUMNS", "200")
        app = Typer()
        app.command()(module.audit)
        return CliRunner().invoke(app, ["-i", LAB, "--output", str(tmp_path / "reports"), *arguments])

    return run


def row(status, **values):
    return Finding("lang-giang-cam1", "lang-giang", "services", "services.upnp", status, **values)


@pytest.mark.parametrize(
    ("findings", "ended", "code"),
    [
        ([row("pass")], 0, 0),
        ([row("fail", expected=False, actual=True)], 0, 2),
        ([row("error", actual="no [bold]answer")], 4, 1),
        ([row("fail"), row("error")], 2, 2),
        ([], 0, 1),
        ([row("pass")], 2, 1),
    ],
)
def test_it_ends_as_the_findings_say(audit, tmp_path, findings, ended, code):
    done = audit(f"exit {ended}", findings=findings)
    assert done.exit_code == code, done.output
    latest = tmp_path / "reports" / "latest"
    assert {"findings.json", "report.html", "playbook.log"} == {file.name for file in latest.iterdir()}
    assert "Bộ phận Một cửa" in (latest / "report.html").read_text(encoding="utf-8")
    if any(finding.status in ("fail", "error") for finding in findings):
        assert "services.upnp" in done.output
    if code == 1 and findings and findings[0].status == "error":
        assert "no [bold]answer" in done.output


def test_it_never_applies_and_passes_the_limit_on(audit, tmp_path):
    audit("exit 0", "-l", "site_tan_dinh", findings=[row("pass")])
    arguments = (tmp_path / "arguments").read_text()
    assert "--check --diff" in arguments
    assert "--limit site_tan_dinh" in arguments


def test_a_playbook_that_dies_is_one_sentence(audit, tmp_path):
    done = audit("echo '[ERROR]: the vault password is wrong.'; exit 1")
    assert done.exit_code == 1
    assert isinstance(done.exception, MotcuaError)
    sentence = str(done.exception)
    assert sentence.startswith("the audit ended with 1 before anything was judged: the vault password is wrong; its whole log is ")
    assert not (tmp_path / "reports" / "latest").exists()


def test_half_a_file_of_findings_is_no_pass(audit):
    done = audit("echo '{' >$MOTCUA_FINDINGS; exit 0")
    assert done.exit_code == 1
    assert isinstance(done.exception, MotcuaError)


def test_two_audits_in_one_second_keep_apart(audit, tmp_path):
    for _ in range(3):
        audit("exit 0", findings=[row("pass")])
    folders = [path for path in (tmp_path / "reports").iterdir() if not path.is_symlink()]
    assert len(folders) == 3
    assert (tmp_path / "reports" / "latest").resolve() in folders


def test_a_folder_that_is_none_is_said(audit, tmp_path):
    (tmp_path / "reports").write_text("a file")
    done = audit("exit 0", findings=[row("pass")])
    assert isinstance(done.exception, MotcuaError)
    assert "name another" in str(done.exception)
    assert not (tmp_path / "arguments").exists()
