"""Playback over RTSP (RFC 2326) on one TCP connection, by a client of our own: no password goes out in clear or in an address."""

import base64
import binascii
import re
import socket
import time

from .digest import response
from .errors import Garbled, LoginRefused, Trouble, Unreachable
from .found import rewritten
from .rtp import Pictures
from .web import digest_only

CONNECT_S, SILENT_S = 5, 10
MAXIMUM_BYTES = 65536
OK, UNAUTHORIZED = 200, 401
CODECS = {"H264": "h264", "H265": "h265", "HEVC": "h265"}


class Pace:
    """Reads no faster than a share of the line: what isn't read waits at the device, whose sending TCP holds back."""

    def __init__(self, kbps):
        self._bytes_s, self._begun, self._read = kbps * 125, time.monotonic(), 0

    def read(self, count):
        """So much was read; returns when more may be."""
        self._read += count
        ahead_s = self._begun + self._read / self._bytes_s - time.monotonic()
        if ahead_s > 0.02:
            time.sleep(ahead_s)
        elif ahead_s < -1:  # the device is slower than the share: it doesn't save up for later
            self._begun, self._read = time.monotonic(), 0


def pictures(device, camera, play, from_s, pace):
    """(codec, pictures one by one) of an interval; ``from_s`` is when its first picture was taken, where packets don't say it.

    The pictures end when the device ends or is silent.

    :raises LoginRefused: when it refuses the login.
    :raises Trouble: when it plays nothing.
    """
    session = _Session(device, rewritten(play.uri, device.host, device.rtsp_port), pace)
    try:
        codec, found = session.begin(play, from_s)
    except (OSError, EOFError) as error:
        session.close()
        raise Unreachable(f"{camera}: {device.name} doesn't play its footage ({error or 'it hangs up'}); look at the line") from None
    except Trouble:
        session.close()
        raise
    return codec, session.pictures(found)


