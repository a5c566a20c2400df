"""Runs on the storage centre: tunnels, recordings and streams as they are, as one JSON document. Standard library only.

Argument: the recorder's settings as JSON ``{interface, root, live_root, seconds, cameras: [name]}``.
"""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def run(*command, timeout=60):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", "timed out")


def tunnels(interface):
    """Public key -> seconds since the last handshake, None when there never was one."""
    lines = run("wg", "show", interface, "latest-handshakes").stdout.splitlines()
    now = time.time()
    return {key: (now - int(at) if int(at) else None) for key, at in (line.split() for line in lines)}


def newest(folder):
    files = sorted(Path(folder).rglob("*.ts"), key=lambda path: path.stat().st_mtime)
    return files[-1] if files else None


def decode(file):
    """Decode a whole file; the number of frames, its duration and what the decoder complained of."""
    shown = run(
        "ffprobe", "-v", "error", "-select_streams", "v:0", "-count_frames", "-of", "json",
        "-show_entries", "stream=codec_name,width,height,nb_read_frames:format=duration", str(file),
    )  # fmt: skip
    if shown.returncode:
        return {"error": shown.stderr.strip() or "not readable"}
    document = json.loads(shown.stdout)
    stream = (document.get("streams") or [{}])[0]
    return {
        "codec": {"hevc": "h265"}.get(stream.get("codec_name"), stream.get("codec_name")),
        "width": stream.get("width"),
        "height": stream.get("height"),
        "frames": int(stream.get("nb_read_frames", 0)),
        "duration_s": float(document.get("format", {}).get("duration", 0)),
        "complaints": shown.stderr.strip(),
    }


def live(folder):
    """The finished live pieces of a camera, joined and decoded."""
    playlist = Path(folder) / "index.m3u8"
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
    root, cameras = Path(wish["root"]), wish["cameras"]
    before = {name: newest(root / name) for name in cameras}
    sizes = {name: (path.stat().st_size if path else 0) for name, path in before.items()}
    since = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        streams = dict(zip(cameras, pool.map(lambda name: live(Path(wish["live_root"]) / name), cameras), strict=True))
    time.sleep(max(0.0, wish["seconds"] - (time.monotonic() - since)))
    recordings = {}
    for name in cameras:
        path = newest(root / name)
        grown = path is not None and (path != before[name] or path.stat().st_size > sizes[name])
        finished = [file for file in sorted((root / name).rglob("*.ts")) if file != path]
        shown = decode(finished[-1] if finished else path) if path else {"error": "there is no recording"}
        recordings[name] = {"file": str(path), "grown": grown, **shown}
    print(json.dumps({"tunnels": tunnels(wish["interface"]), "streams": streams, "recordings": recordings, "now": time.time()}))


main()
