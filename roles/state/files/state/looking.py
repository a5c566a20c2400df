"""One round of looking: files, units, tunnels, the index of the footage, and everything that can be asked over the network."""

import os
import re
import sqlite3
import subprocess
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from footage import hours
from footage import settings as recorder_settings
from footage.index import open_index

from state.judging import OFF_SECONDS, Seen, addresses
from state.pings import answering, connecting

PING_SECONDS, CONNECT_SECONDS, PROGRAM_SECONDS = 1.5, 2, 10
SLOWLY_EVERY = 3  # rounds: what changes by the minute is asked for less often
UNIT = "motcua-record@"
DAY_SECONDS = 86400


class Looker:
    """Looks again and again; remembers what is asked for less often, and the open indexes. ``trouble``: what it couldn't look at."""

    def __init__(self, settings, recorder=recorder_settings.PATH):
        self._settings, self._recorder_file, self._round = settings, recorder, 0
        self.trouble, self.measured = [], {"bytes": {}, "restarts": {}, "shards": {}, "clock_offset_s": None}
        self._units, self._segments, self._slow_trouble = {}, {}, []

    def look(self, now_s):
        """A round."""
        self.trouble = []
        if self._round % SLOWLY_EVERY == 0:
            self._slow_trouble = []
            self._slowly(now_s)
        self._round += 1
        playlists = self._playlists()
        answered = self._try("pings", lambda: answering(addresses(self._settings), PING_SECONDS))
        connects = self._connects(playlists, now_s)
        self.trouble += self._slow_trouble
        today = datetime.fromtimestamp(now_s, ZoneInfo(self._settings["timezone"])).date().isoformat()
        return Seen(now_s, today, answered, playlists, connects, self._units, self._segments)

    def _try(self, what, look, otherwise=None):
        """What a look gives; what it couldn't see is said in the state, and never taken for fine."""
        try:
            return look()
        except (OSError, ValueError, sqlite3.Error, subprocess.SubprocessError) as error:
            self.trouble.append(f"{what}: {error}")
            return otherwise

    def _playlists(self):
        root, found = Path(self._settings["live_root"]), {}
        try:
            os.scandir(root).close()
        except OSError as error:
            self.trouble.append(f"live pictures: {root}: {error.strerror}")
            return found
        for camera in self._settings["cameras"]:
            try:
                found[camera] = (root / camera / "index.m3u8").stat().st_mtime
            except FileNotFoundError:
                found[camera] = None
            except OSError as error:
                self.trouble.append(f"live pictures of {camera}: {error.strerror}")
        return found

    def _connects(self, playlists, now_s):
        """Only devices of cameras that send nothing are asked, at the port that the recorder asks."""
        silent = [camera for camera, written_s in playlists.items() if written_s is None or now_s - written_s >= OFF_SECONDS / 2]
        places = {camera: (self._settings["cameras"][camera]["host"], self._settings["cameras"][camera]["port"]) for camera in silent}
        answers = self._try("connections", lambda: connecting(places.values(), CONNECT_SECONDS), {})
        return {camera: answers[place] for camera, place in places.items() if place in answers}

    # --- what is asked for less often -----------------------------------------------------------------------------------

    def _slowly(self, now_s):
        states = self._try("recorders' units", recorders, {})
        self._units = {camera: row["active"] for camera, row in states.items() if camera in self._settings["cameras"]}
        restarts = {camera: row["restarts"] for camera, row in states.items() if camera in self._settings["cameras"]}
        self._segments, shards = self._try("recordings", lambda: self._recordings(now_s), ({}, {}))
        traffic = self._try("tunnels", lambda: tunnel_bytes(self._settings), {})
        clock = self._try("clock", clock_offset_s)
        self.measured = {"bytes": traffic, "restarts": restarts, "shards": shards, "clock_offset_s": clock}
        self._slow_trouble, self.trouble = self.trouble, []

    def _recordings(self, now_s):
        recorder, newest, shards = recorder_settings.load(self._recorder_file), {}, {}
        for shard in recorder.shards:
            cameras = {name: row for name, row in recorder.cameras.items() if row.shard == shard and name in self._settings["cameras"]}
            shards[str(shard)] = shard_room(shard, recorder, [self._settings["cameras"][name]["bitrate_kbps"] for name in cameras])
            found = self._try(f"index of {shard}", lambda shard=shard, cameras=cameras: _latest(shard, cameras), {})
            # Outside the hours in which footage is kept, a recording is neither there nor missing.
            kept = {name for name in found if hours.within(cameras[name].hours, recorder.timezone, now_s - 1, now_s)}
            newest |= {name: found[name] for name in kept}
        return newest, {shard: row for shard, row in shards.items() if row}


