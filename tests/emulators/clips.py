"""Real video in any codec, size, rate: encoded once with ffmpeg, kept by what it was made from, cut into its frames."""

import fcntl
import subprocess
from dataclasses import dataclass
from pathlib import Path

SECONDS = 8
ENCODERS = {"H.264": ("libx264", "h264_metadata=aud=insert", "h264"), "H.265": ("libx265", "hevc_metadata=aud=insert", "hevc")}
AUD = {"H.264": b"\x00\x00\x00\x01\x09", "H.265": b"\x00\x00\x00\x01\x46\x01"}  # access unit delimiter: NAL type 9, NAL type 35


@dataclass(frozen=True)
class Spec:
    """What a stream is set to."""

    codec: str
    width: int
    height: int
    fps: float
    kbps: int
    gop: int


def frames(spec, folder):
    """The access units of a clip of this kind."""
    data = _clip(spec, Path(folder)).read_bytes()
    mark = AUD[spec.codec]
    starts = []
    at = data.find(mark)
    while at >= 0:
        starts.append(at)
        at = data.find(mark, at + len(mark))
    return [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)], strict=True)]


def _clip(spec, folder):
    form = ENCODERS[spec.codec][2]
    name = f"{form}-{spec.width}x{spec.height}-{spec.fps:g}fps-{spec.kbps}k-gop{spec.gop}-{SECONDS}s.{form}"
    path = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # devices that want the same clip encode it once
        if not path.exists():
            _encode(spec, path)
    return path


def _encode(spec, path):
    encoder, filters, form = ENCODERS[spec.codec]
    making = path.with_suffix(".making")
    rate = f"{spec.kbps}k"
    source = f"testsrc2=size={spec.width}x{spec.height}:rate={spec.fps:g}:duration={SECONDS},noise=alls=12:allf=t"
    command = [
        "nice",
        "ffmpeg",
        "-v",
        "error",
        "-y",
        "-f",
        "lavfi",
        "-i",
        source,
        "-pix_fmt",
        "yuv420p",
        "-c:v",
        encoder,
        "-preset",
        "ultrafast",
    ]
    command += ["-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", rate, "-g", str(spec.gop), "-bf", "0"]
    if encoder == "libx264":
        command += ["-x264-params", f"keyint={spec.gop}:min-keyint={spec.gop}:scenecut=0:nal-hrd=cbr"]
    else:
        command += ["-x265-params", f"keyint={spec.gop}:min-keyint={spec.gop}:scenecut=0:repeat-headers=1:log-level=error:strict-cbr=1"]
    subprocess.run([*command, "-bsf:v", filters, "-f", form, str(making)], check=True)
    making.replace(path)
