import { causeWords, stateOf, stateWords } from "./state.js";
import { t } from "./words.js";

/** A line's state, whichever way it is written: a word, a truth value, or an object that holds one. */
function lineState(line) {
  const said = typeof line === "object" && line ? (line.state ?? line.up) : line;
  if (said === true || said === "up" || said === "live") return "up";
  if (said === false || said === "down" || said === "off") return "down";
  return "unknown";
}

/**
 * The province's state as rows of a table, one a unit that has cameras or lines.
 * @param {{sites: object, cameras: object}} state /state.json
 * @param {Map<string, string>} names of cameras by id
 */
export function rowsOf(state, names) {
  const cameras = Object.entries(state.cameras ?? {});
  return Object.entries(state.sites ?? {}).map(([id, site]) => {
    const own = cameras.filter(([, camera]) => camera.site === id);
    const is = (wanted) => own.filter(([, camera]) => stateOf(camera) === wanted).length;
    const lines = Object.entries(site.lines ?? {}).map(([line, seen]) => ({ line, state: lineState(seen) }));
    const bad = is("off") + is("stale");
    const changed = Math.max(0, ...own.map(([, camera]) => Date.parse(camera.since ?? "") / 1000 || 0));
    return {
      id,
      name: site.name ?? id,
      all: own.length,
      live: is("live"),
      unknown: is("unknown"),
      bad,
      recording: own.filter(([, camera]) => camera.recording === true).length,
      lines,
      linesDown: lines.filter(({ state: one }) => one !== "up").length,
      cause: site.cause ? causeWords(site.cause) : "",
      changed,
      trouble: own.filter(([, camera]) => stateOf(camera) !== "live").map(([camera, seen]) => `${names.get(camera) ?? camera}: ${stateWords(seen)}`),
    };
  });
}

/** How a unit is, in one phrase. */
export function verdict(row) {
  if (row.bad) return [t("province.some", { count: row.bad }), row.cause].filter(Boolean).join(", ");
  if (row.unknown) return t("province.unclear", { count: row.unknown });
  const down = row.lines.filter(({ state }) => state !== "up").map(({ line, state }) => `${line} ${t(`line.${state}`)}`);
  return down.length ? down.join(", ") : t("province.fine");
}

export const inTrouble = (row) => row.bad + row.unknown + row.linesDown > 0 || row.recording < row.all;
