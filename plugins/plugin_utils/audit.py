"""All devices of a play, each read once and compared: one login for each, and one for a recorder with everything that hangs behind it."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from . import guarded
from .action import DEFAULT_SECONDS
from .apply import Outcome
from .connection import Rim, outcome_of, plain, shown
from .console import Console
from .console import shown as shown_router
from .conversation import Conversation, Device, conversation
from .errors import AuthRefused, ModelError, MotcuaError, Unreachable
from .files import replace_file
from .operations import back_up_over
from .reconcile import Seen, audit
from .routers.platform import hide
from .routers.registry import FAMILIES
from .sealed import Keys

Told = TypeVar("Told")
SLOW = "wasn't finished within its time; look at the line, or give a larger"


@dataclass(frozen=True)
class Bounds:
    """Seconds that one device or router may take, and how many are asked at a time. SSH is work for the one interpreter that all share."""

    seconds: float = DEFAULT_SECONDS
    router_seconds: float = 180.0
    at_once: int = 200
    routers_at_once: int = 32


@dataclass(frozen=True)
class Keeping:
    """That devices' own backups are fetched along, and sealed into a folder, and that equal secrets of routers can be told."""

    folder: Path
    keys: Keys


async def audit_all(
    hosts: Mapping[str, Mapping[str, Any]], loader: Any, bounds: Bounds, keeping: Keeping | None = None
) -> dict[str, dict[str, Any]]:
    """What became of each host, of those that are cameras, recorders or routers with a command line. ``hosts``: name -> its variables.

    A device's result is what the action `motcua.cctv.device` says in check mode, with all that was read as ``read``; a router's what
    `motcua.cctv.router` says, with its firmware as ``version`` and its whole configuration as ``config``. ``evidence`` says what was read,
    and when. One that fails has ``msg`` and ``kind``, and stops no other. ``blob`` is what
    became of a device's own backup, if they are kept.
    """
    results: dict[str, dict[str, Any]] = {}
    groups: dict[tuple[str, str], list[Subject]] = defaultdict(list)
    for name, variables in hosts.items():
        if "motcua_vendor" in variables:
            try:
                subject = subject_of(name, variables, loader)
                groups[subject.rim.label, subject.device.vendor.name].append(subject)
            except Exception as error:  # noqa: BLE001  whatever is wrong with one device stops no other
                results[name] = _failure(name, error)
    routers = {name: variables for name, variables in hosts.items() if variables.get("motcua_platform") in FAMILIES}
    room, room_for_routers = asyncio.Semaphore(bounds.at_once), asyncio.Semaphore(bounds.routers_at_once)
    # A recorder tells of all its channels: one that began last would be waited for alone.
    longest_first = sorted(groups.values(), key=lambda group: (all(subject.device.role != "nvr" for subject in group), -len(group)))
    tasks = [_within(room, _talk(group, bounds.seconds, keeping)) for group in longest_first]
    tasks += [
        _within(room_for_routers, _router(name, variables, loader, bounds.router_seconds, results, keeping))
        for name, variables in routers.items()
    ]
    await asyncio.gather(*tasks)
    return results | {subject.name: subject.result for group in groups.values() for subject in group}


async def _within(room: asyncio.Semaphore, work: Any) -> None:
    async with room:
        await work


# --- cameras and recorders ---


@dataclass
class Subject:
    """One camera or recorder, and what becomes of it."""

    name: str
    rim: Rim
    device: Device
    wish: Mapping[str, Any]
    outcome: Outcome = field(default_factory=Outcome)
    seen: Seen = field(default_factory=Seen)
    error: BaseException | None = None
    ended: str = ""
    blob: str = ""

    def end(self, error: BaseException | None = None) -> None:
        """Note when it was read, and what hindered it."""
        self.error, self.ended = error, _now()

    @property
    def result(self) -> dict[str, Any]:
        """What is said of it, without any secret."""
        said = {"failed": False, **outcome_of(self.outcome), "findings": self.rim.warnings()}
        if self.seen.running is not None:
            said["read"] = shown(self.device, self.seen.running)
        if self.error is not None:
            said |= self.rim.failure(self.error) if isinstance(self.error, MotcuaError | TimeoutError) else _failure(self.name, self.error)
        said |= {"blob": self.blob} if self.blob else {}
        return dict(self.rim.scrubbed(said | {"evidence": f"{self.seen.documents} documents, {self.ended}"}))


