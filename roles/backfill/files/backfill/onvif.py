"""ONVIF Profile G: recordings are searched by SOAP, and replayed over RTSP by the clock. Times are UTC."""

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

from .errors import Garbled
from .found import Found, Play, parsed, utc

DEVICE = "/onvif/device_service"
TDS, TSE, TRP = (f"http://www.onvif.org/ver10/{name}/wsdl" for name in ("device", "search", "replay"))
TT = "http://www.onvif.org/ver10/schema"
SOAP = "application/soap+xml; charset=utf-8"
ENVELOPE = '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body>{}</s:Body></s:Envelope>'
PAGES, MOST = 100, 100


def now_s(ask, camera):
    """The device's clock as seconds since 1970; every device says it to everybody."""
    root = _call(ask, camera, DEVICE, f'<GetSystemDateAndTime xmlns="{TDS}"/>')
    said = next((one for one in root.iter() if _name(one) == "UTCDateTime"), None)
    try:
        year, month, day, hour, minute, second = (int(_text(said, name)) for name in ("Year", "Month", "Day", "Hour", "Minute", "Second"))
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except (ValueError, TypeError, AttributeError):
        raise Garbled(f"{camera.device}: GetSystemDateAndTime says no time in UTC; look at the device") from None


def search(ask, camera, from_s, until_s):
    """The recording of the camera's channel, where it touches the interval. Holes in it show only when it is replayed."""
    services = _services(ask, camera)
    rows = _recordings(ask, camera, services[TSE])
    if len(rows) < camera.channel:
        return []
    token, begin, end = rows[camera.channel - 1]
    from_there, until_there = _seconds(camera, begin), _seconds(camera, end)
    if until_there <= from_s or from_there >= until_s:
        return []
    setup = (
        f'<StreamSetup><Stream xmlns="{TT}">RTP-Unicast</Stream><Transport xmlns="{TT}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
    )
    answer = _call(
        ask, camera, services[TRP], f'<GetReplayUri xmlns="{TRP}">{setup}<RecordingToken>{token}</RecordingToken></GetReplayUri>'
    )
    uri = _text(answer, "Uri")
    if not uri.startswith("rtsp://"):
        raise Garbled(f"{camera.device}: GetReplayUri gives no RTSP address; look at the device")
    return [Found(from_there, until_there, uri, f"{begin}/{end}")]


def play(_camera, found, from_s, until_s):
    """Replay by the clock, as fast as the line's share lets it come."""
    stamps = (utc(at_s, "%Y%m%dT%H%M%S.%f")[:-3] + "Z" for at_s in (from_s, until_s))
    return Play(found.uri, {"Require": "onvif-replay", "Rate-Control": "no"}, f"clock={'-'.join(stamps)}")


def _services(ask, camera):
    """Namespace -> path: only the path is believed, because the host is what the device calls itself inside."""
    root = _call(ask, camera, DEVICE, f'<GetServices xmlns="{TDS}"><IncludeCapability>false</IncludeCapability></GetServices>')
    found = {_text(one, "Namespace"): urlsplit(_text(one, "XAddr")).path for one in root.iter() if _name(one) == "Service"}
    missing = [name for name in (TSE, TRP) if not found.get(name)]
    if missing:
        raise Garbled(f"{camera.device}: offers no {missing[0].split('/')[-2]} service (ONVIF Profile G); take its footage by another way")
    return found


def _recordings(ask, camera, path):
    """(token, earliest, latest) of every recording with video, in the device's order."""
    scope = f'<FindRecordings xmlns="{TSE}"><Scope/><KeepAliveTime>PT60S</KeepAliveTime></FindRecordings>'
    search = _text(_call(ask, camera, path, scope), "SearchToken")
    if not search:
        raise Garbled(f"{camera.device}: FindRecordings begins no search; look at the device")
    rows = {}
    for _ in range(PAGES):
        asked = f"<SearchToken>{search}</SearchToken><MaxResults>{MOST}</MaxResults><WaitTime>PT5S</WaitTime>"
        root = _call(ask, camera, path, f'<GetRecordingSearchResults xmlns="{TSE}">{asked}</GetRecordingSearchResults>')
        for one in (item for item in root.iter() if _name(item) == "RecordingInformation"):
            tracks = [track for track in one.iter() if _name(track) == "Track" and _text(track, "TrackType") == "Video"]
            begin = _text(one, "EarliestRecording") or (_text(tracks[0], "DataFrom") if tracks else "")
            end = _text(one, "LatestRecording") or (_text(tracks[0], "DataTo") if tracks else "")
            if tracks and begin and end:
                rows[_text(one, "RecordingToken")] = (begin, end)
        if _text(root, "SearchState") == "Completed":
            return [(token, *span) for token, span in rows.items()]
    raise Garbled(f"{camera.device}: its search for recordings doesn't end; look at the device")


def _call(ask, camera, path, inner):
    answer = ask("POST", path, ENVELOPE.format(inner).encode(), SOAP)
    operation = re.match(r"<(\w+)", inner)[1]
    try:
        root = parsed(answer.body)
    except ValueError as error:
        raise Garbled(f"{camera.device}: {operation}: answers no SOAP ({error}, HTTP {answer.status}); look at the device") from None
    if answer.status >= 400 or any(_name(one) == "Fault" for one in root.iter()):
        words = _text(root, "Text") or _text(root, "faultstring") or "no words"
        raise Garbled(
            f"{camera.device}: {operation}: refused ({words[:120]}, HTTP {answer.status}); look at its recordings and its user's rights"
        )
    return root


def _seconds(camera, text):
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Garbled(f"{camera.device}: {text[:40]!r} is no time of a recording; look at the device") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _name(element):
    return element.tag.rpartition("}")[2]


def _text(root, name):
    if root is None:
        return ""
    return next(((one.text or "").strip() for one in root.iter() if _name(one) == name), "")
