"""`motcua certificates`: portals, cameras and recorders get certificates of the province's authority, wave by wave, where that is due."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils import pki, waves
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import Host, desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Json
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import vendor_named
from cryptography.hazmat.primitives.serialization import Encoding

from cli.campaign import Campaign, Choices, Inventory, Limit, Output, PlanOnly, Resume, Retry, WithoutBackup, Yes, YesDangerous
from cli.locks import locked
from cli.pki_store import store_of
from cli.player import last_words, play_holding
from cli.waves import carry_out

RENEW_DAYS = 30
PORTALS = "centre:ioc"

Everyone = Annotated[bool, typer.Option("--all", help="another certificate also for those whose present one isn't due")]
Experimental = Annotated[bool, typer.Option("--experimental", help="also at devices of which none has confirmed the way yet")]


def certificates(
    inventory: Inventory = Path("inventory/lab/province.yml"),
    limit: Limit = None,
    output: Output = Path("reports/certificates"),
    everyone: Everyone = False,
    experimental: Experimental = False,
    resume: Resume = False,
    retry: Retry = False,
    plan_only: PlanOnly = False,
    yes_dangerous: YesDangerous = False,
    without_backup: WithoutBackup = False,
    yes: Yes = False,
) -> None:
    """Give certificates where that is due, wave by wave: exit code 0 all done, 2 something failed, 1 something waits or didn't answer."""
    store = store_of(inventory)
    if not store.exists:
        raise ModelError(f"{store.folder}: the province has no authority yet; 'motcua pki root' and 'motcua pki request' begin one")
    campaign = Campaign(
        "certificates",
        "renewal of certificates",
        "certificates",
        variables={"certificates_renew": everyone} | ({"motcua_experimental": True} if experimental else {}),
        danger="TLS",
        centres=True,
        due=partial(due, store, everyone=everyone, experimental=experimental),
    )
    choices = Choices(limit, output, resume, retry, plan_only, yes_dangerous, without_backup, yes)
    raise typer.Exit(carry_out(campaign, inventory, choices))


def due(
    store: pki.Store, _province: Province, hosts: Sequence[Host], *, everyone: bool, experimental: bool, now: datetime | None = None
) -> Mapping[str, Json]:
    """Those of which the store says that they need another certificate, each with the authority that will have signed it.

    Portals take part whenever a device does: what asks devices from there has to learn their keys.
    """
    now = now or datetime.now(UTC)
    number, trusted, current = store.signing(now).number, store.trusted(), store.current()

    def needs(name: str) -> bool:
        one = current.get(name)
        shown = None if one is None else one.certificate.public_bytes(Encoding.DER)
        return everyone or shown is None or trusted.due(shown, name, now, RENEW_DAYS)

    devices = [host for host in hosts if takes_one(host, experimental=experimental) and needs(host.name)]
    portals = [host for host in hosts if portal_of(host) is not None]
    if not devices and not any(needs(str(portal_of(host))) for host in portals):
        return {}
    return {host.name: number for host in (*portals, *devices)}


def takes_one(host: Host, *, experimental: bool) -> bool:
    """Whether a device makes its own request, over TLS, in a way that is known."""
    if host.role not in ("camera", "nvr") or host.vendor is None or host.scheme != "https" or host.recorder is not None:
        return False
    evidence = vendor_named(host.vendor).operations.get("certificate")
    return evidence is not None and (experimental or evidence != "experimental")


def portal_of(host: Host) -> str | None:
    """The name that a centre's portal is known by; None for what has none."""
    has_one = "portal" in host.desired or "relay" in host.desired
    return str(host.desired["hub"]["id"]) if has_one else None


def publish_at_portals(inventory: Path) -> None:
    """Put root and lists on the portals, and renew the portals' own certificates where that is due.

    :raises MotcuaError: when the playbook failed.
    """
    province = load(inventory)
    places = {waves.place_of(host) for host in desired(province, plan(province)) if portal_of(host) is not None}
    with tempfile.TemporaryDirectory() as folder, locked(inventory, places) as held:
        heard, log = Path(folder) / "findings.json", Path(folder) / "log"
        if play_holding(held, "certificates", inventory, heard, log, PORTALS):
            raise MotcuaError(f"playbooks/certificates.yml failed at the portals: {last_words(log)}")
    typer.echo("The portals show the root and the lists.")
