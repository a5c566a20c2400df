"""The stream probe: sizes from real parameter sets, packets, and servers that refuse, break off or say nonsense."""

import asyncio
import json
import subprocess

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils import rtsp
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import Unsupported
from ansible_collections.motcua.cctv.plugins.plugin_utils.rtp import Counter, Packet, begins_whole_picture, packet, parameter_set, video
from ansible_collections.motcua.cctv.plugins.plugin_utils.sps import size
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.far import program
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.probe import probe
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.reach import PROBE
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.wire import FACTORY, SYSTEM_PYTHON, emulated, free_port

# Made with x264 and x265; ffprobe says the same sizes of them.
SETS = [
    ("h264", "6742c028d900780227e5c044000003000400000300283c60c920", (1920, 1080)),
    ("h264", "674d401feca02802dd80880000030008000003005078c18cb0", (1280, 720)),
    ("h264", "67640016acd940a02ff930110000030001000003000a0f162d96", (640, 362)),  # cropped from 368
    ("h264", "67f40028919b280f0044fc4e022000000300200000030141e30632c0", (1920, 1080)),  # 4:4:4
    ("h264", "67640016acd940b424d8088000000300800000050f8a14cb", (720, 576)),  # interlaced
    ("h265", "42010101600000030090000003000003005da00280802d165959a4932bc05a020000030002000003000a10", (1280, 720)),
    ("h265", "42010101600000030090000003000003003fa005020171f265959a4932bc05a020000003002000000300a1", (640, 362)),
    ("h265", "420101016000000300900000030000030078a003c08010e596566924caf016808000000300800000030284", (1920, 1080)),
]
H264, H265 = bytes.fromhex(SETS[0][1]), bytes.fromhex(SETS[5][1])


@pytest.mark.parametrize(("codec", "text", "expected"), SETS)
def test_a_parameter_set_has_a_size(codec, text, expected):
    assert size(codec, bytes.fromhex(text)) == expected


@pytest.mark.parametrize(("codec", "nal"), [("h264", b""), ("h264", H265), ("h265", H264), ("h264", H264[:5]), ("h265", H265[:20]), ("h264", b"\x67" + b"\0" * 40)])  # fmt: skip
def test_what_is_no_parameter_set_is_a_mistake(codec, nal):
    with pytest.raises(ValueError, match="parameter set"):
        size(codec, nal)


@given(st.sampled_from(["h264", "h265"]), st.binary(max_size=200))
def test_any_bytes_are_a_size_or_a_mistake(codec, data):
    try:
        width, height = size(codec, data)
    except ValueError:
        return
    assert width > 0
    assert height > 0