def _latest(shard, cameras):
    with open_index(shard, readonly=True) as index:
        return {name: index.latest(name) for name in cameras}


def shard_room(shard, recorder, kbps):
    """A shard's sizes in bytes, and how long it holds what the plan writes to it; nothing where it isn't mounted."""
    try:
        disk = os.statvfs(shard)
    except OSError:
        return {}
    size, reserve = disk.f_blocks * disk.f_frsize, disk.f_blocks * disk.f_frsize * recorder.minimum_free_percent / 100
    bytes_per_day = sum(kbps) * 1000 / 8 * DAY_SECONDS
    days = [row.retention_days for row in recorder.cameras.values() if row.shard == shard]
    row = {"size_bytes": size, "available_bytes": disk.f_bavail * disk.f_frsize, "reserve_bytes": round(reserve)}
    return row | (
        {"held_seconds": round((size - reserve) / bytes_per_day * DAY_SECONDS), "retention_seconds": max(days) * DAY_SECONDS}
        if bytes_per_day and days
        else {}
    )


def run(*command):
    """What a program prints.

    :raises subprocess.SubprocessError: when it fails or takes too long. :raises OSError: when it isn't there.
    """
    return subprocess.run(command, capture_output=True, text=True, timeout=PROGRAM_SECONDS, check=True).stdout


def recorders(shown=None):
    """Camera -> ``active`` and the number of ``restarts``, of the recorders that systemd knows."""
    text = run("systemctl", "show", f"{UNIT}*", "--property=Id,ActiveState,NRestarts") if shown is None else shown
    found = {}
    for block in text.strip().split("\n\n"):
        row = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        camera = re.fullmatch(rf"{UNIT}(.+)\.service", row.get("Id", ""))
        if camera:
            found[camera[1]] = {"active": row["ActiveState"] in ("active", "activating"), "restarts": int(row.get("NRestarts", 0))}
    return found


def tunnel_bytes(settings, ask=run, interfaces=Path("/sys/class/net")):
    """(site, line, direction as the site sees it) -> bytes in its tunnel to this hub since that was made."""
    received, sent = _wireguard(ask) if any(_lines(settings, "wireguard")) else ({}, {})
    found = {}
    for kind in ("wireguard", "ipsec"):
        for site, name, line in _lines(settings, kind):
            if kind == "ipsec":
                counts = [_counter(interfaces / line["interface"] / f"statistics/{way}_bytes") for way in ("rx", "tx")]
            else:
                counts = [received.get(line["tunnel"]), sent.get(line["tunnel"])]
            found |= {(site, name, way): count for way, count in zip(("up", "down"), counts, strict=True) if count is not None}
    return found


def _lines(settings, kind):
    return [
        (site, name, line) for site, row in settings["sites"].items() for name, line in row["lines"].items() if line["tunnel_kind"] == kind
    ]


def _wireguard(ask):
    """Site's tunnel address -> bytes, received and sent. Never ``dump``, which prints the private key."""
    peers = {}
    for row in ask("wg", "show", "all", "allowed-ips").splitlines():
        _, peer, *networks = row.split()
        peers[peer] = [network.removesuffix("/32") for network in networks if network.endswith("/32")]
    received, sent = {}, {}
    for row in ask("wg", "show", "all", "transfer").splitlines():
        _, peer, came, went = row.split()
        for address in peers.get(peer, ()):
            received[address], sent[address] = int(came), int(went)
    return received, sent


def _counter(path):
    try:
        return int(path.read_text())
    except OSError:
        return None  # the tunnel isn't up


def clock_offset_s(shown=None):
    """How far the clock is from its sources in seconds; None when it has none just now."""
    fields = (run("chronyc", "-c", "tracking") if shown is None else shown).strip().split(",")
    return None if len(fields) < 14 or fields[13] == "Not synchronised" else abs(float(fields[4]))
