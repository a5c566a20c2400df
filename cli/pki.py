"""`motcua pki`: the province's own authority, an offline root and an issuing authority, and the certificates that it signs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils import pki
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError, Refused
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province

from cli import pki_root
from cli.certificates import publish_at_portals
from cli.folders import write_whole
from cli.locks import locked, operator
from cli.pki_store import bundled, listed, make_key, next_list, opened_key, sealed_key, store_of, wanted
from cli.pki_store import days as days_of

RENEW_DAYS = 30

app = typer.Typer(help="The province's own certificates.", no_args_is_help=True)
app.command("root")(pki_root.root)
app.command("sign-ca")(pki_root.sign_ca)

Inventory = Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")]
Lab = Path("inventory/lab/province.yml")


@app.callback()
def group() -> None:
    """The province's own certificates."""


@app.command("request")
def request(inventory: Inventory = Lab) -> None:
    """Make a new issuing authority's key, and the request that the offline root signs."""
    province, store = load(inventory), store_of(inventory)
    with locked(inventory, ["pki"]):
        number = store.next_number()
        key, asked = pki.request_authority(pki.Named(province.id, _networks(province)), number)
        path = store.begin(asked, sealed_key(key), number)
    typer.echo(f"{path}: carry it to the machine with the root, and sign it there: motcua pki sign-ca {path.name} --root FOLDER")


@app.command("install")
def install(
    certificate: Annotated[Path, typer.Argument(help="what the root signed")],
    root: Annotated[Path, typer.Option(help="the root's certificate, root.pem")],
    inventory: Inventory = Lab,
) -> None:
    """Take what the root signed: from now on this authority signs, and the one before it is believed as well."""
    store, now = store_of(inventory), datetime.now(UTC)
    with locked(inventory, ["pki"]):
        known = store.exists
        anchor = pki_root.read_certificate(root)
        if not known:
            typer.echo(f"The root's fingerprint, which must be that on the root's own machine:\n  {pki.fingerprint(anchor)}")
        made = store.install(pki_root.read_certificate(certificate), anchor, now)
        next_list(store, made, now)
    typer.echo(f"Issuing authority {made.number} signs from now on; 'motcua certificates' gives devices certificates of it.")


@app.command("list")
def list_certificates(inventory: Inventory = Lab) -> None:
    """What was signed, until when, and what was revoked: exit code 0 all is well, 2 something ends soon, 1 could not tell."""
    lines, soon = listed(store_of(inventory), datetime.now(UTC), RENEW_DAYS)
    typer.echo("\n".join(lines))
    raise typer.Exit(2 if soon else 0)


@app.command("issue")
def issue(
    host: Annotated[str, typer.Argument(help="the host, such as lang-giang-nvr1")],
    output: Annotated[Path, typer.Option("--output", "-o", help="a new folder for key and certificate; hand it over and delete it")],
    inventory: Inventory = Lab,
    request: Annotated[Path | None, typer.Option(help="the device's own request, where it makes its key: then no key is written")] = None,
) -> None:
    """A certificate by hand, for a device that takes it only from a person: from its request, or as a bundle with a key."""
    store, now = store_of(inventory), datetime.now(UTC)
    for_whom = wanted(inventory, host)
    opened = opened_key(store, now)
    if request is not None:
        asked = pki.request_for(_bytes(request), host)
        signed = store.issue(opened, asked.public_key(), for_whom, "request", now)
        bundled(output, signed, store.chain(now), None)
    else:
        key = make_key()
        signed = store.issue(opened, key.public_key(), for_whom, "bundle", now)
        bundled(output, signed, store.chain(now), key)
    typer.echo(f"{output}: until {signed.not_valid_after_utc:%Y-%m-%d}, for {', '.join(for_whom.names)}. Delete it once the device has it.")


@app.command("renew")
def renew(
    output: Annotated[Path, typer.Option("--output", "-o", help="a new folder, with a folder for each host")],
    inventory: Inventory = Lab,
    within_days: Annotated[int, typer.Option(help="what ends within so many days")] = RENEW_DAYS,
) -> None:
    """New bundles for all that were made by hand and end soon; 'motcua certificates' renews the others by itself."""
    store, now = store_of(inventory), datetime.now(UTC)
    due = [one for one in store.current().values() if one.way == "bundle" and days_of(one.certificate, now) <= within_days]
    for one in due:
        issue(one.host, output / one.host, inventory, None)
    typer.echo(f"{len(due)} certificates by hand were renewed.")