def rtp(payload, marker=False, csrc=0, extension=b"", padding=0):
    head = bytes([0x80 | (0x20 if padding else 0) | (0x10 if extension else 0) | csrc, (0x80 if marker else 0) | 96]) + bytes(10)
    more = b"\xbe\xde" + (len(extension) // 4).to_bytes(2, "big") + extension if extension else b""
    end = bytes(padding - 1) + bytes([padding]) if padding else b""
    return head + bytes(4 * csrc) + more + payload + end


@pytest.mark.parametrize(
    "more", [{}, {"csrc": 2}, {"extension": b"abcdefgh"}, {"padding": 4}, {"csrc": 1, "extension": b"abcd", "padding": 3}]
)
def test_a_packets_own_bytes_are_not_counted(more):
    assert packet(rtp(b"picture", **more)).payload == b"picture"


def test_a_packet_says_whether_its_picture_ends():
    assert [packet(rtp(b"x", marker)).last for marker in (True, False)] == [True, False]
    assert packet(b"short").payload == b""


@pytest.mark.parametrize(
    ("codec", "payload", "expected"),
    [
        ("h264", H264, H264),
        ("h264", b"\x78\x00\x02\x09\xf0" + len(H264).to_bytes(2, "big") + H264, H264),  # behind a delimiter in one packet
        ("h265", H265, H265),
        ("h265", b"\x60\x01\x00\x03\x46\x01\x50" + len(H265).to_bytes(2, "big") + H265, H265),
        ("h264", b"\x65\x88", None),
        ("h264", b"\x78\xff\xff\x67", b"\x67"),
        ("mjpeg", b"\x67", None),
        ("h264", b"", None),
    ],
)
def test_a_parameter_set_is_found_among_the_packets(codec, payload, expected):
    assert parameter_set(codec, payload) == expected


@pytest.mark.parametrize(
    ("codec", "payload", "expected"),
    [
        ("h264", b"\x65\x88\x00", True),
        ("h264", b"\x67\x42\x00", True),
        ("h264", b"\x61\x9a\x00", False),
        ("h264", b"\x7c\x85\x00", True),  # the first piece of an IDR slice
        ("h264", b"\x7c\x05\x00", False),  # a later one
        ("h264", b"\x7c\x81\x00", False),
        ("h264", b"\x78\x00\x02\x67\x42\x00\x02\x68\xce", True),
        ("h265", b"\x26\x01\xaf", True),
        ("h265", b"\x02\x01\xd0", False),
        ("h265", b"\x62\x01\x93", True),
        ("h265", b"\x62\x01\x13", False),
        ("mjpeg", b"\x65\x88\x00", False),
        ("h264", b"", False),
    ],
)
def test_whether_a_picture_needs_no_other(codec, payload, expected):
    assert begins_whole_picture(codec, payload) is expected


def counted(seconds, gop=50, fps=25, whole_bytes=60_000, other_bytes=2_000, phase=1):
    """Two packets a picture, of which each ``gop``-th needs no other; what a counter says of it."""
    counter = Counter(begun=0.0)
    for number in range(round(seconds * fps)):
        whole = number % gop == phase
        half = bytes((whole_bytes if whole else other_bytes) // 2)
        counter.add((number + 1) / fps, Packet(half, last=False), whole=whole)
        counter.add((number + 1) / fps, Packet(half, last=True), whole=whole)
    return counter


@pytest.mark.parametrize("phase", [1, 20, 49])
@pytest.mark.parametrize("seconds", [6.1, 10.0, 11.9])
def test_the_rate_is_the_same_wherever_the_span_begins(seconds, phase):
    found = counted(seconds, phase=phase)
    assert found.kbps == pytest.approx((60_000 + 49 * 2_000) * 8 / 2 / 1000, rel=0.01)  # a group takes two seconds
    assert found.fps == 25


def test_a_span_without_two_whole_pictures_is_counted_as_it_is():
    assert counted(4, gop=1000).kbps == pytest.approx((60_000 + 99 * 2_000) * 8 / 4 / 1000, rel=0.01)


URL = "rtsp://192.168.1.64:554/a?b=1"
SDP = "v=0\r\na=control:*\r\nm=audio 0 RTP/AVP 0\r\na=control:track2\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\na=control:{}\r\n"


@pytest.mark.parametrize(
    ("control", "base", "expected"),
    [
        ("trackID=1", "rtsp://192.168.1.64:554/a?b=1/", "rtsp://192.168.1.64:554/a?b=1/trackID=1"),
        ("trackID=1", "rtsp://10.0.0.9/other/", "rtsp://192.168.1.64:554/other/trackID=1"),  # only the path is believed
        ("rtsp://10.0.0.9:99/x/y", "rtsp://192.168.1.64:554/a/", "rtsp://192.168.1.64:554/x/y"),
        ("*", "rtsp://192.168.1.64:554/a/", "rtsp://192.168.1.64:554/a/"),
    ],
)
def test_a_description_says_where_its_video_is_controlled(control, base, expected):
    found = video(SDP.format(control), base, URL)
    assert (found.codec, found.control) == ("h265", expected)


def test_a_description_without_video_is_said():
    with pytest.raises(Unsupported, match="no video"):
        video("v=0\r\nm=audio 0 RTP/AVP 0\r\n", URL, URL)
    assert video("v=0\r\nm=video 0 RTP/AVP 26\r\n", URL, URL).codec == "mjpeg"


# --- servers ---


def job(port, **changes):
    return {"address": "127.0.0.1", "port": port, "path": "/a", "user": "admin", "password": "Secret-7", "seconds": 0.2} | changes


def watched(answers, jobs=1):
    """What is said of a server's stream that gives these answers, one to each request; and the requests."""
    requests = []

    async def serve(reader, writer):
        mine = list(answers)
        try:
            while mine:
                requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
                writer.write(mine.pop(0))
                await writer.drain()
            await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await probe([job(port)] * jobs, asyncio.open_connection)

    return asyncio.run(main()), requests


ASKS = b'RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\n\r\n'
DESCRIBED = SDP.format("t").encode()
GOOD = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: %d\r\n\r\n" % len(DESCRIBED) + DESCRIBED
SETUP = b"RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: 7;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=2-3\r\n\r\n"
PLAYS = b"RTSP/1.0 200 OK\r\nCSeq: 4\r\nSession: 7\r\n\r\n"


def interleaved(channel, content):
    return b"$" + bytes([channel]) + len(content).to_bytes(2, "big") + content


@pytest.mark.parametrize(
    ("answers", "words", "asked"),
    [
        ([ASKS, ASKS], "refuses the login that the device takes; nothing more is tried", 2),
        ([b'RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm="r"\r\n\r\n'], "the password isn't sent in clear", 1),
        ([ASKS.replace(b'nonce="n"', b'nonce="n", algorithm=SHA-512')], "digest SHA-512", 1),
        ([b"RTSP/1.0 404 Not Found\r\n\r\n"], "no such stream", 1),
        ([b"RTSP/1.0 453 Not Enough Bandwidth\r\n\r\n"], "answers 453 to DESCRIBE", 1),
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "doesn't speak RTSP", 1),
        ([b"RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n"], "none of a camera's", 1),
        ([b"x" * 200_000], "breaks off", 1),
        ([ASKS, GOOD, SETUP, PLAYS], "is silent", 4),
    ],
)
def test_a_server_that_gives_no_video_is_said_in_a_sentence(monkeypatch, answers, words, asked):
    monkeypatch.setattr(rtsp, "PACKET_SECONDS", 0.3)
    (found,), requests = watched(answers)
    assert words in found["why"]
    assert len([one for one in requests if not one.startswith("TEARDOWN")]) == asked
    assert not [one for one in requests if "Secret-7" in one]


def test_a_server_that_breaks_off_is_said():
    async def main():
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        async with server:
            return await probe([job(server.sockets[0].getsockname()[1])], asyncio.open_connection)

    assert asyncio.run(main()) == [{"why": "the stream's server breaks off; look at the device, or try again"}]
    assert "doesn't answer" in asyncio.run(probe([job(free_port())], asyncio.open_connection))[0]["why"]


def test_only_the_videos_packets_count_and_the_size_may_come_with_them(monkeypatch):
    monkeypatch.setattr(rtsp, "SETTLE_SECONDS", 0.0)
    piece = interleaved(2, rtp(bytes([0x02, 0x01]) + bytes(998), marker=True))
    sound, parameters = interleaved(0, rtp(bytes(1000))), interleaved(2, rtp(H265))
    requests = []

    async def serve(reader, writer):
        for answer in (ASKS, GOOD, SETUP, sound + PLAYS):
            requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(answer)
        while not reader.at_eof() and not writer.is_closing():
            writer.write(sound + parameters + piece)
            await asyncio.sleep(0.02)  # a camera's frame clock

    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            return await probe([job(server.sockets[0].getsockname()[1], seconds=0.6)], asyncio.open_connection)

    (found,) = asyncio.run(main())
    assert (found["codec"], found["width"], found["height"]) == ("h265", 1280, 720)
    a_picture_kbit = (1000 + len(H265)) * 8 / 1000
    assert found["bitrate_kbps"] == pytest.approx(found["fps"] * a_picture_kbit, rel=0.05)
    assert 25 < found["fps"] < 55
    assert [request.split()[0] for request in requests] == ["DESCRIBE", "DESCRIBE", "SETUP", "PLAY"]
    assert requests[2].startswith("SETUP rtsp://127.0.0.1:")
    assert "Session: 7\r\n" in requests[3]


def test_a_login_that_one_stream_refuses_is_not_tried_for_the_others():
    found, requests = watched([ASKS, ASKS], jobs=3)
    assert len({one["why"] for one in found}) == 1
    assert len(found) == 3
    assert len(requests) == 2


def test_it_runs_alone_as_at_a_router_and_names_no_secret_to_anybody(tmp_path):
    with emulated("hikvision-camera", tmp_path) as camera:
        asked = job(camera.ports["rtsp"], path="/Streaming/Channels/103", password=FACTORY[1], seconds=1)
        command = [SYSTEM_PYTHON, "-I", "-"]
        done = subprocess.run(command, input=program(PROBE, {"jobs": [asked]}), capture_output=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, b"")
    (found,) = json.loads(done.stdout)
    assert (found["codec"], found["width"], found["height"]) == ("h264", 640, 360)
    assert FACTORY[1].encode() not in done.stdout
