"""Clients that nobody here wrote, as programs of their own, against the emulated devices: a mistake that emulator and engine share must not pass."""

import hashlib
import json
import re
import socket
import subprocess
import sys

import pytest

from tests.unit.wire import FACTORY, emulated

HIKVISIONAPI = """
import json, sys
from hikvisionapi import Client
port, user, password = sys.argv[1:]
client = Client(f"http://127.0.0.1:{port}", user, password)
before = client.System.deviceInfo(method="get")["DeviceInfo"]
client.System.deviceInfo(method="put", data=f'''<DeviceInfo version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">
<deviceName>Người lạ</deviceName><deviceID>{before["deviceID"]}</deviceID><model>{before["model"]}</model></DeviceInfo>'''.encode())
after = client.System.deviceInfo(method="get")["DeviceInfo"]
stream = client.Streaming.channels[101](method="get")["StreamingChannel"]
users = client.Security.users(method="get")["UserList"]["User"]
print(json.dumps({"before": before, "name": after["deviceName"], "codec": stream["Video"]["videoCodecType"], "users": users}))
"""

AMCREST = """
import json, sys
from amcrest import AmcrestCamera
port, user, password = sys.argv[1:]
camera = AmcrestCamera("127.0.0.1", int(port), user, password, retries_connection=1).camera
before = camera.machine_name
camera.command("configManager.cgi?action=setConfig&General.MachineName=Ng%C6%B0%E1%BB%9Di%20l%E1%BA%A1")
print(json.dumps({
    "type": camera.device_type.strip(), "serial": camera.serial_number.strip(), "version": str(camera.software_information),
    "before": before.strip(), "name": camera.machine_name.strip(), "encode": camera.encode_media, "time": str(camera.current_time),
    "users": camera.users_all if hasattr(camera, "users_all") else camera.user_info_all if hasattr(camera, "user_info_all") else "",
}))
"""


def program(source, *arguments):
    """What a stranger's program prints."""
    done = subprocess.run([sys.executable, "-c", source, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_hikvisionapi_reads_and_writes_the_emulated_hikvision(tmp_path):
    with emulated("hikvision-camera", tmp_path) as camera:
        said = program(HIKVISIONAPI, camera.ports["http"], *FACTORY)
    assert said["before"]["model"] == camera.config["model"]
    assert said["before"]["@xmlns"] == "http://www.hikvision.com/ver20/XMLSchema"
    assert said["name"] == "Người lạ"
    assert said["codec"] == "H.264"
    assert said["users"]["userName"] == "admin"


def test_amcrest_reads_and_writes_the_emulated_dahua(tmp_path):
    with emulated("dahua-camera", tmp_path, model="KX-C4012", serial="3C0ABCDEF01234") as camera:
        said = program(AMCREST, camera.ports["http"], *FACTORY)
    assert (said["type"], said["serial"]) == ("KX-C4012", "3C0ABCDEF01234")
    assert "2.840" in said["version"] or camera.config["firmware"] in said["version"]
    assert said["name"] == "Người lạ"
    assert "table.Encode[0].MainFormat[0].Video.Compression=H.264" in said["encode"]


STREAMS = {
    "hikvision-camera": ("/Streaming/Channels/101", (2560, 1440)),
    "dahua-camera": ("/cam/realmonitor?channel=1&subtype=0", (2560, 1440)),
}


def probe(port, path, password, host="127.0.0.1"):
    url = f"rtsp://{FACTORY[0]}:{password}@{host}:{port}{path}"
    command = ["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-read_intervals", "%+1", "-count_frames", "-of", "json"]
    return subprocess.run(
        [*command, "-show_entries", "stream=codec_name,width,height,nb_read_frames", url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("kind", STREAMS)
def test_ffmpeg_decodes_the_stream_that_the_device_is_set_to(kind, tmp_path):
    path, (width, height) = STREAMS[kind]
    with emulated(kind, tmp_path) as camera:
        shown = probe(camera.ports["rtsp"], path, FACTORY[1])
        refused = probe(camera.ports["rtsp"], path, "not-this-1")
    assert shown.returncode == 0, shown.stderr
    (stream,) = json.loads(shown.stdout)["streams"]
    assert (stream["codec_name"], stream["width"], stream["height"]) == ("h264", width, height)
    assert int(stream["nb_read_frames"]) > 0
    assert refused.returncode != 0
    assert "401" in refused.stderr


def described(port, url):
    """What a device answers to an RTSP DESCRIBE with digest authentication (RFC 2069, as its challenge asks)."""
    with socket.create_connection(("127.0.0.1", port), 5) as connection:

        def ask(more=""):
            connection.sendall(f"DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n{more}\r\n".encode())
            return connection.recv(65536).decode()

        realm, nonce = re.search('realm="([^"]*)", nonce="([^"]*)"', ask()).groups()
        hashed = [hashlib.md5(text.encode()).hexdigest() for text in (f"{FACTORY[0]}:{realm}:{FACTORY[1]}", f"DESCRIBE:{url}")]
        response = hashlib.md5(f"{hashed[0]}:{nonce}:{hashed[1]}".encode()).hexdigest()
        return ask(
            f'Authorization: Digest username="{FACTORY[0]}", realm="{realm}", nonce="{nonce}", uri="{url}", response="{response}"\r\n'
        )


def test_addresses_in_answers_are_the_devices_own_and_ffmpeg_can_live_with_it(tmp_path):
    """A client behind an address translation asks for one address and is told another."""
    with emulated("hikvision-camera", tmp_path) as camera:
        port, path = camera.ports["rtsp"], "/Streaming/Channels/101"
        answer = described(port, f"rtsp://10.64.2.64:{port}{path}")
        shown = probe(port, path, FACTORY[1], host="localhost")
    assert f"Content-Base: rtsp://127.0.0.1:{port}{path}/\r\n" in answer
    assert shown.returncode == 0, shown.stderr
