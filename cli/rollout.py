"""`motcua rollout` and `motcua approve`: a change goes through the province wave by wave, and each is verified before the next."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils import waves
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import Host, desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, from_json
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.waves import Approval, Course, Outcome, Step

from cli.controller import ROOT, hosts_within
from cli.folders import link_latest, new_folder, write_whole
from cli.locks import locked, operator
from cli.player import last_words, play_holding
from cli.progress import Progress, show, spoken, watched
from cli.verify import run_cases

ALL_DONE, NOT_ALL, FAILED = 0, 1, 2
FILE = "rollout.json"

Inventory = Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")]
Output = Annotated[Path, typer.Option(help="folder for what rollouts leave, one folder each")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="do it without asking")]


def rollout(
    inventory: Inventory = Path("inventory/lab/province.yml"),
    limit: Annotated[str | None, typer.Option("--limit", "-l", help="hosts or groups, as for ansible-playbook")] = None,
    output: Output = Path("reports/rollouts"),
    resume: Annotated[bool, typer.Option("--resume", help="go on with the last one: everything that isn't done")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="go on with the last one: only what failed or didn't answer")] = False,
    plan_only: Annotated[bool, typer.Option("--plan", help="predict and plan, and change nothing; --resume does it")] = False,
    yes_dangerous: Annotated[bool, typer.Option("--yes-dangerous", help="what is dangerous not only at its canary")] = False,
    yes: Yes = False,
) -> None:
    """Roll out wave by wave: exit code 0 all done, 2 something failed, 1 something waits or didn't answer."""
    if resume and retry:
        raise ModelError("--resume and --retry: choose one; --resume tries what failed as well")
    province = load(inventory)
    now = datetime.now(ZoneInfo(province.timezone))
    if resume or retry:
        folder, course = _last(output, inventory, limit)
    else:
        folder, course = None, Course(str(inventory.resolve()), limit)
    hosts = _hosts(province, inventory, course.limit)
    with locked(inventory, {waves.place_of(host) for host in hosts}) as held:
        if folder is None:
            folder = new_folder(output, now)
        else:
            course = _read(folder)  # whoever had the lock may have gone on meanwhile
        run = Run(province, inventory, folder, course, held)
        run.plan(hosts)
        typer.echo("\n".join(described(run.course)))
        if plan_only:
            raise typer.Exit(ALL_DONE)
        if not yes:
            typer.confirm("Do this?", abort=True)
        run.go(("failed", "absent") if retry else (), yes_dangerous)
    raise typer.Exit(run.told())


def approve(
    inventory: Inventory = Path("inventory/lab/province.yml"),
    output: Output = Path("reports/rollouts"),
    who: Annotated[str | None, typer.Option(help="who approves; without it the user of this machine")] = None,
    yes: Yes = False,
) -> None:
    """Approve the next wave of the last rollout, as it is planned now."""
    folder, course = _last(output, inventory, None)
    step = next((step for step in course.steps if _demands(step) and course.todo(step).hosts), None)
    if step is None:
        raise MotcuaError(f"{folder / FILE}: no wave waits for an approval; 'motcua rollout --plan' plans one")
    typer.echo("\n".join(described(course)))
    if not yes:
        typer.confirm(f"Approve wave {step.wave}, {step.name}?", abort=True)
    when = datetime.now(ZoneInfo(load(inventory).timezone)).isoformat(timespec="seconds")
    approval = Approval(step.wave, who or operator(), when, course.plan)
    path = folder / f"approval-{step.wave}.json"
    write_whole(path, json.dumps(asdict(approval), ensure_ascii=False, indent=1) + "\n")
    typer.echo(f"{path}: wave {step.wave} of plan {course.plan[:12]} is approved by {approval.who}.")


def described(course: Course) -> list[str]:
    """The plan, a line a step, and what is dangerous of it, counted."""
    lines = [f"Plan {course.plan[:12]}: {len(course.digests)} hosts in {course.steps[-1].wave if course.steps else 0} waves."]
    for step in course.steps:
        left = len(course.todo(step).hosts)
        state = "" if left == len(step.hosts) else ", done" if not left else f", {left} to do"
        lines.append(f"  wave {step.wave}: {step.name}: {_count(len(step.hosts), 'place')}, {_count(len(step.names), 'host')}{state}")
    counted = Counter(danger for dangers in course.dangers.values() for danger in dangers)
    if counted:
        lines.append("Dangerous: " + ", ".join(f"{danger} at {_count(number, 'host')}" for danger, number in sorted(counted.items())) + ".")
    return lines


