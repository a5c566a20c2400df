import { el } from "./dom.js";
import { Tile } from "./tile.js";
import { t } from "./words.js";

export const SIZES = [1, 4, 9, 16];

/** Pages of live tiles. What stays on the next page keeps running; what is out of view or in a hidden window stops. */
export class Grid {
  #around;
  #cameras = [];
  #tiles = new Map();
  #rotation = 0;
  #sight;
  #seen = new Set();
  #quit = new AbortController();
  page = 0;
  size = 4;

  /** @param {object} around what tiles need: viewer, states, onopen @param {() => void} onpage called when another page is shown */
  constructor(around, onpage = () => {}) {
    this.#around = around;
    this.onpage = onpage;
    this.node = el("div", { class: "grid" });
    this.#sight = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) this.#seen.add(entry.target.tile);
        else this.#seen.delete(entry.target.tile);
      }
      this.#look();
    });
    document.addEventListener("visibilitychange", () => this.#look(), { signal: this.#quit.signal });
    this.quiet = around.states.listen(() => this.#tiles.forEach((tile) => tile.tell()));
  }

  get pages() {
    return Math.max(1, Math.ceil(this.#cameras.length / this.size));
  }

  get tiles() {
    return [...this.#tiles.values()];
  }

  /** Shows these cameras, so many a page, from a page on. */
  show(cameras, size, page = 0) {
    this.#cameras = cameras;
    this.size = size;
    this.turn(page);
  }

  /** Shows a page; after the last comes the first. */
  turn(page) {
    this.page = (page + this.pages) % this.pages;
    const shown = this.#cameras.slice(this.page * this.size, (this.page + 1) * this.size);
    const ids = new Set(shown.map((camera) => camera.id));
    for (const [id, tile] of this.#tiles) if (!ids.has(id)) this.#drop(id, tile);
    const columns = Math.ceil(Math.sqrt(Math.max(1, shown.length)));
    this.node.style.setProperty("--columns", columns);
    this.node.style.setProperty("--rows", Math.ceil(Math.max(1, shown.length) / columns));
    for (const camera of shown) {
      if (!this.#tiles.has(camera.id)) {
        const tile = new Tile(camera, this.#around);
        this.#tiles.set(camera.id, tile);
        this.#sight.observe(tile.node);
      }
      const { node } = this.#tiles.get(camera.id);
      if (this.node.children[shown.indexOf(camera)] !== node) this.node.insertBefore(node, this.node.children[shown.indexOf(camera)] ?? null);
    }
    this.node.dataset.empty = shown.length ? "" : t("grid.empty");
    this.onpage();
  }

  /** Turns pages by itself every so many seconds; 0 stops it. */
  rotate(seconds, next = () => this.turn(this.page + 1)) {
    clearInterval(this.#rotation);
    this.#rotation = seconds ? setInterval(next, seconds * 1000) : 0;
  }

  remove() {
    this.rotate(0);
    this.quiet();
    this.#quit.abort();
    this.#sight.disconnect();
    for (const [id, tile] of this.#tiles) this.#drop(id, tile);
    this.node.remove();
  }

  #drop(id, tile) {
    this.#sight.unobserve(tile.node);
    this.#seen.delete(tile);
    tile.remove();
    this.#tiles.delete(id);
  }

  #look() {
    for (const tile of this.#tiles.values()) tile.see(!document.hidden && this.#seen.has(tile));
  }
}
