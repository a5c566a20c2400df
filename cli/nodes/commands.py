"""`motcua nodes`: the nodes of a province, for AWX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.nodes import nodes_of, read_nodes

from cli.folders import write_all
from cli.nodes.awx import files

app = typer.Typer(help="Nodes that read and change a part of a province each.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Nodes that read and change a part of a province each."""


@app.command("export")
def export(
    folder: Annotated[Path, typer.Option("--awx", help="an empty folder, or one that an earlier export wrote")],
    image: Annotated[str, typer.Option(help="the base image: one that is compatible with RHEL 9, of a registry that you trust")],
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    nodes: Annotated[Path, typer.Option("--nodes", help="the nodes.yml")] = Path("nodes.yml"),
    organization: Annotated[str, typer.Option(help="in AWX")] = "Default",
) -> None:
    """Write job templates and the execution environment for AWX, as files; nothing is sent to it."""
    province, named = load(inventory), read_nodes(nodes)
    texts = files(province, nodes_of(named, province, nodes), image, organization)
    folder.mkdir(parents=True, exist_ok=True)
    write_all(folder, texts)
    typer.echo(f"{folder}: {', '.join(texts)}; docs/nodes.md says what AWX must know beside them.")
