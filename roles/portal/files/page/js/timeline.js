import { now, stampOf, timeOf } from "./clock.js";
import { el } from "./dom.js";
import { t } from "./words.js";

const HEIGHT = 64;
const WIDTH = 1000;
const SHORTEST_S = 300;
const TICKS_S = [60, 300, 600, 1800, 3600, 3 * 3600, 6 * 3600];
const MOST_TICKS = 10;
const STEPS_S = { ArrowLeft: -10, ArrowRight: 10, ArrowDown: -60, ArrowUp: 60, PageDown: -600, PageUp: 600 };

function shape(tag, given) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(given)) made.setAttribute(name, value);
  return made;
}

/** A rectangle that is filled with slanted lines, so that colours aren't all that tells parts apart. */
function hatch(id, turned) {
  const pattern = shape("pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${turned})` });
  pattern.append(shape("rect", { width: 8, height: 8, class: "ground" }), shape("rect", { width: 3, height: 8, class: "stroke" }));
  return pattern;
}

/**
 * A day on a line: what was recorded live, what was filled in later, what is missing, and where the picture stands.
 * `onseek(instant)`; all instants are seconds since 1970.
 */
export class Timeline {
  #bounds = { from: 0, until: 86400 };
  #view = { from: 0, until: 86400 };
  #spans = [];
  #gaps = [];
  #at = 0;
  #drag = null;
  #svg = shape("svg", { preserveAspectRatio: "none", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" });
  #parts = shape("g", {});
  #cursor = shape("rect", { class: "cursor", y: 0, width: 3, height: HEIGHT });
  #ticks = el("div", { class: "ticks", "aria-hidden": "true" });

  constructor(onseek, onnextgap) {
    this.onseek = onseek;
    this.onnextgap = onnextgap;
    const patterns = shape("defs", {});
    patterns.append(hatch("backfill-hatch", 45), hatch("gap-hatch", -45));
    this.#svg.append(patterns, this.#parts, this.#cursor);
    this.line = el("div", { class: "line", role: "slider", tabindex: "0", "aria-label": t("timeline") }, this.#svg, this.#ticks);
    const zoom = (factor) => () => this.zoom(factor);
    this.node = el(
      "div",
      { class: "timeline" },
      this.line,
      el("div", { class: "zooms" }, el("button", { type: "button", text: "+", "aria-label": t("timeline.in"), onclick: zoom(0.5) }), el("button", { type: "button", text: "−", "aria-label": t("timeline.out"), onclick: zoom(2) })),
    );
    this.line.addEventListener("keydown", (event) => this.#key(event));
    this.line.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.line.addEventListener("pointerdown", (event) => this.#down(event));
    this.line.addEventListener("pointermove", (event) => this.#move(event));
    this.line.addEventListener("pointerup", (event) => this.#up(event));
    this.line.addEventListener("pointercancel", () => (this.#drag = null));
  }

  /** Draws a day. */
  show(bounds, { spans, gaps }) {
    this.#bounds = bounds;
    this.#view = { ...bounds };
    this.#spans = spans;
    this.#gaps = gaps.filter((gap) => gap.from < now());
    this.#draw();
  }

  /** Puts the cursor where the picture is. */
  place(instant) {
    const { from, until } = this.#view;
    const inView = (one) => one >= from && one <= until;
    const leaves = inView(this.#at) && !inView(instant) && !this.#drag;
    this.#at = instant;
    if (leaves) this.#pan(instant - (until - from) / 2, until - from);
    this.#cursor.setAttribute("x", this.#x(instant) - 1.5);
    this.line.setAttribute("aria-valuemin", this.#bounds.from);
    this.line.setAttribute("aria-valuemax", this.#bounds.until);
    this.line.setAttribute("aria-valuenow", Math.floor(instant));
    this.line.setAttribute("aria-valuetext", stampOf(instant));
  }

  get at() {
    return this.#at;
  }

  /** The first gap that begins after an instant, or undefined. */
  gapAfter(instant) {
    return this.#gaps.find((gap) => gap.from > instant + 1);
  }

  get gaps() {
    return this.#gaps;
  }

  /** Shows factor times as much as now, around an instant. */
  zoom(factor, around = this.#at) {
    const { from, until } = this.#view;
    const day = this.#bounds.until - this.#bounds.from;
    const seconds = Math.min(day, Math.max(SHORTEST_S, (until - from) * factor));
    const fixed = around >= from && around <= until ? around : (from + until) / 2;
    this.#pan(fixed - ((fixed - from) / (until - from)) * seconds, seconds);
  }

  #pan(from, seconds) {
    const first = Math.min(Math.max(from, this.#bounds.from), this.#bounds.until - seconds);
    this.#view = { from: first, until: first + seconds };
    this.#draw();
  }

  #x(instant) {
    return ((instant - this.#view.from) / (this.#view.until - this.#view.from)) * WIDTH;
  }

  #instant(event) {
    const box = this.line.getBoundingClientRect();
    return this.#view.from + ((event.clientX - box.left) / box.width) * (this.#view.until - this.#view.from);
  }

  #draw() {
    const parts = [...this.#spans.map((span) => [span, span.source]), ...this.#gaps.map((gap) => [gap, "gap"])];
    const rect = ([{ from, until }, kind]) =>
      shape("rect", { class: kind, x: this.#x(from), y: 8, width: Math.max(1, this.#x(until) - this.#x(from)), height: HEIGHT - 32, "data-from": from, "data-until": until });
    this.#parts.replaceChildren(...parts.filter(([part]) => part.until > this.#view.from && part.from < this.#view.until).map(rect));
    const seconds = this.#view.until - this.#view.from;
    const step = TICKS_S.find((one) => seconds / one <= MOST_TICKS) ?? TICKS_S.at(-1);
    const first = Math.ceil((this.#view.from - this.#bounds.from) / step) * step + this.#bounds.from;
    this.#ticks.replaceChildren();
    for (let at = first; at < this.#view.until; at += step) {
      const tick = el("span", { text: timeOf(at, step < 60) });
      tick.style.left = `${this.#x(at) / (WIDTH / 100)}%`;
      this.#ticks.append(tick);
    }
    this.place(this.#at);
  }

  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const step = STEPS_S[event.key];
    if (step) this.onseek(Math.min(Math.max(this.#at + step, this.#bounds.from), this.#bounds.until - 1));
    else if (event.key === "Home") this.onseek(this.#bounds.from);
    else if (event.key === "End") this.onseek(Math.min(this.#bounds.until, now()) - 30);
    else if (event.key === "+" || event.key === "=") this.zoom(0.5);
    else if (event.key === "-") this.zoom(2);
    else if (event.key.toLowerCase() === "n") this.onnextgap();
    else return;
    event.preventDefault();
  }

  #wheel(event) {
    event.preventDefault();
    this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this.#instant(event));
  }

  #down(event) {
    this.#drag = { x: event.clientX, from: this.#view.from, moved: false };
    this.line.setPointerCapture(event.pointerId);
  }

  #move(event) {
    if (!this.#drag) return;
    const seconds = this.#view.until - this.#view.from;
    const far = event.clientX - this.#drag.x;
    if (Math.abs(far) < 4 && !this.#drag.moved) return;
    this.#drag.moved = true;
    this.#pan(this.#drag.from - (far / this.line.getBoundingClientRect().width) * seconds, seconds);
  }

  #up(event) {
    if (this.#drag && !this.#drag.moved) this.onseek(this.#instant(event));
    this.#drag = null;
  }
}
