"""The command line: a user's mistake is one sentence that says where and what to do, and never a traceback."""

import runpy
import sys

import pytest

LAB = "inventory/lab/province.yml"
MISTAKES = {
    "no such province": (["audit", "-i", "nowhere/province.yml"], "nowhere/province.yml: does not exist; name the province's province.yml"),
    "no such province to verify": (
        ["verify", "-i", "nowhere/province.yml"],
        "nowhere/province.yml: does not exist; name the province's province.yml",
    ),
    "nobody within the limit": (["verify", "-i", LAB, "-l", "nobody"], "--limit nobody: names no host of inventory/lab/province.yml"),
    "no such passwords": (
        ["secrets", "init", "-i", LAB, "--initial", "{tmp}/none.yml"],
        "none.yml: can't be read (No such file or directory)",
    ),
    "passwords that are numbers": (
        ["secrets", "init", "-i", LAB, "--initial", "{tmp}/numbers.yml"],
        "put passwords of digits only in quotes",
    ),
    "a report where no folder can be": (
        ["audit", "-i", LAB, "--output", "{tmp}/numbers.yml"],
        "can't be written (Not a directory); name another folder",
    ),
    "no such VMS": (["vms", "list", "nobody", "-i", LAB], f"{LAB}: vms: there is no 'nobody'; write one of those that are described (vms)"),
    "passwords on the screen": (["vms", "list", "vms", "-i", LAB, "--with-passwords"], "passwords never go to the screen; name a file"),
    "no such host of the lab": (["lab", "ssh", "nobody"], "there is no nobody here"),
    "no such device of the lab": (["lab", "hand", "nobody", "status"], "there is no nobody here"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_sentence(case, tmp_path, monkeypatch, capfd):
    """The program itself, in this process: to start it each time would cost more than all else here."""
    (tmp_path / "numbers.yml").write_text("a-cam1: 123456\n")
    arguments, words = MISTAKES[case]
    monkeypatch.setattr(sys, "argv", ["scripts/motcua", *(argument.format(tmp=tmp_path) for argument in arguments)])
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("MOTCUA_OWN_PYTHON", "yes")
    monkeypatch.setenv("ANSIBLE_CONFIG", "ansible.cfg")
    with pytest.raises(SystemExit) as ended:
        runpy.run_path("scripts/motcua", run_name="__main__")
    assert capfd.readouterr().err == ""
    (sentence,) = str(ended.value.code).splitlines()  # what Python prints, with status 1
    assert sentence.startswith("motcua: ")
    assert words in sentence or "run it with sudo" in sentence  # the lab is root's
