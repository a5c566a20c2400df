"""`motcua nodes`: the nodes of a province, what works there, and the same for AWX."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.nodes.worker import work

app = typer.Typer(help="Nodes that read and change a part of a province each.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Nodes that read and change a part of a province each."""


@app.command("worker")
def worker(
    home: Annotated[Path, typer.Option(help="holds a folder a province, by its id, with what is secret of it")],
    province: Annotated[list[str] | None, typer.Option(help="take work for this province only; several may be given")] = None,
) -> None:
    """Do one shard: what a node's sshd starts for an operator's key. Reads its standard input, writes its standard output."""
    # Whatever else prints here would be taken for an answer.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        work(home, province or [], sys.stdin.buffer, answers)