class Run:
    """One rollout while it goes on; whatever it learns is written down before it goes on."""

    def __init__(self, province: Province, inventory: Path, folder: Path, course: Course, held: tuple[int, ...]) -> None:
        self.province, self.inventory, self.folder, self.held = province, inventory, folder, held
        self.course, self.stopped = course, ""
        self.waits: dict[str, str] = {}
        self.places: dict[str, str] = {}
        self._keep(course)
        link_latest(folder)

    def plan(self, hosts: tuple[Host, ...]) -> None:
        """Plan what isn't planned yet, or is to be otherwise than it was when it was planned."""
        self.places = {host.name: waves.place_of(host) for host in hosts}
        digests = waves.digests(hosts, _code())
        if self.course.steps and digests == self.course.digests:
            return
        typer.echo(f"Predicting what changes in {self.province.name}: reading, changing nothing …")
        predicted = self._played("audit", self.folder / "prediction", self.course.limit, "--check")[1]
        if predicted is None:
            raise MotcuaError(f"the prediction ended before anything was told: {last_words(self.folder / 'prediction' / 'playbook.log')}")
        steps, risky = waves.steps(self.province, hosts, predicted), waves.dangers(predicted)
        self._keep(self.course.replanned(digests, steps, risky))

    def go(self, only: tuple[waves.Came, ...], yes_dangerous: bool) -> None:
        """Through all steps, until one stops it."""
        before, failed = self._before(), 0
        for number, step in enumerate(self.course.steps):
            todo = self._allowed(number, self.course.todo(step, only), yes_dangerous)
            if not todo.hosts:
                continue
            refusal = self._refusal(step)
            if refusal is not None:
                self.stopped = f"wave {step.wave}, {step.name}: {refusal}"
                return
            rest = [len(self.course.todo(one, only).hosts) for one in self.course.steps[number:]]
            outcomes = self._done(number, todo, before, waves.left(self.course.measured, rest))
            failed += sum(outcome.came == "failed" for outcome in outcomes.values())
            self.stopped = self._stop(step, outcomes, failed)
            if self.stopped:
                return

    def told(self) -> int:
        """Say how it ended, what failed in the same way together; the exit code."""
        failed, absent = self.course.reasons("failed"), self.course.reasons("absent")
        for reasons, word in ((failed, "failed"), (absent, "absent"), (self.waits, "waiting")):
            for reason, places in waves.grouped(reasons):
                named = ", ".join(places[:8]) + (", …" if len(places) > 8 else "")
                typer.echo(f"{_count(len(places), 'place')} {word}: {reason} ({named})")
        if self.stopped:
            typer.echo(f"Stopped: {self.stopped}.")
        ended = "Everything is done" if self.course.done else "Not everything is done; 'motcua rollout --resume' goes on"
        typer.echo(f"{ended}. Logs: {self.folder}")
        return FAILED if failed else ALL_DONE if self.course.done else NOT_ALL

    def _keep(self, course: Course) -> None:
        self.course = course
        write_whole(self.folder / FILE, waves.to_json(course))

    def _allowed(self, number: int, step: Step, yes_dangerous: bool) -> Step:
        """The step without the sites that may not be changed now; why is kept."""
        if step.kind != "dangerous":
            return step
        now = datetime.now(ZoneInfo(self.province.timezone)).strftime("%H:%M")
        reasons = {place: self._reason(number, place, now, yes_dangerous) for place in step.hosts}
        self.waits |= {place: reason for place, reason in reasons.items() if reason}
        return replace(step, hosts={place: hosts for place, hosts in step.hosts.items() if not reasons[place]})

    def _reason(self, number: int, place: str, now: str, yes_dangerous: bool) -> str | None:
        if not yes_dangerous and not self.course.steps[number].first:
            return "what is dangerous is done with --yes-dangerous only"
        if not waves.ready(self.course, number, place):
            return "what is dangerous waits until everything before it is done"
        window = self.province.sites[place].policy.maintenance
        return None if waves.within(window, now) else f"what is dangerous waits for its window, {window}"

    def _refusal(self, step: Step) -> str | None:
        if self.province.rollout.approval == "never" or not _demands(step):
            return None
        path = self.folder / f"approval-{step.wave}.json"
        try:
            approval = waves.approval_from_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            approval = None
        except MotcuaError as error:
            raise MotcuaError(f"{path}: {error}") from None
        return waves.refusal(approval, self.course, step)

    def _stop(self, step: Step, outcomes: Mapping[str, Outcome], failed: int) -> str:
        if step.first and any(outcome.came != "done" for outcome in outcomes.values()):
            return f"{step.name} isn't well, and everything after it depends on that"
        limit = self.province.rollout.stop_at
        return f"{_count(failed, 'site')} failed, and rollout.stop_at is {limit}" if failed >= limit else ""

    def _before(self) -> tuple[Finding, ...]:
        """What held before the rollout began; it is asked once, because what a broken step left would excuse it later."""
        path = self.folder / "before.json"
        if not path.exists():
            typer.echo("Verifying what holds before …")
            with (self.folder / "before.log").open("w", encoding="utf-8") as log:
                everywhere = any(step.kind == "centre" for step in self.course.steps)
                _, found = run_cases(self.inventory, None if everywhere else self.course.limit, self.folder / "before", log)
            if not found.exists():
                raise MotcuaError(f"nothing was verified before the rollout: {last_words(self.folder / 'before.log')}; nothing was changed")
            shutil.copyfile(found, draft := path.with_name(".before.json"))
            draft.replace(path)
        return from_json(path.read_text(encoding="utf-8"))

    def _done(self, number: int, step: Step, before: tuple[Finding, ...], left: tuple[float, float] | None) -> dict[str, Outcome]:
        """Change the places of a step and verify them; what came of each is written down."""
        rest = f"; from here on {spoken(left[0])} to {spoken(left[1])}, by what was measured so far" if left else ""
        typer.echo(f"Wave {step.wave}: {step.name}: {_count(len(step.hosts), 'place')}{rest}")
        folder, begun = self.folder / f"step-{number + 1:03}", time.monotonic()
        (folder / "progress.jsonl").unlink(missing_ok=True)
        ended, played = watched(Progress(step, folder / "progress.jsonl"), lambda: self._played("rollout", folder, ",".join(step.names)))
        why = _trouble(step, ended, played, folder)
        after = None if why else self._verified(step, folder)
        if not why and after is None:
            why = f"nothing could be verified: {last_words(folder / 'verify.log')}"
        outcomes = (
            dict.fromkeys(step.hosts, Outcome("failed", why))
            if why
            else waves.judge(step, played or (), before, after or (), self.province.rollout.stop_at)
        )
        self._keep(self.course.ended(step, outcomes, time.monotonic() - begun))
        show(outcomes)
        return outcomes

    def _tried(self, step: Step) -> str | None:
        """Where to verify after a step: at its sites as a whole, a router's mistake shows at its cameras; after a centre everywhere."""
        if step.kind in ("centre", "again"):
            return None
        return ",".join(host for host, place in self.places.items() if place in step.hosts)

    def _verified(self, step: Step, folder: Path) -> tuple[Finding, ...] | None:
        with (folder / "verify.log").open("w", encoding="utf-8") as log:
            _, file = run_cases(self.inventory, self._tried(step), folder / "verify", log)
        return from_json(file.read_text(encoding="utf-8")) if file.exists() else None

    def _played(self, name: str, folder: Path, limit: str | None, *options: str) -> tuple[int, tuple[Finding, ...] | None]:
        """A playbook's exit code and findings; None when it ended before there were any. What an earlier try left goes first."""
        folder.mkdir(exist_ok=True)
        heard, progress = folder / "findings.json", folder / "progress.jsonl"
        for file in (heard, progress):
            file.unlink(missing_ok=True)
        more = {"MOTCUA_PROGRESS": str(progress.resolve()), "ANSIBLE_CALLBACKS_ENABLED": "motcua.cctv.findings,motcua.cctv.progress"}
        ended = play_holding(self.held, name, self.inventory, heard, folder / "playbook.log", limit, *options, **more)
        return ended, from_json(heard.read_text(encoding="utf-8")) if heard.exists() else None


