"""`motcua plan`: the province on one screen, and the documents that it must deliver."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils import desired
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province

from cli.folders import link_latest, new_folder
from cli.screen import screen
from documents.screen import show
from documents.speech import Speech
from documents.subject import Subject

COLUMNS = 150  # where nobody's window says how wide a line may be


class Language(StrEnum):
    """What documents are written in."""

    VI = "vi"
    EN = "en"


class Pdf(StrEnum):
    """Of which documents PDFs are made."""

    NONE = "none"
    PROVINCE = "province"
    ALL = "all"


def plan(
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    on: Annotated[
        datetime | None, typer.Option(help="the day whose tree and law are taken; today unless given", formats=["%Y-%m-%d"])
    ] = None,
    output: Annotated[Path, typer.Option(help="folder for the documents, one folder each")] = Path("reports/plan"),
    language: Annotated[Language, typer.Option(help="of screen and documents")] = Language.VI,
    documents: Annotated[bool, typer.Option(help="write the documents, or only the screen")] = True,
    site: Annotated[list[str] | None, typer.Option(help="write only this place's dossier; may be repeated")] = None,
    pdf: Annotated[Pdf, typer.Option(help="PDFs of the province's documents, of the dossiers as well, or of none")] = Pdf.PROVINCE,
) -> None:
    """Plan a province with what is there: decisions, streams, storage, addresses, costs. Nothing is sent to any device."""
    province = load(inventory, on.date() if on else None)
    sites = _chosen(province, site or [])
    subject = Subject(province, desired.plan(province), Speech(language.value))
    show(subject, screen(COLUMNS))
    if documents:
        folder, remarks = write_documents(subject, inventory.parent, output, sites, pdf.value)
        for remark in remarks:
            typer.echo(remark)
        typer.echo(f"{folder / 'index.html'}")


def _chosen(province: Province, names: list[str]) -> tuple[str, ...]:
    for name in names:
        if name not in province.sites:
            raise ModelError(
                f"--site {name}: there is no such site on {province.on}; 'scripts/motcua plan --no-documents' shows what there is"
            )
    return tuple(name for name in province.sites if not names or name in names)


def write_documents(subject: Subject, inventory: Path, output: Path, sites: tuple[str, ...], pdf: str) -> tuple[Path, list[str]]:
    """Write everything into a draft that becomes the new folder only when it is complete."""
    from documents.publish import Wanted, publish  # noqa: PLC0415  Word and Excel cost a second, which only documents are worth

    try:
        output.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=output))
    except OSError as error:
        raise MotcuaError(f"--output {output}: can't be written ({error.strerror}); name another folder") from None
    try:
        remarks = publish(subject, inventory, draft, Wanted(sites, pdf))
        draft.chmod(0o755)
        folder = new_folder(output, datetime.now(ZoneInfo(subject.province.timezone)))
        draft.replace(folder)
    except OSError as error:
        raise MotcuaError(f"--output {output}: can't be written ({error.strerror}); name another folder") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    link_latest(folder)
    return folder, remarks
