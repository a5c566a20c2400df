import { el } from "./dom.js";
import { fold } from "./fold.js";
import { stateOf, stateWords } from "./state.js";

/** So many cameras are all shown at once; of more only the upper levels are. */
const FEW = 12;

/** All cameras of a unit and of those below it, in the tree's order. */
export const camerasBelow = (unit) => [...unit.cameras, ...unit.children.flatMap(camerasBelow)];

/**
 * The units and cameras that a viewer may see, as a tree for mouse, keyboard and screen readers.
 * `onchoose({unit})` or `onchoose({camera})`.
 */
export class Tree {
  #items = new Map();
  #states;
  #onchoose;
  #count = 0;
  #openLevels;

  constructor(units, { states, onchoose, label }) {
    this.#states = states;
    this.#onchoose = onchoose;
    this.#openLevels = units.flatMap(camerasBelow).length > FEW ? 2 : Infinity;
    this.node = el("ul", { role: "tree", class: "tree", "aria-label": label });
    this.node.append(...units.map((unit) => this.#unit(unit, 1)));
    this.node.addEventListener("keydown", (event) => this.#key(event));
    this.node.addEventListener("click", (event) => this.#click(event));
    this.node.querySelector("[role=treeitem]")?.setAttribute("tabindex", "0");
    this.tell();
  }

  #item(what, name, level, ...more) {
    const id = `item-${(this.#count += 1)}`;
    const label = el("span", { class: "label", id }, el("span", { class: "name", text: name }));
    const item = el("li", { role: "treeitem", "aria-level": String(level), "aria-labelledby": id, "aria-selected": "false", tabindex: "-1" }, label, ...more);
    this.#items.set(item, { ...what, name: fold(name), label });
    return item;
  }

  #unit(unit, level) {
    const group = el("ul", { role: "group" });
    group.append(...unit.children.map((child) => this.#unit(child, level + 1)), ...unit.cameras.map((camera) => this.#camera(camera, level + 1)));
    const item = this.#item({ unit }, unit.name, level, ...(group.children.length ? [group] : []));
    if (group.children.length) item.setAttribute("aria-expanded", String(level <= this.#openLevels));
    item.dataset.unit = unit.id;
    return item;
  }

  #camera(camera, level) {
    const item = this.#item({ camera }, camera.name, level);
    item.dataset.camera = camera.id;
    this.#items.get(item).label.append(el("span", { class: "unseen", text: ", " }), el("span", { class: "state" }));
    return item;
  }

  /** Says every camera's state as it is known now. */
  tell() {
    for (const { camera, label } of this.#items.values()) {
      if (!camera) continue;
      const seen = this.#states.of(camera.id);
      label.lastChild.textContent = stateWords(seen);
      label.lastChild.dataset.state = stateOf(seen);
    }
  }

  /** Leaves only what matches and its way up; gives how many cameras are left. */
  search(text) {
    const wanted = fold(text);
    const keep = (item, above) => {
      const { name } = this.#items.get(item);
      const itself = above || name.includes(wanted);
      const below = [...item.querySelectorAll(":scope > ul > li")].map((child) => keep(child, itself)).some(Boolean);
      item.hidden = !(itself || below);
      if (wanted && below) this.#open(item, true);
      return !item.hidden;
    };
    for (const item of this.node.children) keep(item, wanted === "");
    if (!this.#shown().some((item) => item.tabIndex === 0)) this.#rove(this.#shown()[0]);
    return [...this.#items].filter(([item, what]) => what.camera && !item.closest("[hidden]")).length;
  }

  select(item) {
    for (const other of this.node.querySelectorAll("[aria-selected=true]")) other.setAttribute("aria-selected", "false");
    item.setAttribute("aria-selected", "true");
    const { unit, camera } = this.#items.get(item);
    this.#onchoose(unit ? { unit } : { camera });
  }

  /** Selects the unit or camera with this id, if it is there. */
  choose(id) {
    const item = this.node.querySelector(`[data-unit="${CSS.escape(id)}"], [data-camera="${CSS.escape(id)}"]`);
    if (item) this.select(item);
  }

  #shown() {
    return [...this.node.querySelectorAll("[role=treeitem]")].filter((item) => !item.closest("[hidden]") && !item.parentElement.closest("[aria-expanded=false]"));
  }

  #rove(item) {
    if (!item) return;
    for (const other of this.node.querySelectorAll("[tabindex='0']")) other.tabIndex = -1;
    item.tabIndex = 0;
  }

  #focus(item) {
    if (!item) return;
    this.#rove(item);
    item.focus();
  }

  #open(item, open) {
    item.setAttribute("aria-expanded", String(open));
  }

  #click(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item) return;
    const expanded = item.getAttribute("aria-expanded");
    // The arrow stands in the first 24 pixels of the label.
    if (expanded && event.clientX - item.getBoundingClientRect().left < 24) this.#open(item, expanded === "false");
    else this.select(item);
    this.#focus(item);
  }

  #key(event) {
    const item = event.target.closest("[role=treeitem]");
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const shown = this.#shown();
    const at = shown.indexOf(item);
    const expanded = item.getAttribute("aria-expanded");
    const moves = {
      ArrowDown: () => this.#focus(shown[at + 1]),
      ArrowUp: () => this.#focus(shown[at - 1]),
      Home: () => this.#focus(shown[0]),
      End: () => this.#focus(shown.at(-1)),
      ArrowRight: () => (expanded === "false" ? this.#open(item, true) : expanded && this.#focus(shown[at + 1])),
      ArrowLeft: () => (expanded === "true" ? this.#open(item, false) : this.#focus(item.parentElement.closest("[role=treeitem]"))),
      Enter: () => this.select(item),
      " ": () => this.select(item),
    };
    if (moves[event.key]) moves[event.key]();
    else if (/^\p{L}$/u.test(event.key)) this.#focus([...shown.slice(at + 1), ...shown.slice(0, at)].find((other) => this.#items.get(other).name.startsWith(fold(event.key))));
    else return;
    event.preventDefault();
  }
}