def _trouble(step: Step, ended: int, played: tuple[Finding, ...] | None, folder: Path) -> str:
    """What went wrong with a playbook as a whole; empty when its findings say all there is to say."""
    if played is None:
        return f"the playbook ended with {ended}: {last_words(folder / 'playbook.log')}"
    if ended and not any(row.status == "error" and row.device in step.names for row in played):
        return f"the playbook ended with {ended} although no device failed"
    return ""


def _demands(step: Step) -> bool:
    """Whether a step belongs to a wave that an approval can be demanded for: all but the centres and the canary."""
    return step.kind == "dangerous" or (step.kind == "site" and not step.first)


def _hosts(province: Province, inventory: Path, limit: str | None) -> tuple[Host, ...]:
    hosts = desired(province, plan(province))
    named = set(hosts_within(inventory, limit)) if limit else None
    return tuple(host for host in hosts if named is None or host.name in named)


def _last(output: Path, inventory: Path, limit: str | None) -> tuple[Path, Course]:
    """The last rollout.

    :raises MotcuaError: when there is none, or it was one of something else.
    """
    folder = output / "latest"
    if not (folder / FILE).exists():
        raise MotcuaError(f"{output}: there is no rollout to go on with; begin one without --resume or --retry")
    folder = folder.resolve()
    course = _read(folder)
    if course.inventory != str(inventory.resolve()):
        raise MotcuaError(f"{folder}: is a rollout of {course.inventory}; name that one with -i, or another folder with --output")
    if limit not in (None, course.limit):
        raise MotcuaError(f"--limit {limit}: the last rollout has {course.limit or 'none'}; go on without -l, or begin a new one")
    return folder, course


def _read(folder: Path) -> Course:
    try:
        return waves.from_json((folder / FILE).read_text(encoding="utf-8"))
    except MotcuaError as error:
        raise MotcuaError(f"{folder / FILE}: {error}") from None


def _code() -> str:
    """The digest of everything that turns a plan into changes."""
    digest = hashlib.sha256()
    for top in ("playbooks", "roles", "plugins"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
