import { now, stampOf } from "./clock.js";
import { el } from "./dom.js";

const MARKS = 12;
const MIDDLE = 4; // of three in a row: it says the second, the others the minute, so that little is painted anew each second
const ROOM = 260;

/** Who watches and when, laid over a picture; it lets every touch through. The clock of all of them is one. */
export class Watermark {
  static #shown = new Set();
  static #timer = 0;

  constructor(name) {
    this.name = name;
    this.node = el("div", { class: "watermark", "aria-hidden": "true" });
    for (let i = 0; i < MARKS; i += 1) this.node.append(el("span"));
    this.#write();
    Watermark.#shown.add(this);
    Watermark.#timer ||= setInterval(() => Watermark.#shown.forEach((one) => one.#write()), 1000);
  }

  #write() {
    const [day, time] = stampOf(now()).split(" ");
    [...this.node.children].forEach((mark, i) => {
      const text = `${this.name} · ${day} ${i === MIDDLE ? time : time.slice(0, 5)}`;
      if (mark.textContent !== text) mark.textContent = text;
    });
  }

  remove() {
    Watermark.#shown.delete(this);
    this.node.remove();
  }
}

/** The same marks drawn into a picture that leaves the page. */
export function drawMarks(context, width, height, name) {
  context.save();
  context.font = `${Math.max(12, Math.round(height / 26))}px sans-serif`;
  context.fillStyle = "rgba(255, 255, 255, 0.28)";
  context.strokeStyle = "rgba(0, 0, 0, 0.22)";
  context.rotate(-Math.PI / 10);
  const text = `${name} · ${stampOf(now())}`;
  const step = Math.max(ROOM, context.measureText(text).width + 40);
  for (let y = 0; y < height * 1.6; y += Math.max(60, height / 5))
    for (let x = -height; x < width * 1.3; x += step) {
      context.strokeText(text, x + (y % 2) * 60, y);
      context.fillText(text, x + (y % 2) * 60, y);
    }
  context.restore();
}
