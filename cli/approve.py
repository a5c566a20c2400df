"""`motcua approve`: somebody looks at what is planned and what it means for people, and lets the next wave begin."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.reachability.words import told
from ansible_collections.motcua.cctv.plugins.plugin_utils.waves import Approval, Course

from cli.campaign import Inventory, Output, Yes
from cli.change import comparable, compared
from cli.courses import FILE, approval_file, demands, described, last
from cli.folders import write_whole
from cli.locks import operator
from cli.plan import Language
from cli.rendered import declared_hash


def approve(
    inventory: Inventory = Path("inventory/lab/province.yml"),
    output: Output = Path("reports/rollouts"),
    against: Annotated[str, typer.Option(help="what it is compared with: a git revision, or another inventory's folder")] = "HEAD",
    who: Annotated[str | None, typer.Option(help="who approves; without it the user of this machine")] = None,
    language: Annotated[Language, typer.Option(help="of the difference")] = Language.VI,
    yes: Yes = False,
) -> None:
    """Approve the next wave of the last rollout, or of the last run in another folder, as it is planned now."""
    folder, course = last(output, inventory, None)
    step = next((step for step in course.steps if demands(step) and course.todo(step).hosts), None)
    if step is None:
        raise MotcuaError(f"{folder / FILE}: no wave waits for an approval; 'motcua {course.command} --plan' plans one")
    province = load(inventory)
    typer.echo("\n".join([*described(course), *_meant(inventory, province, against, course, language)]))
    if not yes:
        typer.confirm(f"Approve wave {step.wave}, {step.name}?", abort=True)
    when = datetime.now(ZoneInfo(province.timezone)).isoformat(timespec="seconds")
    approval = Approval(step.wave, who or operator(), when, course.plan, course.declared)
    path = approval_file(folder, step)
    write_whole(path, json.dumps(asdict(approval), ensure_ascii=False, indent=1) + "\n")
    typer.echo(f"{path}: wave {step.wave} of plan {course.plan[:12]} is approved by {approval.who}.")


def _meant(inventory: Path, province: Province, against: str, course: Course, language: Language) -> list[str]:
    """What `motcua change` says, where there is something to compare with.

    :raises MotcuaError: when the inventory isn't any more what was planned.
    """
    now = declared_hash(province)
    if now != course.declared:
        again = f"'motcua {course.command} --resume --plan' plans it anew"
        raise MotcuaError(f"{inventory}: isn't what was planned any more, declared is now {now}; {again}")
    if not comparable(inventory, against):
        return [f"What it means for people can't be shown: there is no {inventory} of {against}; name another state with --against."]
    return [f"Compared with {against}:", *told(compared(inventory, against), language.value)]
