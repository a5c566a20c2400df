"""Two states of a province beside each other: what opens, who loses a camera, which line is asked too much."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..desired import Host, Plan, desired, device_host, plan
from ..desired.host import server_host
from ..desired.pulls import recorded
from ..model import Province, Viewer
from ..plan.matrix import plan_matrix
from ..plan.streams import LinePlan
from . import Destination, Pair, Reachability, Source, reachability, world
from .dependents import Dependents, changed_keys, dependents, touched
from .machines import BY_ROWS

NOTHING_CHANGES, SOMETHING_CHANGES, COULD_NOT_TELL = 0, 2, 1
Render = Callable[[Iterable[Host]], Mapping[str, tuple[str, str]]]


@dataclass(frozen=True)
class State:
    """One state of the inventory, planned. ``watched`` are each viewer's live cameras; ``hash`` is what approvals cite."""

    province: Province
    planned: Plan
    hosts: Mapping[str, Host]
    reach: Reachability
    watched: Mapping[str, frozenset[str]]
    hash: str


@dataclass(frozen=True)
class Change:
    """One group of differences: a code of words.yml with its values, and the names that it is about."""

    code: str
    names: tuple[str, ...]
    values: Mapping[str, object] = field(default_factory=dict)
    depends: Dependents | None = None


@dataclass(frozen=True)
class Changes:
    """All differences in a fixed order. ``untold`` are pairs that may have changed and can't be told."""

    before: str
    after: str
    groups: tuple[Change, ...]
    untold: tuple[Pair, ...]

    @property
    def verdict(self) -> int:
        """0 nothing changes, 2 something changes, 1 could not tell."""
        if self.untold:
            return COULD_NOT_TELL
        return SOMETHING_CHANGES if self.groups or self.before != self.after else NOTHING_CHANGES


def state(province: Province, render: Render) -> State:
    """Plan a province and compute what it lets through.

    :param render: the firewalls of hosts as the roles render them.
    :raises ModelError: when it can't be planned.
    """
    planned = plan(province)
    hosts = {host.name: host for host in desired(province, planned)}
    texts = render(hosts.values())
    reach = reachability(province, planned, world(province, planned, hosts, texts))
    return State(province, planned, hosts, reach, watched(province, planned, reach), plan_hash(hosts, texts))


