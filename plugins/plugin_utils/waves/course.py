"""Where a rollout stands: its plan and what came of each host; to and from JSON. Pure: who runs it writes it down."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..desired import Host
from ..errors import MotcuaError
from .judged import Came, Outcome
from .steps import Step

VERSION = 1


@dataclass(frozen=True)
class Result:
    """What came of a host, and the digest of what it was to be then."""

    came: Came
    why: str
    digest: str


@dataclass(frozen=True)
class Course:
    """A campaign: whose (``inventory``, ``limit``), the ``digests`` of what each host is to be, the steps, and the results by Step.key.

    ``dangers`` are kinds of danger by host; ``measured`` are (places, seconds) of steps that ended. No steps: nothing is planned yet.
    ``campaign`` is what goes through the province, ``command`` how people start it, ``variables`` what its playbook is told, ``due``
    what each host that takes part is to become, settled at the beginning; None: all take part. ``declared`` is the hash of all that the
    inventory declares (SHA-256, hex).
    """

    inventory: str
    limit: str | None
    digests: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    dangers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    results: Mapping[str, Result] = field(default_factory=dict)
    measured: tuple[tuple[int, float], ...] = ()
    campaign: str = "rollout"
    command: str = "rollout"
    variables: Mapping[str, Any] = field(default_factory=dict)
    due: Mapping[str, Any] | None = None
    declared: str = ""

    @property
    def plan(self) -> str:
        """The hash by which a plan is approved: of the steps, of what every host is to be, and of all that is declared.

        What came of it isn't in it.
        """
        return _hash({"steps": [asdict(step) for step in self.steps], "digests": dict(self.digests), "declared": self.declared})

    def came(self, step: Step, host: str) -> Came | None:
        """What came of a host in a step under the plan of now; None where it wasn't tried yet."""
        result = self.results.get(step.key(host))
        return result.came if result is not None and result.digest == self.digests[host] else None

    def todo(self, step: Step, only: Iterable[Came] = ()) -> Step:
        """The step with the places that aren't done; with ``only``, with those of which this came."""
        wanted: set[Came | None] = set(only) or {None, "failed", "absent"}
        return replace(
            step, hosts={place: hosts for place, hosts in step.hosts.items() if any(self.came(step, host) in wanted for host in hosts)}
        )

    def ended(self, step: Step, outcomes: Mapping[str, Outcome], seconds: float) -> Course:
        """The course after a step."""
        new = {
            step.key(host): Result(outcomes[place].came, outcomes[place].why, self.digests[host])
            for place, hosts in step.hosts.items()
            for host in hosts
        }
        return replace(self, results={**self.results, **new}, measured=(*self.measured, (len(step.hosts), seconds)))

    def replanned(self, digests: Mapping[str, str], steps: tuple[Step, ...], dangers: Mapping[str, tuple[str, ...]]) -> Course:
        """The course under another plan: what was done under the old one and is to be the same counts."""
        return replace(self, digests=digests, steps=steps, dangers=dangers)

    def reasons(self, *came: Came) -> dict[str, str]:
        """By place why it came to that."""
        return {
            place: self.results[step.key(host)].why
            for step in self.steps
            for place, hosts in step.hosts.items()
            for host in hosts
            if self.came(step, host) in came
        }

    @property
    def done(self) -> bool:
        """Whether every host of every step is as it is to be."""
        return bool(self.steps) and not any(self.todo(step).hosts for step in self.steps)


def ready(course: Course, number: int, place: str) -> bool:
    """Whether everything that must come before the dangerous step of that index is done: at the place, and at what tries it first."""
    step, earlier = course.steps[number], course.steps[:number]
    tried = [one for one in earlier if one.kind == "dangerous" and one.first and not step.first]
    here = [replace(one, hosts={place: one.hosts[place]}) for one in earlier if place in one.hosts]
    return not any(course.todo(one).hosts for one in (*tried, *here))


def within(window: str, now: str) -> bool:
    """Whether it is so late, as HH:MM, that a window from-until is open; one that ends where it begins is always."""
    begins, ends = window.split("-")
    return begins <= now < ends if begins < ends else now >= begins or now < ends


def digests(hosts: Iterable[Host], code: str, due: Mapping[str, Any] | None = None) -> dict[str, str]:
    """By host the digest of what it is to be, and of what is ``due`` there.

    ``code`` is the digest of the roles that make it so: another template is another plan.
    """
    return {host.name: _hash({"code": code, "host": asdict(host), "due": due and due.get(host.name)})[:16] for host in hosts}


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def to_json(course: Course) -> str:
    """The course as a document."""
    return json.dumps({"version": VERSION, "plan": course.plan, **asdict(course)}, ensure_ascii=False, indent=1) + "\n"


def from_json(text: str) -> Course:
    """The course of a document.

    :raises MotcuaError: when it is none, or one of another version.
    """
    try:
        raw = json.loads(text)
        if raw.pop("version") != VERSION:
            raise MotcuaError("rollout: another version of motcua wrote it; resume it with that one")
        raw.pop("plan")
        steps = tuple(Step(**{**step, "hosts": _tuples(step["hosts"])}) for step in raw.pop("steps"))
        results = {key: Result(**result) for key, result in raw.pop("results").items()}
        measured = tuple((places, seconds) for places, seconds in raw.pop("measured"))
        return Course(**{**raw, "dangers": _tuples(raw["dangers"])}, steps=steps, results=results, measured=measured)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MotcuaError(f"rollout: not a document of a rollout ({error}); begin a new one") from None


def _tuples(rows: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in rows.items()}


@dataclass(frozen=True)
class Approval:
    """Who let a wave begin, when (ISO 8601), and the hashes that this person saw: of the plan, and of all that is declared."""

    wave: int
    who: str
    when: str
    plan: str
    declared: str = ""


def approval_from_json(text: str) -> Approval:
    """An approval of a file.

    :raises MotcuaError: when it is none.
    """
    try:
        return Approval(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise MotcuaError(f"not an approval ({error}); 'motcua approve' writes it") from None


def refusal(approval: Approval | None, course: Course, step: Step) -> str | None:
    """Why a step may not begin; None when its wave is approved."""
    if approval is None:
        return "nobody approved it yet; 'motcua approve' does"
    if approval.wave != step.wave:
        return f"the approval is for wave {approval.wave}; 'motcua approve' writes one for wave {step.wave}"
    if approval.plan != course.plan:
        return f"{approval.who} approved another plan at {approval.when}; the plan has changed since, 'motcua approve' it anew"
    return None
