"""A Dahua recorder: its cameras, set in one of three ways."""

import json
import re
from urllib.parse import parse_qs, unquote

from tests.emulators import dahua_documents as documents
from tests.emulators.dahua import Dahua
from tests.emulators.dahua_answers import BAD, FORBIDDEN
from tests.emulators.footage import shown, wall
from tests.emulators.http import Response
from tests.emulators.replay import Playback


class DahuaNvr(Dahua):
    """A recorder; "channel_dialect" says by which way alone its cameras are set: "json", "config" or "rpc"."""

    SLOTS = 8
    DISKS = ("Success",)
    CLASS = "NVR"
    SEARCH = 8137
    API = "/cgi-bin/api/LogicDeviceManager/"
    FIELDS = ("Address", "Port", "HttpPort", "RtspPort", "UserName", "ProtocolType")

    WALL = "%Y-%m-%d %H:%M:%S"

    def __init__(self, config):
        self._dialect = config.get("channel_dialect", "json")
        self._found = []
        super().__init__(config)

    def factory(self):
        passwords = {str(channel["number"] - 1): channel["password"] for channel in self.config["channels"]}
        return super().factory() | {"passwords": passwords}

    def tables(self):
        cameras = {channel["number"] - 1: channel for channel in self.config["channels"]}
        rows = documents.tables(self.config)
        for slot in range(self.SLOTS):
            rows |= documents.channel_tables(slot, cameras.get(slot, {}).get("name", f"Channel{slot + 1}"))
            rows |= documents.remote_tables(slot, cameras.get(slot))
        return rows

    def _remote(self, slot, field):
        return self.state["tables"][f"{documents.remote(slot)}.{field}"]

    def channels(self):
        return [slot for slot in range(self.SLOTS) if self._remote(slot, "Enable") == "true"]

    def upstream(self):
        return {
            f"/cam/realmonitor?channel={slot + 1}&subtype={subtype}": (
                f"rtsp://{self._remote(slot, 'Address')}:{self._remote(slot, 'RtspPort')}/cam/realmonitor?channel=1&subtype={subtype}",
                self._remote(slot, "UserName"),
                self.state["passwords"].get(str(slot), ""),
            )
            for slot in self.channels()
            for subtype in (0, 1)
        }

    def rows(self, name, via):
        ways = {"json": (), "config": ("cgi", "rpc"), "rpc": ("rpc",)}[self._dialect]
        return {} if name.startswith("RemoteDevice") and via not in ways else super().rows(name, via)

    async def change(self, new, via):
        """A camera's password is taken and never shown."""
        passwords = {key: new.pop(key) for key in list(new) if re.fullmatch(r"RemoteDevice\..*_\d+\.Password", key)}
        refusal = await super().change(new, via)
        if refusal is None and passwords:
            self.state["passwords"] |= {re.search(r"_(\d+)\.", key).group(1): value for key, value in passwords.items()}
            self.save()
            await self.refresh()
        return refusal

    def more_streams(self):
        return {}

    async def _cgi(self, request, group):
        if request.path == "/cgi-bin/mediaFileFind.cgi":
            return self._find(dict(piece.partition("=")[::2] for piece in unquote(request.query).split("&")))
        if not request.path.startswith(self.API):
            return await super()._cgi(request, group)
        if self._dialect != "json":
            return Response(self.config["quirks"].get("no_api", 400), BAD)
        if group != "admin":
            return Response(403, FORBIDDEN)
        try:
            asked = json.loads(request.body or b"{}")
            said = await self._logic(request.path.removeprefix(self.API), asked)
        except (ValueError, KeyError, TypeError):
            said = None
        return Response(400, BAD) if said is None else Response(200, json.dumps(said).encode(), "application/json")

    def tracks(self, role):
        return {"/cam/playback": _Channels(self, role)}

    def _find(self, asked):
        """One search at a time, for what was kept of a channel, page by page; nothing found is a 400. Times are local."""
        if asked["action"] == "factory.create":
            return self._lines(result=self.SEARCH)
        if asked.get("object") != str(self.SEARCH):
            return Response(400, BAD)
        match asked["action"]:
            case "findFile":
                begin, end = (wall(asked[f"condition.{name}"], self.WALL, self._minutes()) for name in ("StartTime", "EndTime"))
                slot = int(asked["condition.Channel"]) - 1  # counted from 1 in the question
                self._found = [(slot, row) for row in self.footage.rows(begin, end)] if slot in self.channels() else []
                return Response(200, b"OK\r\n") if self._found else Response(400, BAD)
            case "findNextFile":
                page, self._found = self._found[: int(asked["count"])], self._found[int(asked["count"]) :]
                rows = {"found": len(page)}
                for number, (slot, (from_s, until_s)) in enumerate(page):
                    at, times = f"items[{number}]", [shown(at_s, self.WALL, self._minutes()) for at_s in (from_s, until_s)]
                    rows |= {f"{at}.Channel": slot, f"{at}.StartTime": times[0], f"{at}.EndTime": times[1], f"{at}.Type": "dav"}
                    rows |= {f"{at}.FilePath": f"/mnt/dvr/sda0/{number}.dav", f"{at}.Length": 268435456, f"{at}.VideoStream": "Main"}
                return self._lines(**rows)
        return Response(200, b"OK\r\n")

    async def _logic(self, action, asked):
        """What the recorder says about its cameras' channels, or None for what it doesn't know; all channels are counted from 0."""
        match action:
            case "getCameraAll":
                return {"camera": [self._camera(slot) for slot in range(self.SLOTS)]}
            case "addCameraByGroup" | "setCamera":
                done = []
                for group in asked["group"]:
                    cameras = [
                        {
                            "uniqueChannel": camera["uniqueChannel"],
                            "failedCode": self._bind(action, camera["uniqueChannel"], group["DeviceInfo"]),
                        }
                        for camera in group["cameras"]
                    ]
                    done.append({"cameras": cameras})
                said = {"group": done}
            case "deleteCameraByGroup":
                slots = [slot for group in asked["group"] for slot in group["uniqueChannels"]]
                said = {"info": [{"uniqueChannel": slot, "failedCode": self._release(slot)} for slot in slots]}
            case _:
                return None
        self.save()
        await self.refresh()
        return said

    def _camera(self, slot):
        shown = {field: documents.typed(field, self._remote(slot, field)) for field in (*self.FIELDS, "Enable")}
        device = documents.remote(slot).removeprefix("RemoteDevice.")
        return {"UniqueChannel": slot, "DeviceID": device, "Type": "Remote", "Enable": shown["Enable"], "DeviceInfo": shown}

    def _bind(self, action, slot, info):
        """The failedCode: 0 is success, 1 a channel that can't be set."""
        if slot not in range(self.SLOTS) or (slot in self.channels()) != (action == "setCamera"):
            return 1
        given = {"Enable": True} | {field: info[field] for field in self.FIELDS if field in info}
        self.state["tables"] |= {f"{documents.remote(slot)}.{field}": documents.flat_text(value) for field, value in given.items()}
        if "Password" in info:
            self.state["passwords"][str(slot)] = info["Password"]
        return 0

    def _release(self, slot):
        if slot not in self.channels():
            return 1
        self.state["tables"] |= documents.remote_tables(slot)
        self.state["passwords"].pop(str(slot), None)
        return 0


class _Channels(Playback):
    """All channels behind one path: the query says which."""

    def __init__(self, device, role):
        self._device = device
        super().__init__(None, device.config["clips"], device.footage, self._times, role, device.config.get("playback_speed", 1.0))

    def _times(self, query):
        asked, minutes = parse_qs(query.rstrip("/")), self._device._minutes()
        slot = int(asked["channel"][0]) - 1
        if slot not in self._device.channels():
            raise ValueError("no such channel")
        self._spec = self._device.spec(slot, "MainFormat")
        return tuple(wall(asked[name][0][:19], "%Y_%m_%d_%H_%M_%S", minutes) for name in ("starttime", "endtime"))
