"""ONVIF's answers as documents, and the requests that they are written back with."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element

from ..settings import spell_offset
from .pairs import Pairs
from .soap import SERVICES, child, request
from .xml import XmlDocument, local


@dataclass(frozen=True)
class Write:
    """How an answer is written back: the operation, and the order of the elements that it takes (the schema's own).

    ``wrapper`` is the element that holds them; ``persist`` adds what Media 1 insists on.
    """

    operation: str
    order: tuple[str, ...]
    wrapper: str | None = None
    persist: bool = False


ENCODER = (
    "Name", "UseCount", "GuaranteedFrameRate", "Encoding", "Resolution", "Quality", "RateControl", "MPEG4", "H264", "Multicast",
    "SessionTimeout",
)  # fmt: skip
ENCODER2 = ("Name", "UseCount", "Encoding", "Resolution", "RateControl", "Multicast", "Quality")
WRITES = {
    "device:GetSystemDateAndTime": Write("SetSystemDateAndTime", ("DateTimeType", "DaylightSavings", "TimeZone", "UTCDateTime")),
    "device:GetNTP": Write("SetNTP", ("FromDHCP", "NTPManual")),
    "device:GetDNS": Write("SetDNS", ("FromDHCP", "SearchDomain", "DNSManual")),
    "device:GetHostname": Write("SetHostname", ("Name",)),
    "device:GetNetworkProtocols": Write("SetNetworkProtocols", ("NetworkProtocols",)),
    "device:GetDiscoveryMode": Write("SetDiscoveryMode", ("DiscoveryMode",)),
    "media:GetProfiles": Write("SetVideoEncoderConfiguration", ENCODER, "Configuration", persist=True),
    "media2:GetProfiles": Write("SetVideoEncoderConfiguration", ENCODER2, "Configuration"),
    "media2:GetVideoEncoderConfigurations": Write("SetVideoEncoderConfiguration", ENCODER2, "Configuration"),
}


class SoapDocument(XmlDocument):
    """A part of an answer; a place that isn't there yet is made, because the request is our own."""

    def get(self, select: str) -> str | None:
        """The text; ``effective`` is the offset between the device's two times, as ``@UTC+07:00``, which its zone's name may contradict."""
        if select.startswith("effective|"):
            return self._effective() or super().get(select.removeprefix("effective|"))
        return super().get(select)

    def set(self, select: str, value: str) -> None:
        """Write text, with the elements above it."""
        *above, _ = select.removeprefix("effective|").removesuffix("|=").split("|", maxsplit=1)[0].split("/")
        element = self.root
        for name in above if super().get(select.removeprefix("effective|").removesuffix("|=")) is None else ():
            found = next((one for one in element if local(one) == name), None)
            element = child(element, name) if found is None else found
        super().set(select.removeprefix("effective|"), value)

    def _effective(self) -> str | None:
        shown, utc = moment(self.find("LocalDateTime")), moment(self.find("UTCDateTime"))
        if shown is None or utc is None:
            return None
        minutes = round((shown - utc) / timedelta(minutes=15)) * 15  # no zone has a smaller step
        return "@" + spell_offset(minutes, summer="," in (super().get("TimeZone/TZ") or ""))


class Osds(Pairs):
    """What is written into the picture: ``text``, the first plain text, and ``clock``."""

    def __init__(self, found: Sequence[XmlDocument]) -> None:
        self.plain = next((osd for osd in found if osd.get("TextString/Type") == "Plain"), None)
        self.clock = next((osd for osd in found if osd.get("TextString/Type") in ("DateAndTime", "Time")), None)
        text = "" if self.plain is None else self.plain.get("TextString/PlainText|=") or ""
        super().__init__({"text": text, "clock": "false" if self.clock is None else "true"})


def stored(operation: str, document: SoapDocument, clock: datetime) -> Element:
    """The request that writes a part of the answer to ``operation`` back; ``clock`` is the device's own time."""
    service, write = operation.partition(":")[0], WRITES[operation]
    body = request(service, write.operation)
    holder = body
    if write.wrapper is not None:
        holder = child(body, write.wrapper, namespace=SERVICES[service])
        holder.attrib.update(document.root.attrib)
    for name in write.order:
        for element in (one for one in document.root if local(one) == name):
            holder.append(copy.deepcopy(element))
            if write.wrapper is None:
                holder[-1].tag = f"{{{SERVICES[service]}}}{name}"
    if operation == "device:GetSystemDateAndTime":
        _keep_clock(body, clock)
    if write.persist:
        child(body, "ForcePersistence", "true", SERVICES[service])
    return body


def _keep_clock(body: Element, clock: datetime) -> None:
    """A device that isn't set by NTP takes a time together with its zone: the one that it has."""
    for element in [one for one in body if local(one) == "UTCDateTime"]:
        body.remove(element)
    if not any(local(one) == "DateTimeType" and one.text == "Manual" for one in body):
        return
    utc = child(body, "UTCDateTime", namespace=SERVICES["device"])
    for group, names in (("Time", ("Hour", "Minute", "Second")), ("Date", ("Year", "Month", "Day"))):
        holder = child(utc, group)
        for name in names:
            child(holder, name, str(getattr(clock, name.lower())))


def new_osd(service: str, key: str, text: str, source: str) -> Element:
    """The request that writes a text, or the clock, into the picture of a source."""
    body = request(service, "CreateOSD")
    osd = child(body, "OSD", namespace=SERVICES[service])
    osd.set("token", "")
    child(osd, "VideoSourceConfigurationToken", source)
    child(osd, "Type", "Text")
    child(child(osd, "Position"), "Type", "UpperLeft" if key == "text" else "UpperRight")
    string = child(osd, "TextString")
    child(string, "Type", "Plain" if key == "text" else "DateAndTime")
    if key == "text":
        child(string, "PlainText", text)
    return body


def moment(element: Element | None) -> datetime | None:
    """A date and time as ONVIF writes it, taken for UTC; None where it isn't there or is no date."""
    if element is None:
        return None
    document = XmlDocument(element)
    places = ("Date/Year", "Date/Month", "Date/Day", "Time/Hour", "Time/Minute", "Time/Second")
    try:
        year, month, day, hour, minute, second = (int(document.get(place) or "") for place in places)
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def is_ambiguous(answer: XmlDocument) -> bool:
    """A Xiongmai (SUNBA.405) lists two encoder configurations with the token "000"."""
    tokens = [row.root.get("token") for row in answer.rows("Configurations") if row.root.get("token") is not None]
    return len(tokens) != len(set(tokens))
