"""A campaign: one playbook that goes through the province in waves, as `motcua rollout` does; cli/waves.py carries it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils import waves
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import Host
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Json
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province

# What each command that is a campaign asks; its own reports folder is its --output.
Inventory: TypeAlias = Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")]
Limit: TypeAlias = Annotated[str | None, typer.Option("--limit", "-l", help="hosts or groups, as for ansible-playbook")]
Output: TypeAlias = Annotated[Path, typer.Option(help="folder for what such runs leave, one folder each")]
Resume: TypeAlias = Annotated[bool, typer.Option("--resume", help="go on with the last one: everything that isn't done")]
Retry: TypeAlias = Annotated[bool, typer.Option("--retry", help="go on with the last one: only what failed or didn't answer")]
PlanOnly: TypeAlias = Annotated[bool, typer.Option("--plan", help="predict and plan, and change nothing; --resume does it")]
YesDangerous: TypeAlias = Annotated[bool, typer.Option("--yes-dangerous", help="what is dangerous not only at its canary")]
WithoutBackup: TypeAlias = Annotated[bool, typer.Option("--without-backup", help="back nothing up, neither before nor afterwards")]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="do it without asking")]


@dataclass(frozen=True)
class Campaign:
    """What goes through the province.

    :param playbook: its name in playbooks/; it must be idempotent, and do with ``-l`` what it does without, because a step names its hosts.
    :param word: what it is called in sentences, as a rotation.
    :param command: what people type after ``motcua``.
    :param variables: told to the playbook as extra variables; no secrets, they are kept on disk. A resumed campaign must have the same.
    :param prediction: the playbook that is played in check mode to predict what is dangerous; None: nothing is predicted.
    :param danger: what is dangerous about all of it, so that it goes alone, in each site's window, and with ``--yes-dangerous``.
    :param centres: whether the centres take part: each before the sites, and once more after them.
    :param due: of the hosts that were named those that take part, each with what it is to become; it is asked once, kept over
        ``--resume``, and told to the playbook as ``motcua_due``. None: all take part.
    :param together: devices of a site for which it gives the same word are changed in one step where they are dangerous, as a recorder
        and its cameras.
    :param stop_at: so many failed sites stop it; None: as many as ``rollout.stop_at`` of the province.
    """

    playbook: str
    word: str
    command: str
    variables: Mapping[str, Json] = field(default_factory=dict)
    prediction: str | None = None
    danger: waves.Danger | None = None
    centres: bool = False
    due: Callable[[Province, Sequence[Host]], Mapping[str, Json]] | None = None
    together: Callable[[Host], str] = waves.alone
    stop_at: int | None = None


@dataclass(frozen=True)
class Choices:
    """What people chose, in the words of the options."""

    limit: str | None
    output: Path
    resume: bool = False
    retry: bool = False
    plan_only: bool = False
    yes_dangerous: bool = False
    without_backup: bool = False
    yes: bool = False
    nodes: Path | None = None
