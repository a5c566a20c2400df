"""A Hikvision recorder: its channels, what it passes on, and what it does to its own cameras."""

import asyncio
import hashlib
import time
from urllib.parse import parse_qs
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.emulators import isapi_documents as documents
from tests.emulators.client import Client, Refused
from tests.emulators.footage import shown, wall
from tests.emulators.hikvision import Hikvision, posix_offset_minutes
from tests.emulators.hikvision_xml import BAD_PARAMETERS, BAD_XML, LOW_PRIVILEGE, NOT_SUPPORTED, OK, find, status, text, write, xml
from tests.emulators.replay import Playback


class HikvisionNvr(Hikvision):
    """One recorder; a camera that refuses its account is let alone for RETRY_S."""

    make = staticmethod(documents.nvr)
    EVERY_S, RETRY_S, LIMIT = 4.0, 60.0, 16

    def __init__(self, config):
        super().__init__(config)
        self._refused_until = {}

    def tasks(self):
        return [self._rule()]

    def upstream(self):
        found = {}
        for number, channel in self.state["channels"].items():
            for stream in ("01", "02"):
                address = f"rtsp://{channel['address']}:554/Streaming/Channels/1{stream}"
                found[f"/Streaming/Channels/{number}{stream}"] = (address, channel["user"], channel["password"])
        return found

    def turn(self, key, value):
        """``channels.2.address`` is one value of a channel; ``channels.2`` without a value takes it away."""
        room, _, rest = key.partition(".")
        number, _, name = rest.partition(".")
        if room != "channels":
            super().turn(key, value)
        elif name:
            self.state["channels"][number][name] = value
        else:
            del self.state["channels"][number]
            for path in documents.channel_documents(number):
                self.state["documents"].pop(path, None)

    async def answer(self, request, level):
        path = request.path
        if path == "/ISAPI/ContentMgmt/search" and request.method == "POST":
            return self._search(request.body)
        if not path.startswith("/ISAPI/ContentMgmt/InputProxy/channels"):
            return await super().answer(request, level)
        number = path.removeprefix("/ISAPI/ContentMgmt/InputProxy/channels").strip("/")
        if number.endswith("status"):
            return self._status(number.removesuffix("status").strip("/"))
        channels = self.state["channels"]
        if request.method == "GET":
            if number:
                return xml(self._channel(number)) if number in channels else status(*NOT_SUPPORTED)
            inner = "".join(self._channel(key) for key in sorted(channels))
            return xml(f'<InputProxyChannelList version="2.0" xmlns="{documents.ISAPI}">{inner}</InputProxyChannelList>')
        if level != "Administrator":
            return status(*LOW_PRIVILEGE)
        if request.method == "PUT" and number in channels:
            return await self._set_channel(number, request.body)
        if request.method == "POST" and not number:
            return await self._add_channel(request.body)
        if request.method == "DELETE" and number in channels:
            self.turn(f"channels.{number}", "")
            self.save()
            await self.refresh()
            return status(*OK)
        return status(*NOT_SUPPORTED)

    def tracks(self, role):
        speed, minutes = self.config.get("playback_speed", 1.0), posix_offset_minutes(self.state["zone"])

        def interval(query):
            asked = parse_qs(query.rstrip("/"))
            # Z or not, it is the wall clock that counts.
            return tuple(wall(asked[name][0][:15], "%Y%m%dT%H%M%S", minutes) for name in ("starttime", "endtime"))

        channels = [number for number in self.state["channels"] if f"/ISAPI/Streaming/channels/{number}01" in self.state["documents"]]
        return {
            f"/Streaming/tracks/{number}01": Playback(
                self.spec(f"/ISAPI/Streaming/channels/{number}01"), self.config["clips"], self.footage, interval, role, speed
            )
            for number in channels
        }

    def _search(self, body):
        """What was kept of a channel, page by page; too long a time is too much for some. Its times end in Z and are local."""
        try:
            root, minutes = ElementTree.fromstring(body), posix_offset_minutes(self.state["zone"])
            begin, end = (wall(text(root, name), "%Y-%m-%dT%H:%M:%SZ", minutes) for name in ("startTime", "endTime"))
            track, most, first = text(root, "trackID"), int(text(root, "maxResults")), int(text(root, "searchResultPostion", "0"))
        except (ElementTree.ParseError, ValueError):
            return status(*BAD_XML)
        if end - begin > 86400 * self.config["quirks"].get("search_days", 36500):
            return status(3, "Device Error", "deviceError", 500)
        kept = self.footage.rows(begin, end) if track[:-2] in self.state["channels"] else []
        page = kept[first : first + most]
        words = "NO MATCHES" if not page else "MORE" if first + most < len(kept) else "OK"
        rows = "".join(self._match(track, number, *row, minutes) for number, row in enumerate(page, first))
        return xml(
            f'<CMSearchResult version="2.0" xmlns="{documents.V20}"><searchID>{text(root, "searchID")}</searchID><responseStatus>true</responseStatus>'
            f"<responseStatusStrg>{words}</responseStatusStrg><numOfMatches>{len(page)}</numOfMatches><matchList>{rows}</matchList></CMSearchResult>"
        )

    def _match(self, track, number, from_s, until_s, minutes):
        inside = self.config.get("inside", self.config["address"])
        begin, end = (shown(at_s, "%Y%m%dT%H%M%SZ", minutes) for at_s in (from_s, until_s))
        spans = [shown(at_s, "%Y-%m-%dT%H:%M:%SZ", minutes) for at_s in (from_s, until_s)]
        address = f"rtsp://{inside}/Streaming/tracks/{track}/?starttime={begin}&endtime={end}&name=0000000{number:04d}000000&size=268435456"
        return (
            f"<searchMatchItem><sourceID>{{0}}</sourceID><trackID>{track}</trackID><timeSpan><startTime>{spans[0]}</startTime><endTime>{spans[1]}</endTime></timeSpan>"
            f"<mediaSegmentDescriptor><contentType>video</contentType><codecType>H.264-BP</codecType><playbackURI>{escape(address)}</playbackURI></mediaSegmentDescriptor>"
            "<metadataMatches><metadataDescriptor>recordType.meta.hikvision.com/timing</metadataDescriptor></metadataMatches></searchMatchItem>"
        )

    def _channel(self, number):
        channel = self.state["channels"][number]
        return (
            f'<InputProxyChannel version="2.0" xmlns="{documents.ISAPI}"><id>{number}</id><name>{escape(channel["name"])}</name><sourceInputPortDescriptor>'
            f"<proxyProtocol>{channel.get('protocol', 'HIKVISION')}</proxyProtocol><addressingFormatType>ipaddress</addressingFormatType><ipAddress>{channel['address']}</ipAddress>"
            f"<managePortNo>{channel.get('port', 8000)}</managePortNo><srcInputPort>1</srcInputPort><userName>{escape(channel['user'])}</userName><streamType>auto</streamType>"
            f"<model>DS-2CD</model><serialNumber>DS-2CD{number:0>8}AAWR</serialNumber><firmwareVersion>V5.7.18 build 240826</firmwareVersion><deviceID/></sourceInputPortDescriptor>"
            f"<enableAnr>false</enableAnr><enableTiming>true</enableTiming><devIndex>{hashlib.md5(number.encode()).hexdigest()}</devIndex></InputProxyChannel>"
        )

    def _status(self, number):
        if number not in self.state["channels"]:
            return status(*NOT_SUPPORTED)
        online = "false" if self._refused_until.get(number, 0) > time.monotonic() else "true"
        return xml(
            f'<InputProxyChannelStatus version="2.0" xmlns="{documents.ISAPI}"><id>{number}</id><online>{online}</online></InputProxyChannelStatus>'
        )

    async def _add_channel(self, body):
        channels = self.state["channels"]
        try:
            root = ElementTree.fromstring(body)
        except ElementTree.ParseError:
            return status(*BAD_XML)
        asked = text(root, "id")
        number = asked if asked.isdecimal() and 0 < int(asked) <= self.LIMIT else None
        number = number or next((str(n) for n in range(1, self.LIMIT + 1) if str(n) not in channels), None)
        if number is None or number in channels or not text(root, "userName") or not text(root, "ipAddress"):
            return status(*BAD_PARAMETERS)
        channels[number] = {"password": "", "private": False}
        self.state["documents"] |= documents.channel_documents(number)
        return await self._set_channel(number, body)

    async def _set_channel(self, number, body):
        try:
            root = ElementTree.fromstring(body)
        except ElementTree.ParseError:
            return status(*BAD_XML)
        old = self.state["channels"][number]
        port = text(root, "managePortNo", "8000")
        # The whole channel is replaced: what wasn't sent is gone; only a password that wasn't sent is kept.
        self.state["channels"][number] = {
            "number": int(number),
            "name": text(root, "name"),
            "address": text(root, "ipAddress", "0.0.0.0"),
            "user": text(root, "userName"),
            "password": text(root, "password") or old["password"],
            "protocol": text(root, "proxyProtocol", "HIKVISION"),
            "port": int(port) if port.isdecimal() else 8000,
            "private": old["private"],
        }
        self._refused_until.pop(number, None)
        self.save()
        login = {"user": old.get("user"), "password": old["password"]}
        only_login = old == self.state["channels"][number] | login
        await (self.reseat() if only_login else self.refresh())
        return status(*OK)

    async def _rule(self):
        """Overwrite time and encoding of every camera that lets us, again and again."""
        while True:
            for number, channel in list(self.state["channels"].items()):
                if self._refused_until.get(number, 0) <= time.monotonic():
                    await asyncio.to_thread(self._overwrite, number, channel)
            await asyncio.sleep(self.EVERY_S)

    def _overwrite(self, number, channel):
        camera = Client(channel["address"], channel["user"], channel["password"])
        try:
            at = "/ISAPI/Streaming/channels/101"
            theirs, ours = ElementTree.fromstring(camera.get(at)), self.document(f"/ISAPI/Streaming/channels/{number}01")
            changed = False
            for name in (
                "videoCodecType",
                "videoResolutionWidth",
                "videoResolutionHeight",
                "videoQualityControlType",
                "constantBitRate",
                "vbrUpperCap",
                "maxFrameRate",
                "GovLength",
            ):
                if text(theirs, name) != text(ours, name):
                    find(theirs, name).text, changed = text(ours, name), True
            if changed:
                camera.put(at, write(theirs).encode())
            minutes = posix_offset_minutes(self.state["zone"])
            wall = self.clock.local(minutes).strftime("%Y-%m-%dT%H:%M:%S")
            camera.put(
                "/ISAPI/System/time",
                f"<Time><timeMode>manual</timeMode><localTime>{wall}</localTime><timeZone>{self.state['zone']}</timeZone></Time>".encode(),
            )
        except Refused:
            self._refused_until[number] = time.monotonic() + self.RETRY_S
        except OSError:
            pass
