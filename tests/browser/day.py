"""What was recorded on a day, for the time line: live, a gap that was filled in, and a gap that wasn't."""

from datetime import UTC, datetime
from itertools import pairwise

PIECE_S = 60
# Minutes since 08:00 in the province; the live recorder stood still from minute 3 to 6, and minutes 3 and 4 came later from the recorder at the site.
SOURCES = {0: "live", 1: "live", 2: "live", 3: "backfill", 4: "backfill", 6: "live", 7: "live", 9: "live"}


class Day:
    """Begins at ``began_s``; ``folder`` holds piece ``N.ts`` for minute N, its clock counts from ``began_s``."""

    def __init__(self, folder, began_s):
        self.folder, self.began_s = folder, began_s

    def _pieces(self, from_s, until_s):
        for minute, source in SOURCES.items():
            at_s = self.began_s + minute * PIECE_S
            if at_s < until_s and at_s + PIECE_S > from_s:
                yield at_s, source

    def timeline(self, from_s, until_s):
        spans, gaps = [], []
        for at_s, source in self._pieces(from_s, until_s):
            if spans and spans[-1]["source"] == source and spans[-1]["until"] == at_s:
                spans[-1]["until"] = at_s + PIECE_S
            else:
                spans.append({"from": at_s, "until": at_s + PIECE_S, "source": source})
        edges = [(from_s, from_s), *((span["from"], span["until"]) for span in spans), (until_s, until_s)]
        gaps = [{"from": before[1], "until": after[0]} for before, after in pairwise(edges) if after[0] - before[1] > 2]
        return {"spans": spans, "gaps": gaps}

    def playlist(self, from_s, until_s):
        lines, last = (
            ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-PLAYLIST-TYPE:VOD", f"#EXT-X-TARGETDURATION:{PIECE_S}", "#EXT-X-MEDIA-SEQUENCE:0"],
            None,
        )
        for at_s, source in self._pieces(from_s, until_s):
            if last and last != (at_s - PIECE_S, source):
                lines.append("#EXT-X-DISCONTINUITY")
            stamp = datetime.fromtimestamp(at_s, UTC)
            name = f"{'backfill/' if source == 'backfill' else ''}{stamp:%Y%m%dT%H%M%SZ}.ts"
            lines += [f"#EXT-X-PROGRAM-DATE-TIME:{stamp:%Y-%m-%dT%H:%M:%S.000Z}", f"#EXTINF:{PIECE_S}.000,", name]
            last = (at_s, source)
        return "\n".join([*lines, "#EXT-X-ENDLIST", ""]) if last else ""

    def piece(self, name):
        at_s = datetime.strptime(name.split("/")[-1], "%Y%m%dT%H%M%SZ.ts").replace(tzinfo=UTC).timestamp()
        return (self.folder / f"{round((at_s - self.began_s) / PIECE_S)}.ts").read_bytes()
