/**
 * Where the pieces of a recording lie: on the wall clock and in the player's time.
 * @param {string} text a VOD playlist with EXT-X-PROGRAM-DATE-TIME
 * @returns {{at: number, start: number, seconds: number}[]} `at` since 1970, `start` in the player
 */
export function pieces(text) {
  const found = [];
  let at = NaN;
  let seconds = 0;
  let start = 0;
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("#EXT-X-PROGRAM-DATE-TIME:")) at = Date.parse(line.slice(25)) / 1000;
    else if (line.startsWith("#EXTINF:")) seconds = parseFloat(line.slice(8));
    else if (line && !line.startsWith("#")) {
      found.push({ at, start, seconds });
      at += seconds;
      start += seconds;
    }
  }
  return found;
}

/** The player's time of an instant; in a gap that of the next picture, after the last one null. */
export function playerTime(list, instant) {
  const piece = list.find((one) => instant < one.at + one.seconds);
  return piece ? piece.start + Math.max(0, instant - piece.at) : null;
}

/** The instant that a player's time shows; null before there is any. */
export function instantOf(list, time) {
  const piece = list.findLast((one) => time >= one.start - 0.05) ?? list[0];
  return piece ? piece.at + Math.min(piece.seconds, Math.max(0, time - piece.start)) : null;
}