class _Session:
    def __init__(self, device, uri, pace):
        self._device, self._uri, self._pace = device, uri, pace
        self._asked, self._session, self._number = None, None, 0
        self._socket = self._file = None
        self._channel = 0

    def begin(self, play, from_s):
        """Describe, set up, play; what turns packets into pictures."""
        self._socket = socket.create_connection((self._device.host, self._device.rtsp_port), timeout=CONNECT_S)
        self._socket.settimeout(SILENT_S)
        # A small window: what the device may send ahead of what was read comes out of the line's share, too.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 17)
        self._file = self._socket.makefile("rb")
        replay = {key: value for key, value in play.headers.items() if key == "Require"}
        headers, body = self._ask("DESCRIBE", self._uri, {"Accept": "application/sdp"})
        codec, rate, sets, control, whole = self._description(body, headers.get("content-base", [self._uri])[0])
        headers, _ = self._ask("SETUP", control, {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1", **replay})
        self._session = headers.get("session", [""])[0].split(";")[0].strip()
        channel = re.search(r"interleaved=(\d+)", headers.get("transport", [""])[0])
        self._channel = int(channel[1]) if channel else 0
        self._ask("PLAY", whole, {"Range": play.range, **play.headers})
        self._uri = whole
        return codec, Pictures(codec, rate, sets, from_s)

    def pictures(self, found):
        """Pictures until the device ends."""
        try:
            while True:
                packet = self._packet()
                if packet is None:
                    return
                picture = found.take(packet)
                if picture is not None:
                    yield picture
        except (OSError, EOFError):
            return  # it ends as devices do: it hangs up, or sends nothing more
        finally:
            self.close()

    def _packet(self):
        """The next RTP packet of the video, None where the device says good-bye, or nothing but its reports comes any more."""
        silent_s = time.monotonic() + SILENT_S
        while time.monotonic() < silent_s:
            first = self._read(1)
            if first != b"$":
                status, _, _ = self._answer(first)
                if status is None:
                    return None  # a request of the device's own: ANNOUNCE or TEARDOWN at the end of what was asked
                continue
            head = self._read(3)
            content = self._read(int.from_bytes(head[1:], "big"))
            self._pace.read(len(content) + 4)
            if head[0] == self._channel:
                return content
            if head[0] == self._channel + 1 and _says_bye(content):
                return None
        return None

    def _ask(self, method, uri, headers):
        status, answered, body = self._once(method, uri, headers)
        if status == UNAUTHORIZED and self._asked is None:
            self._asked = digest_only(answered.get("www-authenticate", []))
            if self._asked is None:
                raise LoginRefused(
                    f"{self._device.name}: its RTSP offers no digest login, and the password isn't sent in clear; switch digest on"
                )
            status, answered, body = self._once(method, uri, headers)
        if status == UNAUTHORIZED:
            raise LoginRefused(
                f"{self._device.name}: its RTSP refuses the login of {self._device.user}; nothing more is tried this night. Run the rollout"
            )
        if status != OK:
            raise Trouble(f"{self._device.name}: answers {status} to {method} of its footage; look at the device")
        return answered, body

    def _once(self, method, uri, headers):
        self._number += 1
        lines = {"CSeq": self._number, "User-Agent": "motcua"}
        lines |= {"Session": self._session} if self._session else {}
        lines |= {"Authorization": response(self._asked, self._device.user, self._device.password, method, uri)} if self._asked else {}
        head = "".join(f"{key}: {value}\r\n" for key, value in {**lines, **headers}.items())
        self._socket.sendall(f"{method} {uri} RTSP/1.0\r\n{head}\r\n".encode())
        while True:
            first = self._read(1)
            if first != b"$":
                status, answered, body = self._answer(first)
                if status is not None:
                    return status, answered, body
                continue
            self._read(int.from_bytes(self._read(3)[1:], "big"))  # video that comes before the answer

    def _answer(self, first):
        """(status, headers, body) of an answer; a request's status is None."""
        head = first
        while not head.endswith(b"\r\n\r\n"):
            line = self._file.readline(MAXIMUM_BYTES)
            if not line or len(head) > MAXIMUM_BYTES:
                raise EOFError
            head += line
        lines = head.decode("utf-8", "replace").splitlines()
        match = re.match(r"RTSP/\d\.\d (\d{3})|[A-Z_]+ \S+ RTSP/", lines[0])
        if not match:
            raise Garbled(f"{self._device.name}: its RTSP port doesn't speak RTSP; look at what stands at this address")
        headers = {}
        for line in lines[1:]:
            key, _, value = line.partition(":")
            headers.setdefault(key.strip().lower(), []).append(value.strip())
        length = headers.get("content-length", ["0"])[0]
        if not length.isdecimal() or int(length) > MAXIMUM_BYTES:
            raise Garbled(f"{self._device.name}: its RTSP announces an answer that is none of a device's; look at it")
        return int(match[1]) if match[1] else None, headers, self._read(int(length)).decode("utf-8", "replace")

    def _read(self, count):
        content = self._file.read(count)
        if len(content) < count:
            raise EOFError
        return content

    def _description(self, text, base):
        """(codec, clock rate, parameter sets, what controls the video, what controls all) of a session description."""
        head, *sections = re.split(r"^m=", text, flags=re.MULTILINE)
        video = next((one for one in sections if one.startswith("video")), "")
        mapped = re.search(r"^a=rtpmap:\d+ ([\w.-]+)/(\d+)", video, re.MULTILINE)
        codec = CODECS.get(mapped[1].upper()) if mapped else None
        if codec is None:
            raise Garbled(
                f"{self._device.name}: plays {mapped[1] if mapped else 'no video'} and no H.264 or H.265; set the channel's codec"
            )
        names = r"sprop-(?:parameter-sets|vps|sps|pps)=([A-Za-z0-9+/=,]+)"
        texts = [one for found in re.findall(names, video) for one in found.split(",") if one]
        try:
            sets = [nal for nal in (base64.b64decode(one) for one in texts) if nal]
        except (ValueError, binascii.Error):
            sets = []
        return codec, int(mapped[2]) or 90_000, sets, self._control(video, base), self._control(head, base)

    def _control(self, section, base):
        """The address that controls a section; only its path is believed, because the host may be one behind an address translation."""
        named = re.search(r"^a=control:(\S+)", section, re.MULTILINE)
        control = named[1] if named else "*"
        whole = base if control == "*" else control if control.startswith("rtsp://") else base.rstrip("/") + "/" + control
        return "/".join([*self._uri.split("/", 3)[:3], *whole.split("/", 3)[3:]])

    def close(self):
        """Let go, politely where it plays."""
        if self._socket is None:
            return
        try:
            if self._session:
                self._number += 1
                head = f"TEARDOWN {self._uri} RTSP/1.0\r\nCSeq: {self._number}\r\nSession: {self._session}\r\n\r\n"
                self._socket.sendall(head.encode())
        except OSError:
            pass
        self._file.close()
        self._socket.close()
        self._socket = None


def _says_bye(content):
    """Whether an RTCP packet ends the stream (RFC 3550 section 6.6)."""
    at = 0
    while at + 4 <= len(content):
        if content[at + 1] == 203:
            return True
        at += 4 * (1 + int.from_bytes(content[at + 2 : at + 4], "big"))
    return False