@app.command("revoke")
def revoke(
    host: Annotated[str, typer.Argument(help="the host whose certificates must not be believed any more")],
    inventory: Inventory = Lab,
    why: Annotated[str, typer.Option(help="compromised, replaced, retired or unspecified")] = "compromised",
    newest_too: Annotated[bool, typer.Option(help="also the newest: nothing is sent to that device until it is reset")] = False,
) -> None:
    """Believe a host's certificates no more, and make the list that says so to everybody."""
    if why not in pki.REASONS:
        raise ModelError(f"--why {why}: is none of {', '.join(pki.REASONS)}")
    store, now = store_of(inventory), datetime.now(UTC)
    newest = store.current().get(host)
    if newest is None:
        raise ModelError(f"{host}: no certificate was ever signed for it; 'motcua pki list' names those that were")
    mine = [one for one in store.issued() if one.host == host and (newest_too or one.certificate != newest.certificate)]
    if not mine:
        raise Refused(
            f"{host}: has no certificate but its newest; give it another first ('motcua certificates -l {host},hubs --all'), or write "
            "--newest-too: then nothing is sent to it any more until it is reset and its pin is removed"
        )
    with locked(inventory, ["pki"]):
        count = sum(store.revoke(one, operator(), why, now) for one in mine)
        _make_lists(store, now)
    typer.echo(f"{host}: {count} certificates are revoked. 'motcua pki crl --publish' puts the list on the portals.")


@app.command("crl")
def crl(
    inventory: Inventory = Lab,
    publish: Annotated[bool, typer.Option("--publish", help="put them on the portals, and renew the portals' certificates if due")] = False,
) -> None:
    """Make the lists of revoked certificates anew; a schedule does it every day."""
    store = store_of(inventory)
    with locked(inventory, ["pki"]):
        _make_lists(store, datetime.now(UTC))
    if publish and store.exists:
        publish_at_portals(inventory)


@app.command("export")
def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="the file; what leaders' telephones and browsers are to trust")],
    inventory: Inventory = Lab,
) -> None:
    """The root's certificate, to hand out: it is public, and its fingerprint is what people compare."""
    root = store_of(inventory).root()
    write_whole(output, pki.pem(root).decode())
    typer.echo(f"{output}: {pki.fingerprint(root)}")


@app.command("retire-ca")
def retire(
    number: Annotated[int, typer.Argument(help="the authority, as 'motcua pki list' numbers them")],
    inventory: Inventory = Lab,
    anyway: Annotated[bool, typer.Option("--anyway", help="its key was stolen: also while hosts use it, which are refused then")] = False,
) -> None:
    """Believe an old issuing authority no more, once nothing uses it."""
    store, now = store_of(inventory), datetime.now(UTC)
    with locked(inventory, ["pki"]):
        authority = next((one for one in store.authorities() if one.number == number), None)
        if authority is None:
            raise ModelError(f"{number}: there is no such authority; 'motcua pki list' names them")
        if authority.certificate is not None:
            _check_unused(store, authority, now, anyway=anyway)
        store.retire(number)
    typer.echo(f"Authority {number} is believed no more.")


def _make_lists(store: pki.Store, now: datetime) -> None:
    for authority in store.authorities():
        if authority.certificate is not None:
            made = next_list(store, authority, now)
            typer.echo(f"Authority {authority.number}: {len(made)} revoked, the list holds until {made.next_update_utc:%Y-%m-%d}.")


def _check_unused(store: pki.Store, authority: pki.Authority, now: datetime, *, anyway: bool) -> None:
    assert authority.certificate is not None
    if store.signing(now).number == authority.number:
        raise Refused(f"authority {authority.number} is the one that signs; make the next with 'motcua pki request' first")
    revoked = store.trusted().revoked
    using = sorted(
        host
        for host, one in store.current().items()
        if one.certificate.issuer == authority.certificate.subject and one.certificate.serial_number not in revoked
    )
    if using and not anyway:
        named = ", ".join(using[:8]) + (", …" if len(using) > 8 else "")
        raise Refused(f"authority {authority.number}: {len(using)} still use it ({named}); 'motcua certificates' gives them new ones")


def _networks(province: Province) -> tuple[pki.Network, ...]:
    """All in which the province's machines have their planned addresses."""
    found = [province.networks.sites, province.networks.tunnels, *province.networks.tslcd, *(one.lan for one in province.centres.values())]
    return (*found, *([province.networks.viewers] if province.networks.viewers else []))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MotcuaError(f"{path}: can't be read ({error.strerror}); name the file with the request") from None
