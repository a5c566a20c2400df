"""Footage with a clock that a program can read: sixteen squares along the upper edge are the bits of the tenths of a second since it began."""

import subprocess
import time

SQUARE, BITS = 20, 16
READ_CLOCK = """video => {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth; canvas.height = 20;
  if (!canvas.width) return null;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(video, 0, 0, video.videoWidth, 20, 0, 0, video.videoWidth, 20);
  let tenths = 0;
  for (let bit = 0; bit < 16; bit++) if (context.getImageData(bit * 20 + 10, 10, 1, 1).data[1] > 127) tenths += 2 ** bit;
  return [tenths / 10, Date.now() / 1000];
}"""


def _clocked(rate, speed=()):
    bits = [
        f"drawbox=x={bit * SQUARE}:y=0:w={SQUARE}:h={SQUARE}:t=fill:color=white:enable='gte(mod(floor(t*10+0.01)/pow(2,{bit}),2),1)'"
        for bit in range(BITS)
    ]
    filters = ",".join([f"drawbox=x=0:y=0:w={BITS * SQUARE}:h={SQUARE}:t=fill:color=black", *bits])
    encoder = [
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-tune",
        "zerolatency",
        "-pix_fmt",
        "yuv420p",
        "-sc_threshold",
        "0",
        "-g",
        str(2 * rate),
    ]
    return ["nice", "-n", "10", "ffmpeg", "-nostdin", "-v", "error", *speed, "-f", "lavfi", "-i", f"testsrc2=size=640x360:rate={rate}", "-vf", filters, *encoder]  # fmt: skip


def live(folder):
    """A camera that streams into ``folder``; gives its process and when its clock stood at nought, in seconds since 1970 (at the latest)."""
    folder.mkdir(parents=True)
    began_s = time.time()
    hls = ["-f", "hls", "-hls_time", "2", "-hls_list_size", "8", "-hls_flags", "delete_segments+temp_file", "-hls_delete_threshold", "4"]
    process = subprocess.Popen([*_clocked(12, ["-re"]), *hls, "-hls_segment_filename", folder / "%09d.ts", folder / "index.m3u8"])
    deadline_s = began_s + 30
    while not (folder / "index.m3u8").exists():
        assert process.poll() is None and time.time() < deadline_s, "ffmpeg made no live picture"
        time.sleep(0.1)  # a file's appearance can't be awaited otherwise with what Python brings
    return process, began_s


def recorded(folder, minutes):
    """So many 60-second pieces of one recording, ``0.ts`` and on."""
    folder.mkdir(parents=True)
    cut = ["-t", str(60 * minutes), "-f", "segment", "-segment_time", "60", "-segment_format", "mpegts"]
    subprocess.run([*_clocked(2), *cut, folder / "%d.ts"], check=True)
    return folder


def until(condition, seconds, what):
    """Asks again and again, because pixels tell nobody when they change; gives what ``condition`` gave."""
    deadline_s = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline_s, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return found
