import { momentOf, now } from "./clock.js";
import { t } from "./words.js";

const EVERY_S = 5;
const OLD_S = 30;
const CAUSES = [
  "camera", "recorder", "recorder_or_switch", "switch", "camera_or_switch", "power",
  "line", "line_or_power", "provider", "centre", "router",
];

/**
 * A camera's state in words. What isn't known is said to be not known, never to be well.
 * @param {{state: string, since: string|null, cause: string|null}|undefined} seen
 */
export function stateWords(seen) {
  const since = seen?.since ? momentOf(Date.parse(seen.since) / 1000) : null;
  if (seen?.state === "live") return t("state.live");
  if ((seen?.state === "off" || seen?.state === "stale") && since)
    return t("state.cause", { state: t(`state.${seen.state}`, { since }), cause: causeWords(seen.cause) });
  return since ? t("state.unknown_since", { since }) : t("state.unknown");
}

export const causeWords = (cause) => t(CAUSES.includes(cause) ? `cause.${cause}` : "cause.none");

/** One of live, stale, off, unknown: anything else is unknown. */
export const stateOf = (seen) => (["live", "stale", "off"].includes(seen?.state) ? seen.state : "unknown");

/** Asks for the states of all cameras every 5 s and tells its listeners; what is too old or doesn't come makes every camera unknown. */
export class States {
  #api;
  #cameras = {};
  #written = null;
  #listeners = new Set();
  #timer = 0;

  constructor(api) {
    this.#api = api;
  }

  of(camera) {
    if (this.#written !== null && now() - this.#written <= OLD_S) return this.#cameras[camera];
    return { state: "unknown", since: this.#written === null ? null : new Date(this.#written * 1000).toISOString(), cause: null };
  }

  /** @param {() => void} listener @returns {() => void} takes it away again */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start() {
    this.stop();
    const ask = async () => {
      try {
        const answer = await this.#api.state();
        this.#cameras = answer.cameras ?? {};
        this.#written = Date.parse(answer.written) / 1000;
      } catch {
        // Nothing new: what is known grows old and then says so itself.
      }
      for (const listener of this.#listeners) listener();
    };
    this.#timer = setInterval(ask, EVERY_S * 1000);
    return ask();
  }

  stop() {
    clearInterval(this.#timer);
  }
}
