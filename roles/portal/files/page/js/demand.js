import { liveUrl } from "./api.js";
import { el } from "./dom.js";
import { sentence, t } from "./words.js";

const APPEARS_S = 20;

const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/**
 * The button that asks for a camera's main stream and keeps it while it is pressed; gives it and what ends the asking.
 * @param {{say: (words: string) => void, change: (main: boolean) => void}} to
 */
export function askMain(api, camera, { say, change }) {
  let wanted = false;
  let renewal = 0;
  const button = el("button", { type: "button", "aria-pressed": "false", text: t("tile.main") });
  const drop = () => {
    wanted = false;
    clearTimeout(renewal);
    button.setAttribute("aria-pressed", "false");
  };
  const keep = async () => {
    const { seconds } = await api.demand(camera.id);
    renewal = setTimeout(() => wanted && keep().catch(back), (Math.max(4, seconds) * 1000) / 2);
  };
  const back = (error) => {
    drop();
    say(error.reason === "no_room" ? t("tile.no_room") : sentence(error));
    change(false);
  };
  const appears = async () => {
    for (let tried = 0; wanted && tried < APPEARS_S; tried += 1) {
      const answer = await fetch(liveUrl(camera.id, true), { cache: "no-store" }).catch(() => null);
      if (answer?.ok) return true;
      await pause(1);
    }
    return false;
  };
  button.addEventListener("click", async () => {
    if (wanted) {
      drop();
      say("");
      return change(false);
    }
    wanted = true;
    button.setAttribute("aria-pressed", "true");
    say(t("tile.main_waits"));
    try {
      await keep();
    } catch (error) {
      return back(error);
    }
    const there = await appears();
    if (!wanted) return undefined;
    if (there) {
      say("");
      return change(true);
    }
    drop();
    return say(t("tile.main_fails"));
  });
  return [button, drop];
}
