"""A campaign on its way: planned, approved, done step by step, each verified before the next; whatever it learns is kept."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils import waves
from ansible_collections.motcua.cctv.plugins.plugin_utils.comparison import HOLDS
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import Host, desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, from_json
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.waves import Course, Outcome, Step

from cli.campaign import Campaign, Choices
from cli.controller import digest_of, hosts_within
from cli.courses import FILE, count, demands, described, last, read, refusal
from cli.folders import link_latest, new_folder, write_whole
from cli.keeping import keep_after, keep_before
from cli.locks import locked
from cli.nodes.across import Across
from cli.player import last_words, play_holding
from cli.progress import Progress, between, show, watched
from cli.rendered import declared_hash
from cli.verify import run_cases_at

ALL_DONE, NOT_ALL, FAILED = 0, 1, 2


def carry_out(campaign: Campaign, inventory: Path, choices: Choices) -> int:
    """Carry it out, or go on with the last one: exit code 0 all done, 2 something failed, 1 something waits or didn't answer."""
    if choices.resume and choices.retry:
        raise ModelError("--resume and --retry: choose one; --resume tries what failed as well")
    province = load(inventory)
    now = datetime.now(ZoneInfo(province.timezone))
    folder, course = _begun(campaign, inventory, choices)
    around = _hosts(province, inventory, course.limit)
    if folder is None and campaign.due is not None:
        course = replace(course, due=campaign.due(province, around))
    hosts = _taking_part(campaign, course, around)
    if not hosts:
        typer.echo(f"Nothing is due: this {campaign.word} has nothing to do.")
        return ALL_DONE
    with locked(inventory, {waves.place_of(host) for host in hosts}) as held:
        if folder is None:
            folder = new_folder(choices.output, now)
        else:
            course = read(folder)  # whoever had the lock may have gone on meanwhile
        run = Run(campaign, province, inventory, folder, course, held, choices.nodes)
        run.plan(hosts, around)
        typer.echo("\n".join(described(run.course)))
        if choices.plan_only:
            return ALL_DONE
        if not choices.yes:
            typer.confirm("Do this?", abort=True)
        run.go(choices)
    return run.told()


def _begun(campaign: Campaign, inventory: Path, choices: Choices) -> tuple[Path | None, Course]:
    if not (choices.resume or choices.retry):
        whose = str(inventory.resolve())
        return None, Course(whose, choices.limit, campaign=campaign.word, command=campaign.command, variables=campaign.variables)
    folder, course = last(choices.output, inventory, choices.limit, campaign.word)
    if course.variables != json.loads(json.dumps(campaign.variables)):
        raise MotcuaError(
            f"{folder}: that {campaign.word} was told {dict(course.variables)}; go on with the same options, or begin a new one"
        )
    return folder, course


def _hosts(province: Province, inventory: Path, limit: str | None) -> tuple[Host, ...]:
    hosts = desired(province, plan(province))
    named = set(hosts_within(inventory, limit)) if limit else None
    return tuple(host for host in hosts if named is None or host.name in named)


def _taking_part(campaign: Campaign, course: Course, around: Sequence[Host]) -> tuple[Host, ...]:
    due = course.due
    return tuple(host for host in around if (due is None or host.name in due) and (campaign.centres or host.site is not None))


