"""The RTSP side: GStreamer's server with digest authentication, sending what the device is set to now."""

import socket
import tempfile
import threading
import time
import warnings

from tests.emulators.clips import frames
from tests.emulators.gstreamer import GLib, Gst, GstRtsp, GstRtspServer, MediaFactory
from tests.emulators.replay import allow

# The bindings take the signal send-message's context for an object, and say so; we don't use it.
warnings.filterwarnings("ignore", message="g_value_get_object")

ROLE = "viewer"
# A viewer whose line was cut says nothing more: after this long without an acknowledgement its session ends. Linux' own way of asking it.
TCP_USER_TIMEOUT, DEAD_VIEWER_MS = 18, 30_000
PAYLOADERS = {"H.264": "h264parse ! rtph264pay", "H.265": "h265parse ! rtph265pay"}


class _Factory(MediaFactory):
    """Makes a pipeline for each viewer: in one that all share, GStreamer waits for a viewer who is gone, and the others see nothing."""

    def __init__(self, launch, feed):
        super().__init__()
        self._launch, self._feed = launch, feed
        allow(self, ROLE)

    def do_create_element(self, url):
        path = f"{url.abspath}?{url.query}" if url.query else url.abspath
        element = Gst.parse_launch(self._launch(path))
        source = element.get_by_name("source")
        if source is not None:
            self._feed(source, path)
        return element


class Rtsp:
    """``streams`` gives Specs by path, ``upstream`` an address by path for what is only passed on; ``accounts`` gives half digests by name.

    ``footage`` gives factories of what was recorded, by path; ``onvif`` is a server that replays it by the clock.
    """

    def __init__(self, address, port, clips, streams, accounts, realm, upstream=dict, footage=lambda _role: {}, onvif=False):
        Gst.init(None)
        self._footage, self._kind = footage, GstRtspServer.RTSPOnvifServer if onvif else GstRtspServer.RTSPServer
        self._clips, self._streams, self._accounts, self._realm, self._upstream = clips, streams, accounts, realm, upstream
        self._address, self._port = address, port
        self._loop = GLib.MainLoop()
        self._server, self._source = None, 0
        self._paths = set()
        threading.Thread(target=self._loop.run, daemon=True).start()

    def start(self):
        """Listen; again after stop."""
        self._in_loop(self._start)

    def relocate(self, address):
        """Listen at another address from the next start on."""
        self._address = address

    def stop(self):
        """Stop listening and drop everybody."""
        self._in_loop(self._stop)

    def refresh(self):
        """Settings changed: the encoder restarts, so everybody drops; accounts and paths are read again."""
        self._in_loop(self._refresh)

    def reseat(self):
        """Accounts changed: they are read again, and sessions that were let in go on."""
        self._in_loop(self._reseat)

    def _in_loop(self, call):
        done = threading.Event()

        def once():
            try:
                call()
            finally:
                done.set()
            return False

        GLib.idle_add(once)
        done.wait(10)

    def _start(self):
        if self._server is not None:
            return
        self._server = self._kind()
        self._server.set_address(self._address)
        self._server.set_service(str(self._port))
        self._server.connect("client-connected", self._welcome)
        self._paths = set()
        self._settle()
        self._source = self._server.attach(None)

    def _welcome(self, _server, client):
        client.connect("send-message", self._as_inside)
        client.get_connection().get_read_socket().set_option(socket.IPPROTO_TCP, TCP_USER_TIMEOUT, DEAD_VIEWER_MS)

    def _as_inside(self, _client, _session, message):
        """Addresses in answers are the device's own, whatever address translation stands between it and the client."""
        field = GstRtsp.RTSPHeaderField.CONTENT_BASE
        found, base = message.get_header(field, 0)
        if found == GstRtsp.RTSPResult.OK:
            message.remove_header(field, -1)
            message.add_header(field, f"rtsp://{self._address}:{self._port}/{base.split('/', 3)[3]}")

    def _stop(self):
        if self._server is None:
            return
        GLib.source_remove(self._source)
        self._drop()
        self._server = None

    def _refresh(self):
        if self._server is not None:
            self._drop()
            self._settle()

    def _reseat(self):
        if self._server is not None:
            self._settle()

    def _drop(self):
        self._server.client_filter(lambda _server, _client: GstRtspServer.RTSPFilterResult.REMOVE)

    def _settle(self):
        auth = GstRtspServer.RTSPAuth()
        self._digest(auth)
        self._server.set_auth(auth)
        mounts = self._server.get_mount_points()
        paths = {path.split("?", 1)[0] for path in self._streams()}
        for path in paths - self._paths:
            mounts.add_factory(path, _Factory(self._launch, self._feed))
        for path in self._paths - paths:
            mounts.remove_factory(path)
        for path, factory in self._footage(ROLE).items():
            mounts.add_factory(path, factory)
        self._paths = paths

    def _digest(self, auth):
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.set_realm(self._realm)
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", ROLE)
        with tempfile.NamedTemporaryFile("w", suffix=".htdigest") as file:
            file.write("".join(f"{user}:{self._realm}:{hashed}\n" for user, hashed in self._accounts().items()))
            file.flush()
            auth.parse_htdigest(file.name, token)

    def _launch(self, path):
        spec, upstream = self._streams()[path], self._upstream().get(path)
        payloader = f"{PAYLOADERS[spec.codec]} name=pay0 pt=96 config-interval=-1"
        if upstream is None:
            return f"( appsrc name=source is-live=true format=time max-bytes=4000000 ! {payloader} )"
        depay = "rtph265depay" if spec.codec == "H.265" else "rtph264depay"
        address, user, password = upstream
        source = f'rtspsrc location="{address}" user-id="{user}" user-pw="{password}" protocols=tcp latency=100'
        return f"( {source} ! {depay} ! {payloader} )"

    def _feed(self, source, path):
        spec = self._streams()[path]
        form = "video/x-h264" if spec.codec == "H.264" else "video/x-h265"
        source.set_property("caps", Gst.Caps.from_string(f"{form},stream-format=byte-stream,alignment=au,framerate={int(spec.fps)}/1"))
        pieces = frames(spec, self._clips)
        started = threading.Event()
        source.connect("need-data", lambda *_: started.set())

        def push():
            started.wait(30)
            begin, number, duration = time.monotonic(), 0, Gst.SECOND / spec.fps
            while True:
                buffer = Gst.Buffer.new_wrapped(pieces[number % len(pieces)])
                buffer.pts = buffer.dts = int(number * duration)
                buffer.duration = int(duration)
                if source.emit("push-buffer", buffer) != Gst.FlowReturn.OK:
                    return
                number += 1
                # A camera's frames come at its own pace: this is its frame clock.
                time.sleep(max(0.0, begin + number / spec.fps - time.monotonic()))

        threading.Thread(target=push, daemon=True).start()
