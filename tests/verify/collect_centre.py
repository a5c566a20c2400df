"""Runs on the storage centre: tunnels, recordings and streams as they are, as one JSON document. Standard library only.

Argument: the recorder's settings as JSON ``{shards, live_root, seconds, cameras: [name], tunnels: {address: mtu}}``.
"""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

DECODED_SECONDS = 4
FIRST_PICTURE_SECONDS = 60
AT_ONCE = 2
NO_COMPLAINT = "Warning: using insecure memory!"  # libgcrypt's, where memory can't be locked; it has nothing to do with pictures


def run(*command, timeout=60):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", "timed out")


def tunnels():
    """Public key -> seconds since the last handshake, None when there never was one."""
    lines = run("wg", "show", "all", "latest-handshakes").stdout.splitlines()
    now = time.time()
    return {key: (now - int(at) if int(at) else None) for _, key, at in (line.split() for line in lines)}


def passes(address, mtu):
    """The largest IP packet in bytes that a site answers, of the planned size and some smaller ones; None when it answers none.

    It is asked from here: a line that swallows large packets may let no login of ours to its router through.
    """
    for size in (mtu, 1320, 1280, 1200, 576):
        # A full line may lose one; a black hole loses all of a size.
        ping = ("ping", "-n", "-c", "1", "-W", "2", "-M", "do", "-s", str(size - 28), address)
        if size <= mtu and any(" 1 received" in run(*ping).stdout for _ in range(3)):
            return size
    return None


def newest_two(shards, camera):
    """The last finished piece and the one that grows, which their names put in order; fewer when there are fewer."""
    pieces = [path for shard in shards for folder in (camera, f".incoming/{camera}") for path in Path(shard, folder).glob("*.ts")]
    return sorted(pieces, key=lambda path: path.name)[-2:]


def size(path):
    """Bytes; none of a piece that was just put in its place."""
    return path.stat().st_size if path is not None and path.exists() else 0


def decode(file):
    """The number of frames of a whole file and its duration, and what the decoder says to the first seconds of it."""
    shown = run(
        "ffprobe", "-v", "error", "-select_streams", "v:0", "-count_packets", "-of", "json",
        "-show_entries", "stream=codec_name,width,height,nb_read_packets:format=duration", str(file),
    )  # fmt: skip
    if shown.returncode:
        return {"error": shown.stderr.strip() or "not readable"}
    document = json.loads(shown.stdout)
    stream = (document.get("streams") or [{}])[0]
    command = ["ffmpeg", "-nostdin", "-v", "error", "-t", str(DECODED_SECONDS), "-i", str(file), "-an", "-f", "framehash", "-"]
    decoded = run(*command)
    return {
        "codec": {"hevc": "h265"}.get(stream.get("codec_name"), stream.get("codec_name")),
        "width": stream.get("width"),
        "height": stream.get("height"),
        "frames": int(stream.get("nb_read_packets", 0)),
        "duration_s": float(document.get("format", {}).get("duration", 0)),
        "decoded": sum(not line.startswith("#") for line in decoded.stdout.splitlines()),
        "complaints": "\n".join(line for line in decoded.stderr.splitlines() if line != NO_COMPLAINT),
    }


def live(folder, begun):
    """The finished live pieces of a camera, joined and decoded; right after a rollout the first ones may still be on their way."""
    playlist = Path(folder) / "index.m3u8"
    while not playlist.exists() and time.monotonic() < begun + FIRST_PICTURE_SECONDS:
        time.sleep(1)
    try:
        names = [line for line in playlist.read_text().splitlines() if line and not line.startswith("#")]
        pieces = [(Path(folder) / name).read_bytes() for name in names[-3:]]
    except OSError as error:
        return {"error": str(error)}
    joined = Path("/run") / f"motcua-verify-{Path(folder).name}.ts"
    joined.write_bytes(b"".join(pieces))
    try:
        return decode(joined)
    finally:
        joined.unlink()


def main():
    wish = json.loads(sys.argv[1])
    shards, cameras = wish["shards"], wish["cameras"]
    before = {name: (newest_two(shards, name) or [None])[-1] for name in cameras}
    sizes = {name: size(path) for name, path in before.items()}
    since = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        streams = dict(zip(cameras, pool.map(lambda name: live(Path(wish["live_root"]) / name, since), cameras), strict=True))
    time.sleep(max(0.0, wish["seconds"] - (time.monotonic() - since)))

    def recording(name):
        pieces = newest_two(shards, name)
        if not pieces:
            return {"error": "there is no recording"}
        grown = pieces[-1] != before[name] or size(pieces[-1]) > sizes[name]
        decoded = decode(pieces[0])
        if "error" in decoded and not pieces[0].exists():  # meanwhile it was put in its place
            decoded = decode(newest_two(shards, name)[0])
        return {"file": str(pieces[-1]), "grown": grown, **decoded}

    with ThreadPoolExecutor(AT_ONCE) as pool:
        recordings = dict(zip(cameras, pool.map(recording, cameras), strict=True))
    found = {"tunnels": tunnels(), "streams": streams, "recordings": recordings, "now": time.time()}
    print(json.dumps(found | {"passes_bytes": {address: passes(address, mtu) for address, mtu in wish["tunnels"].items()}}))


main()
