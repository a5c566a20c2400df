import { boundsOf, dayOf, now, stampOf, timeOf } from "./clock.js";
import { el, signButton } from "./dom.js";
import { Recording } from "./recording.js";
import { snapshot, toggleFull } from "./snapshot.js";
import { Timeline } from "./timeline.js";
import { Watermark } from "./watermark.js";
import { sentence, t } from "./words.js";

const SPEEDS = [1, 2, 4];
const BEFORE_GAP_S = 5;
const START_S = 120;

/** What the colours and hatches of the time line mean. */
function legend() {
  return el("p", { class: "legend" }, ...["live", "backfill", "gap"].map((kind) => el("span", {}, el("span", { class: `key ${kind}` }), t(`playback.legend_${kind}`))));
}

/**
 * One camera's recordings by day, on a time line.
 * @param {import("./api.js").Api} api
 * @param {{id: string, name: string}} camera
 * @param {string} viewer
 * @param {() => void} onlive
 */
export function playback(api, camera, viewer, onlive) {
  const video = el("video", { playsinline: true, "aria-label": t("playback.video", { name: camera.name }) });
  video.muted = true;
  const watermark = new Watermark(viewer);
  const message = el("p", { class: "message", hidden: true });
  const box = el("div", { class: "picture" }, video, watermark.node, message);
  const clock = el("output", { class: "clock" });
  const said = el("p", { class: "hint", role: "status" });
  const day = el("input", { type: "date", id: "day", value: dayOf(now()), max: dayOf(now()), required: true });
  const holes = el("ul", { class: "holes" });
  const recording = new Recording(api, camera, video);
  const timeline = new Timeline((instant) => go(instant), () => nextGap());
  const shown = () => recording.instant ?? timeline.at;

  const tell = (words, blank = false) => {
    box.classList.toggle("blank", blank);
    message.textContent = words;
    message.hidden = !words;
  };
  const go = async (instant) => {
    try {
      const real = await recording.seek(instant);
      timeline.place(real ?? instant);
      clock.textContent = stampOf(timeline.at);
      said.textContent = real !== null && real > instant + 2 ? t("playback.in_gap", { time: timeOf(instant) }) : "";
      if (real !== null && !playButton.paused) video.play().catch(() => {});
    } catch (error) {
      tell(sentence(error));
    }
  };
  const nextGap = () => {
    const gap = timeline.gapAfter(shown() + BEFORE_GAP_S);
    if (!gap) {
      said.textContent = t("playback.no_gap");
      return;
    }
    go(gap.from - BEFORE_GAP_S);
  };
  const listHoles = () => {
    const one = (gap) => el("li", {}, el("button", { type: "button", class: "link", text: `${timeOf(gap.from)} – ${timeOf(gap.until)}`, onclick: () => go(gap.from - BEFORE_GAP_S) }));
    holes.replaceChildren(...timeline.gaps.map(one));
    if (!timeline.gaps.length) holes.append(el("li", { text: t("playback.no_hole") }));
  };
  const openDay = async () => {
    if (!day.value || gone) return;
    const bounds = boundsOf(day.value);
    said.textContent = "";
    tell("");
    try {
      const until = Math.min(bounds.until, now());
      const found = await api.timeline(camera.id, bounds.from, until);
      timeline.show(bounds, found);
      listHoles();
      const last = found.spans.at(-1);
      if (!(await recording.open(bounds)) || !last) {
        tell(t("playback.none"), true);
        timeline.place(bounds.from);
        clock.textContent = stampOf(bounds.from);
        return;
      }
      const first = day.value === dayOf(now()) ? Math.max(last.from, last.until - START_S) : found.spans[0].from;
      await go(first);
    } catch (error) {
      tell(sentence(error));
    }
  };

  // One day after the other: an answer that comes late must not cover the day that was chosen after it.
  let gone = false;
  let opening = Promise.resolve();
  const openNext = () => (opening = opening.then(openDay));

  const playButton = el("button", { type: "button", class: "play", onclick: () => toggle() });
  playButton.paused = false;
  const sayPlay = () => {
    playButton.textContent = t(playButton.paused ? "playback.play" : "playback.pause");
  };
  const toggle = () => {
    playButton.paused = !playButton.paused;
    if (playButton.paused) video.pause();
    else video.play().catch(() => {});
    sayPlay();
  };
  const speed = el("select", { id: "speed", onchange: () => (recording.speed = Number(speed.value)) });
  speed.append(...SPEEDS.map((one) => el("option", { value: one, text: `${one}×` })));
  video.addEventListener("timeupdate", () => {
    if (recording.instant === null || video.seeking) return;
    timeline.place(recording.instant);
    clock.textContent = stampOf(recording.instant);
  });
  video.addEventListener("loadedmetadata", () => {
    recording.speed = Number(speed.value);
    if (!playButton.paused) video.play().catch(() => {});
  });
  recording.onfail = () => tell(t("playback.fails"));
  day.addEventListener("change", openNext);
  sayPlay();

  const remove = () => {
    gone = true;
    opening.finally(() => recording.close());
    recording.close();
    watermark.remove();
    node.remove();
  };
  const node = el(
    "div",
    { class: "playback" },
    el("h2", { text: `${t("playback")}: ${camera.name}` }),
    el(
      "div",
      { class: "controls" },
      el("button", { type: "button", text: t("playback.live"), onclick: onlive }),
      el("label", { for: "day" }, t("playback.day")),
      day,
      signButton("back", t("playback.back"), () => go(shown() - 10)),
      playButton,
      signButton("on", t("playback.on"), () => go(shown() + 10)),
      el("button", { type: "button", text: t("playback.gap"), onclick: nextGap }),
      el("label", { for: "speed" }, t("playback.speed")),
      speed,
      signButton("picture", t("tile.snapshot", { name: camera.name }), () => snapshot(video, camera, viewer, shown())),
      signButton("full", t("tile.full", { name: camera.name }), () => toggleFull(box)),
    ),
    box,
    el("p", { class: "exact" }, clock),
    timeline.node,
    legend(),
    said,
    el("details", {}, el("summary", { text: t("playback.holes") }), holes),
  );
  openNext();
  return { node, remove };
}
