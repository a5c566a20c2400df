"""`motcua accept`: turn running values into the declared ones. The inventory changes, and no device does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.chosen import choose
from ansible_collections.motcua.cctv.plugins.plugin_utils.contradictions import settable
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, device_host, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.diff import flatten
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, from_json
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Camera, Nvr, Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.overrides import complaint, decider

from intake.editing.edit import Edit

LATEST = Path("reports/latest/findings.json")
# Keys of the vocabulary for which a device has a key of its own.
OWN = {"overlay.name": "name"} | {f"identity.{key}": key for key in ("model", "serial", "mac", "firmware", "build")}
ELSEWHERE = {
    "router": "is made from sites.{site}.router, .lines and the policy by role 'router'",
    "hub": "is made from the whole plan by role '{feature}'",
    "ioc": "is made from the whole plan by role '{feature}'",
}

Names = Annotated[list[str], typer.Argument(metavar="FINDING…", help="ids as the audit prints them, or device:check")]
Inventory = Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")]
Report = Annotated[Path, typer.Option("--from", help="the findings.json of an audit")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="do it without asking")]


def accept(
    names: Names,
    inventory: Inventory = Path("inventory/lab/province.yml"),
    report: Report = LATEST,
    yes: Yes = False,
) -> None:
    """Declare what runs: write the running values of findings into the inventory, shown as a diff before."""
    before = load(inventory)
    accepted = choose(read_report(report), names)
    edit = Edit(inventory)
    for site, value in changes(before, accepted):
        edit.merge(site, value)
    difference = edit.diff()
    if not difference:
        typer.echo("Nothing changes: all of it is declared already; audit again.")
        return
    after = _hosts(edit.check())
    _check_declared(after, accepted)
    typer.echo(difference)
    for host in sorted(name for name, wish in _hosts(before).items() if after[name] != wish):
        typer.echo(f"Declared anew: {host}")
    if not yes:
        typer.confirm("Write this?", abort=True)
    typer.echo("Written: " + ", ".join(str(path) for path in edit.write()))


def read_report(path: Path) -> tuple[Finding, ...]:
    """The findings of an audit.

    :raises MotcuaError: when there are none, or they can't be read.
    """
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"--from {path}: is not there; run 'motcua audit' first, or name the findings.json of one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"--from {path}: can't be read ({error}); name the findings.json of an audit") from None


def changes(province: Province, accepted: Iterable[Finding]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is to be merged into which site.

    :raises ModelError: a line for each finding that can't be accepted, with what decides its value instead.
    """
    devices, mistakes, found = dict(_devices(province)), [], []
    usual = _hosts(_without_settings(province))
    for finding in accepted:
        if finding.device not in devices:
            mistakes.append(_elsewhere(province, finding))
            continue
        site, kind, name, device = devices[finding.device]
        mistake = _mistake(province, site, device, finding)
        if mistake is not None:
            mistakes.append(f"{finding.device}:{finding.check}: {mistake}")
        else:
            found.append((site, {kind: {name: _value(device, finding, usual)}}))
    if mistakes:
        raise ModelError("\n".join(mistakes))
    yield from found


def _devices(province: Province) -> Iterator[tuple[str, tuple[str, str, str, Camera | Nvr]]]:
    """Cameras and recorders by host: where they stand in the inventory, and what they are."""
    for site, value in province.sites.items():
        for name, camera in value.cameras.items():
            yield device_host(site, name), (site, "cameras", name, camera)
        for name, nvr in value.nvrs.items():
            yield device_host(site, name), (site, "nvrs", name, nvr)


def _mistake(province: Province, site: str, device: Camera | Nvr, finding: Finding) -> str | None:
    """Why a value isn't written down; None when it may be."""
    if finding.feature == "device" or finding.actual is None:
        return "has no value that could be declared; repair it, or waive it in waivers.yml"
    if finding.check in OWN:
        return None
    by = decider(finding.check)
    if by is not None:
        return f"is decided by {by}; change that, or repair the device"
    return complaint(finding.check, finding.actual, settable(province.sites[site], device))


def _elsewhere(province: Province, finding: Finding) -> str:
    role = next((host.role for host in desired(province, plan(province)) if host.name == finding.device), None)
    if role is None:
        return f"{finding.device}:{finding.check}: there is no such device in the inventory any more; audit again"
    where = ELSEWHERE[role].format(site=finding.site, feature=finding.feature)
    return f"{finding.device}:{finding.check}: {where}; change that, repair it, or waive it in waivers.yml"


def _value(device: Camera | Nvr, finding: Finding, usual: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The device's own part of the inventory: its key, its setting, or one setting less where the usual value is the running one."""
    if finding.check in OWN:
        return {OWN[finding.check]: finding.actual}
    if finding.check in device.settings and flatten(usual[finding.device], {}).get(finding.check) == finding.actual:
        return {"settings": None if len(device.settings) == 1 else {finding.check: None}}
    return {"settings": {finding.check: finding.actual}}


def _without_settings(province: Province) -> Province:
    """The province as it would be if no device had settings of its own."""
    plain = {
        name: {kind: {key: one.model_copy(update={"settings": {}}) for key, one in devices.items()} for kind, devices in kinds.items()}
        for name, kinds in ((name, {"cameras": site.cameras, "nvrs": site.nvrs}) for name, site in province.sites.items())
    }
    return province.model_copy(update={"sites": {name: site.model_copy(update=plain[name]) for name, site in province.sites.items()}})


def _hosts(province: Province) -> dict[str, dict[str, Any]]:
    """What is declared for every host."""
    return {host.name: dict(host.desired) for host in desired(province, plan(province))}


def _check_declared(hosts: Mapping[str, Mapping[str, Any]], accepted: Iterable[Finding]) -> None:
    """What was written must also be what the next audit expects.

    :raises ModelError: when something else still decides it.
    """
    for finding in accepted:
        expected = flatten(hosts[finding.device], {}).get(finding.check, finding.actual)
        if expected != finding.actual:
            raise ModelError(
                f"{finding.device}:{finding.check}: would still be declared as {expected!r}; change what decides it, or repair it"
            )
