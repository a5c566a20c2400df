"""Recorded footage over RTSP: as recorders play an interval of an address, and as ONVIF replays by the clock."""

import itertools
import threading
import time

from tests.emulators.footage import pictures
from tests.emulators.gstreamer import Gst, GstRtspServer, MediaFactory, OnvifMediaFactory

NTP_EPOCH_S = 2208988800
FORMS = {"H.264": "video/x-h264", "H.265": "video/x-h265"}
PAYLOADERS = {"H.264": "h264parse ! rtph264pay", "H.265": "h265parse ! rtph265pay"}


def allow(factory, role):
    """Let accounts of a role in."""
    structure = Gst.Structure.new_empty(role)
    structure.set_value("media.factory.access", True)
    structure.set_value("media.factory.construct", True)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_role_from_structure(structure)
    factory.set_permissions(permissions)


def _source(element, spec):
    source = element.get_by_name("source")
    form = f"{FORMS[spec.codec]},stream-format=byte-stream,alignment=au,framerate={int(spec.fps)}/1"
    source.set_property("caps", Gst.Caps.from_string(form))
    return source


def _buffer(frame, at_s, fps):
    buffer = Gst.Buffer.new_wrapped(frame)
    buffer.pts = buffer.dts = round(at_s * Gst.SECOND)
    buffer.duration = int(Gst.SECOND / fps)
    return buffer


class Playback(MediaFactory):
    """A recorder's: ``interval`` reads the times from a query; it plays at real time, or ``speed`` times as fast, and ends."""

    def __init__(self, spec, clips, footage, interval, role, speed=1.0):
        super().__init__()
        self._spec, self._clips, self._footage, self._interval, self._speed = spec, clips, footage, interval, speed
        allow(self, role)
        self.connect("media-configure", lambda _factory, media: media.connect("new-state", _unpaced))

    def do_create_element(self, url):
        try:
            from_s, until_s = self._interval(url.query or "")
        except (ValueError, KeyError, TypeError):
            return None
        if not self._footage.rows(from_s, until_s):
            return None
        payloader = f"{PAYLOADERS[self._spec.codec]} name=pay0 pt=96 config-interval=0"
        element = Gst.parse_launch(f"( appsrc name=source format=time max-bytes=2000000 block=true ! {payloader} )")
        source = _source(element, self._spec)
        started = threading.Event()
        source.connect("need-data", lambda *_: started.set())
        threading.Thread(target=self._push, args=(source, started, from_s, until_s), daemon=True).start()
        return element

    def _push(self, source, started, from_s, until_s):
        started.wait(30)
        begun, first_s = time.monotonic(), None
        for at_s, frame in pictures(self._spec, self._clips, from_s, until_s, self._footage):
            first_s = at_s if first_s is None else first_s
            # A recorder plays at the pace at which it was filmed.
            time.sleep(max(0.0, begun + (at_s - first_s) / self._speed - time.monotonic()))
            if source.emit("push-buffer", _buffer(frame, at_s - first_s, self._spec.fps)) != Gst.FlowReturn.OK:
                return
        source.emit("end-of-stream")


def _unpaced(media, _state):
    """The server takes each PLAY without a Rate-Control header for one at real time; here who pushes keeps the pace."""
    media.set_rate_control(False)


class Replay(OnvifMediaFactory):
    """ONVIF's: the clock of the pipeline counts seconds since 1900, and a seek says from when."""

    def __init__(self, spec, clips, footage, role=None):
        super().__init__()
        self._spec, self._clips, self._footage = spec, clips, footage
        self.set_replay_support(True)
        self.set_media_gtype(GstRtspServer.RTSPOnvifMedia.__gtype__)
        if role is not None:
            allow(self, role)

    def do_create_element(self, _url):
        chain = f"{PAYLOADERS[self._spec.codec]} pt=96 config-interval=0 ! rtponviftimestamp set-e-bit=true set-t-bit=true ntp-offset=0"
        element, payloader = Gst.Bin.new(None), Gst.parse_bin_from_description(chain, True)
        source = Gst.ElementFactory.make("appsrc", "source")
        for name, value in (("format", Gst.Format.TIME), ("stream-type", 1), ("max-bytes", 500_000)):
            source.set_property(name, value)
        payloader.set_name("pay0")  # a bin, because the time stamper is no payloader, and the server looks for one
        element.add(source)
        element.add(payloader)
        source.link(payloader)
        _source(element, self._spec)
        _Seekable(source, self._spec, self._clips, self._footage)
        return element

    def do_has_replay_support(self):
        return True


class _Seekable:
    """Pushes from wherever it was sought to; always in the thread that asks for more, so that a seek finds nothing old on its way."""

    def __init__(self, source, spec, clips, footage):
        self._spec, self._clips, self._footage = spec, clips, footage
        self._frames = iter(())
        self._begin(footage.since_s)
        source.set_property("duration", round((time.time() + NTP_EPOCH_S) * Gst.SECOND))
        source.connect("seek-data", self._seek)
        source.connect("need-data", self._need)

    def _begin(self, from_s):
        # GStreamer's time stamper takes nothing from before what was asked for.
        self._frames = pictures(self._spec, self._clips, max(from_s, self._footage.since_s), time.time(), self._footage, step=1)

    def _seek(self, _source, offset):
        self._begin(offset / Gst.SECOND - NTP_EPOCH_S)
        return True

    def _need(self, source, _length):
        some = list(itertools.islice(self._frames, int(self._spec.fps)))
        for at_s, frame in some:
            source.emit("push-buffer", _buffer(frame, at_s + NTP_EPOCH_S, self._spec.fps))
        if not some:
            source.emit("end-of-stream")