class Run:
    """One campaign while it goes on; whatever it learns is written down before it goes on."""

    def __init__(
        self,
        campaign: Campaign,
        province: Province,
        inventory: Path,
        folder: Path,
        course: Course,
        held: tuple[int, ...],
        nodes: Path | None = None,
    ) -> None:
        self.campaign, self.province, self.inventory, self.folder, self.held = campaign, province, inventory, folder, held
        self.nodes, self.cases = nodes, partial(run_cases_at, nodes, province, inventory)
        self.course, self.stopped, self.stop_at = course, "", campaign.stop_at or province.rollout.stop_at
        self.waits: dict[str, str] = {}
        self.places: dict[str, str] = {}
        self._keep(course)
        link_latest(folder)

    def plan(self, hosts: Sequence[Host], around: Sequence[Host]) -> None:
        """Plan what isn't planned yet, or is to be otherwise than it was when it was planned; ``around`` is verified as well."""
        places = {waves.place_of(host) for host in hosts}
        self.places = {host.name: waves.place_of(host) for host in around if waves.place_of(host) in places}
        code = digest_of("playbooks", "roles", "plugins") + json.dumps(self.campaign.variables, sort_keys=True)
        digests = waves.digests(hosts, code, self.course.due)
        if not self.course.steps or digests != self.course.digests:
            predicted = self._predicted()
            risky = self._dangers(hosts, predicted)
            steps = waves.steps(self.province, hosts, risky, waves.untold(predicted), self.campaign.together)
            self.course = self.course.replanned(digests, steps, risky)
        self._keep(replace(self.course, declared=declared_hash(self.province)))

    def _predicted(self) -> tuple[Finding, ...]:
        """What changes, as check mode says."""
        if self.campaign.prediction is None:
            return ()
        typer.echo(f"Predicting what changes in {self.province.name}: reading, changing nothing …")
        limit = self.course.limit if self.course.due is None else ",".join(self.course.due)
        predicted = self._played(self.campaign.prediction, self.folder / "prediction", limit, "--check")[1]
        if predicted is None:
            raise MotcuaError(f"the prediction ended before anything was told: {last_words(self.folder / 'prediction' / 'playbook.log')}")
        return predicted

    def _dangers(self, hosts: Sequence[Host], predicted: Sequence[Finding]) -> dict[str, tuple[waves.Danger, ...]]:
        found = waves.dangers(predicted)
        if self.campaign.danger is None:
            return found
        return {host.name: tuple(sorted({*found.get(host.name, ()), self.campaign.danger})) for host in hosts}

    def go(self, choices: Choices) -> None:
        """Through all steps, until one stops it."""
        only: tuple[waves.Came, ...] = ("failed", "absent") if choices.retry else ()
        before, failed = self._before(), 0
        self._keep_before(before, choices)
        for number, step in enumerate(self.course.steps):
            todo = self._allowed(number, self.course.todo(step, only), choices.yes_dangerous)
            if not todo.hosts:
                continue
            why = self._refusal(step)
            if why is not None:
                self.stopped = f"wave {step.wave}, {step.name}: {why}"
                return
            rest = [len(self.course.todo(one, only).hosts) for one in self.course.steps[number:]]
            outcomes = self._done(number, todo, before, waves.left(self.course.measured, rest))
            if not choices.without_backup:
                keep_after(self.inventory, ",".join(todo.names), f"{self.campaign.word}, wave {step.wave}, {step.name}")
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
                typer.echo(f"{count(len(places), 'place')} {word}: {reason} ({named})")
        if self.stopped:
            typer.echo(f"Stopped: {self.stopped}.")
        ended = "Everything is done" if self.course.done else f"Not everything is done; 'motcua {self.campaign.command} --resume' goes on"
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
        if self.province.rollout.approval == "never" or not demands(step):
            return None
        return refusal(self.folder, self.course, step)

    def _stop(self, step: Step, outcomes: Mapping[str, Outcome], failed: int) -> str:
        if step.first and any(outcome.came != "done" for outcome in outcomes.values()):
            return f"{step.name} isn't well, and everything after it depends on that"
        return f"{count(failed, 'site')} failed, and {self._limit()} is {self.stop_at}" if failed >= self.stop_at else ""

    def _limit(self) -> str:
        return "rollout.stop_at" if self.campaign.stop_at is None else f"the limit of this {self.campaign.word}"

    def _keep_before(self, before: Sequence[Finding], choices: Choices) -> None:
        if choices.without_backup:
            return
        tried = [finding.status for finding in before if finding.device in self.course.digests]
        if tried and not any(status in HOLDS for status in tried):
            typer.echo("Nothing held before, so there is nothing to back up.")
            return
        limit = self.course.limit if self.course.due is None else ",".join(self.course.digests)
        keep_before(self.inventory, limit, f"before the {self.campaign.word}", self.folder)

    def _before(self) -> tuple[Finding, ...]:
        """What held before the rollout began; it is asked once, because what a broken step left would excuse it later."""
        path = self.folder / "before.json"
        if not path.exists():
            typer.echo("Verifying what holds before …")
            with (self.folder / "before.log").open("w", encoding="utf-8") as log:
                _, found = self.cases(self._around(), self.folder / "before", log)
            if not found.exists():
                raise MotcuaError(
                    f"nothing was verified before the {self.campaign.word}: {last_words(self.folder / 'before.log')}; nothing was changed"
                )
            shutil.copyfile(found, draft := path.with_name(".before.json"))
            draft.replace(path)
        return from_json(path.read_text(encoding="utf-8"))

    def _around(self) -> str | None:
        """What is verified before anything: everything where a centre changes, else the sites that take part."""
        if any(step.kind == "centre" for step in self.course.steps):
            return None
        return self.course.limit if self.course.due is None else ",".join(self.places)

    def _done(self, number: int, step: Step, before: tuple[Finding, ...], left: tuple[float, float] | None) -> dict[str, Outcome]:
        """Change the places of a step and verify them; what came of each is written down."""
        rest = f"; from here on {between(*left)}, by what was measured so far" if left else ""
        typer.echo(f"Wave {step.wave}: {step.name}: {count(len(step.hosts), 'place')}{rest}")
        folder, begun = self.folder / f"step-{number + 1:03}", time.monotonic()
        (folder / "progress.jsonl").unlink(missing_ok=True)
        ended, played = watched(
            Progress(step, folder / "progress.jsonl"), lambda: self._played(self.campaign.playbook, folder, ",".join(step.names))
        )
        why = _trouble(step, ended, played, folder)
        after = None if why else self._verified(step, folder)
        if not why and after is None:
            why = f"nothing could be verified: {last_words(folder / 'verify.log')}"
        outcomes = (
            dict.fromkeys(step.hosts, Outcome("failed", why)) if why else waves.judge(step, played or (), before, after or (), self.stop_at)
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
            _, file = self.cases(self._tried(step), folder / "verify", log)
        return from_json(file.read_text(encoding="utf-8")) if file.exists() else None

    def _played(self, name: str, folder: Path, limit: str | None, *options: str) -> tuple[int, tuple[Finding, ...] | None]:
        """A playbook's exit code and findings; None when it ended before there were any. What an earlier try left goes first."""
        folder.mkdir(exist_ok=True)
        heard, progress = folder / "findings.json", folder / "progress.jsonl"
        for file in (heard, progress):
            file.unlink(missing_ok=True)
        more = {"MOTCUA_PROGRESS": str(progress.resolve()), "ANSIBLE_CALLBACKS_ENABLED": "motcua.cctv.findings,motcua.cctv.progress"}
        if self.nodes is not None:
            across = Across("rollout", self.province, self.inventory, self.nodes, limit, predicts=name != self.campaign.playbook)
            return across.run(folder), from_json(heard.read_text(encoding="utf-8"))
        told = (*options, *self._variables())
        ended = play_holding(self.held, name, self.inventory, heard, folder / "playbook.log", limit, *told, **more)
        return ended, from_json(heard.read_text(encoding="utf-8")) if heard.exists() else None

    def _variables(self) -> tuple[str, ...]:
        """As options of ansible-playbook."""
        told = dict(self.course.variables) | ({} if self.course.due is None else {"motcua_due": self.course.due})
        if not told:
            return ()
        path = self.folder / "variables.json"
        write_whole(path, json.dumps(told, ensure_ascii=False) + "\n")
        return "--extra-vars", f"@{path.resolve()}"


def _trouble(step: Step, ended: int, played: tuple[Finding, ...] | None, folder: Path) -> str:
    """What went wrong with a playbook as a whole; empty when its findings say all there is to say."""
    if played is None:
        return f"the playbook ended with {ended}: {last_words(folder / 'playbook.log')}"
    if ended and not any(row.status == "error" and row.device in step.names for row in played):
        return f"the playbook ended with {ended} although no device failed"
    return ""
