"""At the storage centre: `whole.py CAMERA FROM UNTIL`: decode every piece of a camera between two times; what is missing, as JSON."""

import hashlib
import json
import subprocess
import sys

sys.path.insert(0, "/usr/local/lib/motcua")

from footage import settings
from footage.library import Library


def main(camera, from_s, until_s):
    """The gaps, the pieces that a decoder complains of or that aren't what was entered, and all that are listed."""
    with Library(settings.load()) as library:
        gaps = library.gaps(camera, from_s, until_s)
        found = library.segments(camera, from_s, until_s)
    broken, sources, listed = [], {}, []
    for shard, one in found:
        listed.append(one.path)
        if hashlib.sha256((shard / one.path).read_bytes()).hexdigest() != one.sha256:
            broken.append([one.path, "is another file than was entered"])
        sources[one.source] = sources.get(one.source, 0) + 1
        # In the stream's own time: a busy machine's pictures may follow each other closer than a frame at the nominal rate.
        decode = ("ffmpeg", "-v", "level+error", "-i", str(shard / one.path), "-enc_time_base", "-1", "-f", "null", "-")
        ran = subprocess.run(decode, capture_output=True, text=True, check=False)
        if ran.returncode or "[error]" in ran.stderr:
            broken.append([one.path, ran.stderr[:200]])
    print(json.dumps({"gaps": gaps, "broken": broken, "sources": sources, "listed": listed}))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