def plan_hash(hosts: Mapping[str, Host], texts: Mapping[str, tuple[str, str]]) -> str:
    """What an approval cites (SHA-256, hex): the same for the same desired state of every host and the same rendered rules.

    Only names of secrets are in a desired state, so that none can be guessed from it.
    """
    rows = {
        name: [host.role, str(host.address), host.platform, host.vendor, host.port, host.scheme, host.channel, host.recorder, host.desired]
        for name, host in hosts.items()
    }
    text = json.dumps([rows, dict(texts)], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def watched(province: Province, planned: Plan, reach: Reachability) -> Mapping[str, frozenset[str]]:
    """Each viewer's live cameras: the matrix allows them, the recorder reaches them, the viewer reaches the portal."""
    storage = server_host(province.storage_centre()[0])
    arriving = {str(row["camera"]) for row in recorded(province, planned) if reach.verdict(storage, f"{row['device']}:rtsp") == "yes"}
    rights = plan_matrix(province)
    return {
        name: frozenset(rights[name].live) & arriving if _sees_portal(viewer, reach, storage) else frozenset()
        for name, viewer in province.viewers.items()
    }


def _sees_portal(viewer: Viewer, reach: Reachability, storage: str) -> bool:
    """From the office where they sit, or whichever place at a centre or device of their own there is for them."""
    if viewer.sits_at is not None:
        places = [device_host(viewer.sits_at, "pc")]
    elif viewer.kind == "ioc":
        places = [name for name, source in reach.sources.items() if source.kind == "operations"]
    else:
        places = [name for name, source in reach.sources.items() if source.kind in ("profile", "controller")]
    return any(reach.verdict(place, f"{storage}:portal") == "yes" for place in places)


def changes(before: State, after: State) -> Changes:
    """What differs. Everything is named once, the gravest first."""
    groups = (*_reach(before, after), *_viewers(before, after), *_lines(before, after), *_streams(before, after), *_hosts(before, after))
    return Changes(before.hash, after.hash, groups, _untold(before, after))


def _untold(before: State, after: State) -> tuple[Pair, ...]:
    """Pairs that couldn't be told only now, and those behind a router that changes and that people configure: they may do it otherwise.

    What is unknown of a router that motcua writes is what it never touches there.
    """
    routers = (host for name, host in after.hosts.items() if host.role == "router" and before.hosts.get(name) != host)
    sites = {host.site for host in routers if host.platform not in (*BY_ROWS, "linux")}

    def behind(source: Source, destination: Destination) -> bool:
        return source.segment != destination.at[0] and bool({source.site, destination.site} & sites)

    return tuple(
        pair
        for pair in sorted(after.reach.unknown)
        if pair not in before.reach.unknown or behind(after.reach.sources[pair[0]], after.reach.destinations[pair[1]])
    )


def _reach(before: State, after: State) -> Iterator[Change]:
    opened = after.reach.reached - before.reach.reached
    closed = before.reach.reached - after.reach.reached - after.reach.unknown
    for code, pairs, state in (("opened", opened, after), ("closed", closed, before)):
        grouped = defaultdict[tuple[str, str], list[str]](list)
        for source, destination in sorted(pairs):
            kinds = state.reach.sources[source].kind, state.reach.destinations[destination].kind
            grouped[kinds].append(f"{source} → {destination}")
        for (who, what), names in sorted(grouped.items()):
            yield Change(code, tuple(names), {"who": who, "what": what})


def _viewers(before: State, after: State) -> Iterator[Change]:
    for code, first, second in (("loses", before, after), ("gains", after, before)):
        for viewer in sorted(first.watched):
            cameras = first.watched[viewer] - second.watched.get(viewer, frozenset())
            if cameras:
                yield Change(code, tuple(sorted(cameras)), {"viewer": first.province.viewers[viewer].name})


def _lines(before: State, after: State) -> Iterator[Change]:
    """Lines that keep their rule before and break it afterwards; the streams that use them are named."""
    old, new = dict(_line_plans(before)), dict(_line_plans(after))
    for (site, line, way), planned in new.items():
        direction = getattr(planned, way)
        if direction.ok or ((site, line, way) in old and not getattr(old[site, line, way], way).ok):
            continue
        streams = after.planned.streams[site].cameras
        names = tuple(
            device_host(site, key) for key, one in streams.items() if one.line == line or line in after.planned.streams[site].standby
        )
        asked = direction.office_kbps + direction.reserve_kbps + direction.video_kbps
        values = {"site": site, "line": line, "way": way, "limit": round(direction.limit_kbps), "asked": round(asked)}
        yield Change("line_breaks", names, values)


def _line_plans(state: State) -> Iterator[tuple[tuple[str, str, str], LinePlan]]:
    for site, streams in state.planned.streams.items():
        for line, planned in {**streams.standby, **streams.lines}.items():
            yield from (((site, line, way), planned) for way in ("up", "night", "down"))


def _streams(before: State, after: State) -> Iterator[Change]:
    """What cameras send, site by site, where both states have the camera."""
    for site in after.province.sites:
        if site not in before.province.sites:
            continue
        old, new = before.planned.streams[site].cameras, after.planned.streams[site].cameras
        both = before.province.sites[site].cameras.keys() & after.province.sites[site].cameras.keys()
        steps = {key: tuple(streams[key].step if key in streams else None for streams in (old, new)) for key in sorted(both)}
        grouped = defaultdict[tuple[str, str, str], list[str]](list)
        for key, (was, will) in steps.items():
            if was != will:
                code = "sends_less" if will is None or (was is not None and will.bitrate_kbps < was.bitrate_kbps) else "sends_more"
                grouped[code, was.name if was else "–", will.name if will else "–"].append(device_host(site, key))
        for (code, was_name, will_name), names in sorted(grouped.items()):
            yield Change(code, tuple(names), {"was": was_name, "will": will_name})


def _hosts(before: State, after: State) -> Iterator[Change]:
    for code, state, other in (("gone", before, after), ("new", after, before)):
        names = tuple(name for name in state.hosts if name not in other.hosts)
        if names:
            yield Change(code, names)
    owners = {name: site for state in (before, after) for name, site in _owners(state.province)}
    grouped = defaultdict[tuple[str, ...], list[tuple[str, Dependents]]](list)
    for name, host in after.hosts.items():
        old = before.hosts.get(name)
        if old is not None and old != host:
            keys = changed_keys(old.desired, host.desired) or ("address",)
            grouped[keys].append((name, dependents(after.province, host, touched(old.desired, host.desired, owners))))
    for keys, found in grouped.items():
        yield Change("changes", tuple(name for name, _ in found), {"keys": ", ".join(keys)}, _together(one for _, one in found))


def _owners(province: Province) -> Iterator[tuple[str, str]]:
    for name, site in province.sites.items():
        yield name, name
        yield from ((device_host(name, device), name) for device in ("router", *site.nvrs, *site.cameras))


def _together(found: Iterable[Dependents]) -> Dependents:
    all_of = tuple(found)
    return Dependents(
        tuple(dict.fromkeys(site for one in all_of for site in one.sites)),
        tuple(dict.fromkeys(camera for one in all_of for camera in one.cameras)),
        tuple(dict.fromkeys(viewer for one in all_of for viewer in one.viewers)),
    )
