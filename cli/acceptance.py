"""`motcua acceptance`: a site tried under load, and a signed record of it; or such a record checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.acceptance import Record, judge, planned_of
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import to_json
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

from cli import sealing
from cli.folders import new_folder
from cli.measuring.trial import Site, Wish, run
from documents.speech import LANGUAGES
from tests.verify.cases import cases
from tests.verify.model import Declared, declared

ACCEPTED, COULD_NOT_TELL, NOT_ACCEPTED = 0, 1, 2
FINDINGS = "findings.json"


def acceptance(
    site: Annotated[str | None, typer.Argument(metavar="SITE", help="the site's id")] = None,
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    minutes: Annotated[float, typer.Option(help="how long the load lasts", min=0.5, max=240)] = 20,
    office_traffic: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="who takes a minute of traffic like the office's; nothing is sent unless given")
    ] = None,
    reboot: Annotated[bool, typer.Option("--reboot", help="reboot each device too: in the site's window, after you typed its id")] = False,
    output: Annotated[Path, typer.Option(help="folder; the record gets one of its own in it")] = Path("reports/acceptance"),
    sealed: Annotated[Path | None, typer.Option("--check", help="check the signature of this record, and try nothing")] = None,
    unsealed: Annotated[Path | None, typer.Option("--sign", help="sign this record, which couldn't be signed when it was made")] = None,
) -> None:
    """Try a site for acceptance: exit code 0 accepted, 2 not accepted, 1 could not tell; with --check 0 unchanged, 2 changed."""
    load(inventory)
    if sealed is not None:
        raise typer.Exit(_check(inventory, sealed))
    if unsealed is not None:
        _sign(inventory, unsealed)
        return
    if site is None:
        raise ModelError("SITE is missing; name the site that is to be accepted, or a record with --check")
    found = _declared(inventory, site)
    wish = Wish(minutes, _receiver(office_traffic), reboot)
    where = Site(site, inventory, found, Path(), typer.echo)
    if reboot:
        _confirm_reboot(where)
    if found.province.sites[site].recording_notice is None:
        typer.echo(f"sites.{site}.recording_notice: nobody has seen a notice of recording there, so the site won't be accepted.", err=True)
    where.folder = new_folder(output / site, where.clock)
    raise typer.Exit(_record(where, judge(run(where, wish), planned_of(found.province, found.planned, site))))


def _declared(inventory: Path, site: str) -> Declared:
    province = load(inventory)
    if site not in province.sites:
        raise ModelError(f"SITE {site}: there is no such site; 'motcua plan --no-documents' shows what there is")
    whole = declared(inventory, ())
    found = replace(whole, limit=frozenset(host.name for host in whole.hosts.values() if host.site == site))
    if not planned_of(found.province, found.planned, site):
        raise ModelError(f"SITE {site}: the centre records no camera of it, so there is nothing to accept; 'motcua plan' says why")
    return found


def _receiver(text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ModelError(f"--office-traffic {text}: is no receiver; write HOST:PORT of a machine that takes what is sent to it")
    return host, int(port)


def _confirm_reboot(site: Site) -> None:
    window = site.declared.province.sites[site.name].policy.maintenance
    if not site.in_window():
        raise ModelError(f"--reboot: it is {site.clock:%H:%M}, and {site.name} may be disturbed between {window} only; come back then")
    typer.echo(f"To be rebooted, one after another: {', '.join(site.devices)}.")
    if typer.prompt(f"Type the site's id ({site.name}) to go on", default="", show_default=False).strip() != site.name:
        raise ModelError(f"--reboot: that isn't {site.name}; nothing was tried or rebooted")


# --- the record ---------------------------------------------------------------------------------------------------------


def _record(site: Site, record: Record) -> int:
    """Write it, let it be signed, say where it is. A record that couldn't be signed is kept, and accepts nothing before it is."""
    from documents.acceptance import write_record  # noqa: PLC0415  Word costs a second, which only a record is worth

    found = site.declared
    (site.folder / FINDINGS).write_text(to_json(record.findings, record.trial.ended), encoding="utf-8")
    tried = cases(found)
    sentences = {language: {(case.device, case.check): case.sentence(language) for case in tried} for language in LANGUAGES}
    names, remark = write_record(found.province, found.planned, record, sentences, site.inventory.parent, site.folder)
    if remark:
        typer.echo(remark, err=True)
    for one in record.reasons:
        typer.echo(f"against: {one.device}: {one.check}: expected {one.expected}, actual {one.actual}")
    typer.echo(f"{site.name}: {'accepted' if record.accepted else 'NOT accepted'}; {site.folder}: {', '.join(names)}")
    verdict = _verdict(record)
    try:
        sealing.seal(site.inventory, site.name, site.folder, [*names, FINDINGS], "accepted" if record.accepted else "not accepted")
    except MotcuaError as error:
        typer.echo(f"{error}; the record isn't signed yet: 'motcua acceptance --sign {site.folder}' does it", err=True)
        return verdict or COULD_NOT_TELL
    typer.echo(f"Signed by the storage centre; 'motcua acceptance --check {site.folder}' checks it.")
    return verdict


def _verdict(record: Record) -> int:
    if record.accepted:
        return ACCEPTED
    return NOT_ACCEPTED if any(one.status == "fail" for one in record.reasons) else COULD_NOT_TELL


def _sign(inventory: Path, folder: Path) -> None:
    """Sign a record that lies there unsigned: all its files, and nothing that a run leaves beside them."""
    from documents.acceptance import RECORD_FILE, read_verdict  # noqa: PLC0415  as above

    if (folder / sealing.SIGNATURE).exists():
        raise ModelError(f"--sign {folder}: is signed already; 'motcua acceptance --check {folder}' checks it")
    made = (file.name for file in folder.glob("*") if file.suffix in (".json", ".docx", ".pdf"))
    names = sorted(name for name in made if name != sealing.MANIFEST)  # one that is there is half a seal
    if RECORD_FILE not in names:
        raise ModelError(f"--sign {folder}: holds no {RECORD_FILE}; name the folder of a record")
    site, verdict = read_verdict(folder)
    sealing.seal(inventory, site, folder, names, verdict)
    typer.echo(f"Signed by the storage centre; 'motcua acceptance --check {folder}' checks it.")


def _check(inventory: Path, file: Path) -> int:
    checked = sealing.check(inventory, file)
    for sentence in checked.wrong:
        typer.echo(sentence, err=True)
    if checked.wrong:
        typer.echo("The record is NOT as it was signed.")
        return NOT_ACCEPTED
    said = checked.manifest
    typer.echo(
        f"{said['site']}: {said['reason']}; signed {said['made']} for {said['who']}; {len(said['files'])} files are as they were signed."
    )
    return ACCEPTED
