"""`motcua verify`: the cases that the model implies, as a list or tried for real, and beside those of another day."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import IO, Annotated

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.comparison import Comparison, compare
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, from_json
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.exports import to_junit

from cli.controller import ROOT, at_the_controller, hosts_within
from cli.folders import write_whole
from cli.nodes.across import Across, Nodes, ResumeAcross, across_nodes
from documents.speech import LANGUAGES
from tests.verify.cases import cases, word
from tests.verify.model import declared

# pytest's exit codes (docs.pytest.org, "Exit codes"): 0 all passed, 1 some failed.
ALL_AS_DECLARED, COULD_NOT_TELL, FAILED_CHECK = 0, 1, 2
COMPARED = {
    "broken": "held before, fails now",
    "unknown": "held before, couldn't be tried now",
    "gone": "held before, is no case any more",
    "new": "is new",
    "mended": "holds now, didn't before",
    "still": "failed before, fails now",
}


def verify(
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    limit: Annotated[str | None, typer.Option("--limit", "-l", help="hosts or groups, as for ansible-playbook")] = None,
    output: Annotated[Path, typer.Option(help="folder for junit.xml and findings.json")] = Path("reports/verify"),
    listed: Annotated[bool, typer.Option("--list", help="say what would be tried, and touch nothing")] = False,
    language: Annotated[str, typer.Option(help="of the list: vi or en")] = "vi",
    save: Annotated[Path | None, typer.Option(help="keep the findings in this file, to compare with after a rollout")] = None,
    before: Annotated[Path | None, typer.Option("--compare", help="a file of --save: end by what has changed since")] = None,
    nodes: Nodes = None,
    resume: ResumeAcross = False,
) -> None:
    """Verify a province: exit code 0 all as declared, 2 a failed check, 1 could not tell; with --compare of what has changed since."""
    province = load(inventory)  # a mistake in it is said here, in one line each
    if language not in LANGUAGES:
        raise ModelError(f"--language {language}: is not known; write vi or en")
    if listed:
        typer.echo(catalogue(inventory, hosts_within(inventory, limit) if limit else (), language))
        return
    old = None if before is None else _saved(before)
    if save is not None and not save.resolve().parent.is_dir():
        raise ModelError(f"--save {save}: its folder isn't there; name a file in one that is")
    across = across_nodes("verify", province, inventory, nodes, limit, output, resume=resume)
    verdict, file = run_cases(inventory, limit, output) if across is None else run_cases_across(across, output)
    if save is not None:
        if verdict == COULD_NOT_TELL and not file.exists():
            raise MotcuaError(f"--save {save}: the run ended before any case was judged, nothing is saved; what it said stands above")
        shutil.copyfile(file, draft := save.with_name(f".{save.name}.draft"))
        draft.replace(save)
    if old is not None:
        compared = compare(old, _saved(file))
        typer.echo(_shown(compared))
        verdict = compared.verdict
    raise typer.Exit(verdict)


def run_cases(inventory: Path, limit: str | None, output: Path, log: IO[str] | None = None) -> tuple[int, Path]:
    """Try every case: the verdict, and the file of findings, which isn't there when nothing was judged. What it says goes to the log."""
    output.mkdir(parents=True, exist_ok=True)
    junit, findings = (output / "junit.xml").resolve(), (output / "findings.json").resolve()
    for file in (junit, findings):
        file.unlink(missing_ok=True)
    environment = os.environ | {
        "MOTCUA_INVENTORY": str(inventory.resolve()),
        "MOTCUA_HOSTS": ",".join(hosts_within(inventory, limit)) if limit else "",
        "MOTCUA_VERIFIED": str(findings),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
    }
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", "--tb=line"]
    command += [f"--junitxml={junit}", "tests/verify"]
    command = at_the_controller(command, inventory)
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False, stdout=log, stderr=log and subprocess.STDOUT).returncode
    return _verdict(code, junit), findings


def run_cases_at(
    nodes: Path | None, province: Province, inventory: Path, limit: str | None, output: Path, log: IO[str] | None = None
) -> tuple[int, Path]:
    """The same by nodes, where there are any."""
    if nodes is None:
        return run_cases(inventory, limit, output, log)
    return run_cases_across(Across("verify", province, inventory, nodes, limit), output)


def run_cases_across(across: Across, output: Path) -> tuple[int, Path]:
    """The same by nodes, each the cases of its places; what didn't come back couldn't be told."""
    output.mkdir(parents=True, exist_ok=True)
    across.run(output)
    findings = from_json((output / "findings.json").read_text(encoding="utf-8"))
    write_whole(output / "junit.xml", to_junit(findings, datetime.now().astimezone()))
    statuses = {finding.status for finding in findings}
    if "fail" in statuses:
        return FAILED_CHECK, output / "findings.json"
    return COULD_NOT_TELL if "error" in statuses or not statuses else ALL_AS_DECLARED, output / "findings.json"


def catalogue(inventory: Path, hosts: list[str] | tuple[()], language: str) -> str:
    """Every case as a sentence, site by site."""
    found = declared(inventory, hosts)
    place = {name: site.name for name, site in found.province.sites.items()}
    rows = sorted(cases(found), key=lambda case: list(place).index(case.site))
    lines: list[str] = []
    for site, of_site in groupby(rows, key=lambda case: case.site):
        lines += ["", f"{site}: {place[site]}"]
        lines += [f"  [{case.feature}] {case.device}: {case.sentence(language)}" for case in of_site]
    return "\n".join([*lines[1:], "", f"{len(rows)} {word('count', language)}"])


def _saved(file: Path) -> tuple[Finding, ...]:
    try:
        return from_json(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise MotcuaError(f"{file}: can't be read ({error.strerror}); 'motcua verify --save {file}' writes it before a rollout") from None
    except MotcuaError as error:
        raise MotcuaError(f"{file}: {error}") from None


def _shown(compared: Comparison) -> str:
    """What has changed, a line a case."""
    lines = []
    for name, words in COMPARED.items():
        for one in getattr(compared, name):
            said = f" ({one.actual})" if one.status in ("fail", "error", "skipped") and one.actual else ""
            lines.append(f"{words}: {one.device}: {one.check}{f' [{one.status}]' if name == 'new' else ''}{said}")
    return "\n".join(lines or ["nothing has changed"])


def _verdict(code: int, junit: Path) -> int:
    """A case that failed was judged; one whose facts could not be had was not, and is never a pass."""
    if code == 0:
        return ALL_AS_DECLARED
    return FAILED_CHECK if junit.exists() and "<failure" in junit.read_text(encoding="utf-8") else COULD_NOT_TELL