def subject_of(name: str, variables: Mapping[str, Any], loader: Any) -> Subject:
    """A device of the play; nothing has been sent yet.

    :raises MotcuaError: when its variables say no device.
    """
    rim = Rim(name, {}, variables, loader)
    return Subject(name, rim, rim.device(), plain(variables.get("motcua_desired")) or {})


async def _talk(group: Sequence[Subject], seconds: float, keeping: Keeping | None) -> None:
    """One login for all of a group, the recorder first; when it breaks off, all that weren't read yet say so."""
    subjects = sorted(group, key=lambda subject: subject.device.role == "channel")
    try:
        async with asyncio.timeout(seconds) as bound, conversation(subjects[0].device) as talk:
            for subject in subjects:
                bound.reschedule(asyncio.get_running_loop().time() + seconds)
                try:
                    await audit(talk.beside(subject.device), subject.device, subject.wish, subject.outcome, subject.seen)
                except (AuthRefused, Unreachable):
                    raise
                except MotcuaError as error:
                    subject.end(error)
                else:
                    subject.end()
                    if keeping is not None and subject.device.role != "channel":
                        subject.blob = await _keep(talk, subject, keeping)
    except Exception as error:  # noqa: BLE001  whatever happens at one device stops no other
        for subject in subjects:
            if not subject.ended:
                subject.end(error)


async def _keep(talk: Conversation, subject: Subject, keeping: Keeping) -> str:
    """Seal the device's own backup into the folder; "kept", or why there is none."""
    try:
        content = await back_up_over(talk, subject.device)
    except (AuthRefused, Unreachable):
        raise
    except MotcuaError as error:
        return str(error)
    replace_file(str(keeping.folder / subject.name), keeping.keys.seal(subject.name, content), write=True)
    return "kept"


# --- routers ---


async def _router(
    name: str,
    variables: Mapping[str, Any],
    loader: Any,
    seconds: float,
    results: dict[str, dict[str, Any]],
    keeping: Keeping | None,
) -> None:
    standing = hide if keeping is None else keeping.keys.standing
    outcome, console = guarded.Outcome(), None
    try:
        console = Console(name, {}, variables, loader)
        state, router = console.state(), console.router()
        assert state is not None  # one was needed
        async with asyncio.timeout(seconds):
            whole = await _in_a_thread(lambda: guarded.audit(router, state, outcome, standing))
        said = {"config": whole.config, "version": whole.version}
    except TimeoutError:
        said = _failure(name, Unreachable(f"{name}: {SLOW} router_timeout"))
    except Exception as error:  # noqa: BLE001  whatever happens at one router stops no other
        said = console.failure(error) if console is not None and isinstance(error, MotcuaError) else _failure(name, error)
    result = {"failed": False, **shown_router(outcome, name), "changed": bool(outcome.commands), **said, "evidence": f"SSH, {_now()}"}
    results[name] = result if console is None else dict(console.scrubbed(result))


async def _in_a_thread(work: Callable[[], Told]) -> Told:
    """Not asyncio's own threads: the process would wait for one that hangs, which its time bound has given up."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Told] = loop.create_future()

    def tell(result: Told | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # it is None only beside an error

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001  it is raised where it is awaited
            failure = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, result, failure)

    threading.Thread(target=run, daemon=True).start()
    return await done


def _failure(name: str, error: BaseException) -> dict[str, Any]:
    """A failure as a result: one sentence and its kind."""
    if isinstance(error, MotcuaError):
        said = str(error) if name in str(error) else f"{name}: {error}"
    else:
        said = f"{name}: motcua itself failed at it ({type(error).__name__}: {error}); report it with this sentence"
    kind = error.kind if isinstance(error, MotcuaError) else ModelError.kind
    unreachable = isinstance(error, Unreachable)
    return {"failed": not unreachable, "kind": kind, "msg": said} | ({"unreachable": True} if unreachable else {})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
