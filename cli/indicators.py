"""`motcua indicators`: how the cameras of each unit were in some days, for the one-stop system."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError

from cli.centre import ask_centre

# Excel reads a CSV file without it in the code page of the machine, and Vietnamese is lost.
BYTE_ORDER_MARK = "\ufeff"
DAY = ["%Y-%m-%d"]


def indicators(
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")],
    first: Annotated[datetime, typer.Option("--from", formats=DAY, help="the first day, YYYY-MM-DD")],
    last: Annotated[datetime, typer.Option("--to", formats=DAY, help="the last day")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON; CSV for Excel otherwise")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="a file instead of the screen")] = None,
) -> None:
    """Uptime by unit, zones covered, footage there, hours watched: a row for each site and each unit that it served."""
    if last < first:
        raise ModelError(f"--to {last:%Y-%m-%d}: is before --from {first:%Y-%m-%d}; exchange them")
    found = ask_centre(inventory, "motcua-indicators", "--json", "--from", f"{first:%Y-%m-%d}", "--to", f"{last:%Y-%m-%d}")
    for sentence in found["untold"]:
        typer.echo(f"Could not be told: {sentence}.", err=True)
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n" if as_json else _table(found["rows"])
    if output is None:
        typer.echo(text, nl=False)
        return
    draft = output.with_name(f".{output.name}.draft")
    try:
        draft.write_bytes(text.encode())
        draft.replace(output)
    except OSError as error:
        raise ModelError(f"--output {output}: can't be written ({error.strerror}); name a folder that is there") from None


def _table(rows: list[dict[str, object]]) -> str:
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, list(rows[0]) if rows else [])
    table.writeheader()
    table.writerows(rows)
    return BYTE_ORDER_MARK + text.getvalue()
