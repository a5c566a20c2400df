import { liveUrl } from "./api.js";
import { el } from "./dom.js";
import { Grid, SIZES } from "./grid.js";
import { askMain } from "./demand.js";
import { playback } from "./playback.js";
import { page } from "./shell.js";
import { States } from "./state.js";
import { Tree, camerasBelow } from "./tree.js";
import { t } from "./words.js";

const ROTATE_S = 15;

function searchBox(tree) {
  const found = el("p", { class: "found", role: "status" });
  const box = el("input", { type: "search", "aria-label": t("tree.search"), placeholder: t("tree.hint") });
  box.addEventListener("input", () => {
    const count = tree.search(box.value);
    found.textContent = box.value ? t("tree.found", { count }) : "";
  });
  return el("div", { class: "search" }, box, found);
}

/** The grid with its choices: how many pictures, which page, turning by itself. */
function gridView(around, cameras, start, screens) {
  const grid = new Grid(around, () => write());
  const where = el("span", { class: "where", role: "status" });
  const pager = el(
    "span",
    { class: "pager" },
    el("button", { type: "button", text: "‹", "aria-label": t("grid.previous"), onclick: () => grid.turn(grid.page - 1) }),
    where,
    el("button", { type: "button", text: "›", "aria-label": t("grid.next"), onclick: () => grid.turn(grid.page + 1) }),
  );
  const hint = el("p", { class: "hint", text: t("grid.screens", { count: screens }) });
  const sizes = el("span", { role: "group", "aria-label": t("grid.sizes"), class: "sizes" });
  const rotation = el("input", { type: "checkbox", onchange: () => grid.rotate(rotation.checked ? ROTATE_S : 0) });
  const turning = el("label", { class: "check" }, rotation, t("grid.rotate"));
  function write() {
    where.textContent = t("grid.page", { page: grid.page + 1, pages: grid.pages });
    pager.hidden = turning.hidden = grid.pages < 2;
    hint.hidden = !screens || grid.size <= Math.max(1, screens);
    for (const button of sizes.children) button.setAttribute("aria-pressed", String(Number(button.dataset.size) === grid.size));
  }
  for (const size of SIZES)
    sizes.append(el("button", { type: "button", "data-size": size, text: size, "aria-label": t("grid.size", { count: size }), onclick: () => grid.show(cameras, size) }));
  const node = el("div", { class: "watching" }, el("div", { class: "controls" }, sizes, pager, turning), hint, grid.node);
  grid.show(cameras, start);
  return { node, grid, remove: () => (grid.remove(), node.remove()) };
}

/** One camera alone, with its main stream when it is asked for, and the way to its recordings. */
function soloView(api, around, camera, onback, onplayback) {
  const grid = new Grid({ ...around, onopen: undefined });
  const said = el("p", { class: "hint", role: "status" });
  const [sharp, drop] = askMain(api, camera, {
    say: (words) => (said.textContent = words),
    change: (main) => grid.tiles[0]?.change(liveUrl(camera.id, main)),
  });
  const buttons = [el("button", { type: "button", text: t("tile.back"), onclick: onback }), sharp];
  if (camera.playback) buttons.push(el("button", { type: "button", text: t("tile.playback"), onclick: onplayback }));
  const node = el("div", { class: "watching solo" }, el("div", { class: "controls" }, ...buttons), said, grid.node);
  grid.show([camera], 1);
  return { node, grid, remove: () => (drop(), grid.remove(), node.remove()) };
}

page("title", async (api, viewer, main) => {
  const units = await api.tree();
  const all = units.flatMap(camerasBelow);
  const states = new States(api);
  states.start();
  const stage = el("section", { class: "stage", "aria-label": t("grid") });
  let view = null;
  let last = null;
  const put = (next) => {
    view?.remove();
    view = next;
    stage.replaceChildren(next.node);
    side.classList.remove("open");
    opener.setAttribute("aria-expanded", "false");
  };
  const showAll = (cameras) => {
    last = cameras;
    const fits = SIZES.filter((size) => size <= Math.max(1, viewer.screens || 4)).at(-1);
    put(gridView(around, cameras, Math.min(fits, 4), viewer.screens));
  };
  const showOne = (camera) => put(soloView(api, around, camera, () => showAll(last ?? all), () => put(playback(api, camera, viewer.name, () => showOne(camera)))));
  const around = { viewer: viewer.name, states, onopen: showOne };
  const tree = new Tree(units, { states, label: t("tree"), onchoose: ({ unit, camera }) => (camera ? showOne(camera) : showAll(camerasBelow(unit))) });
  states.listen(() => tree.tell());
  const side = el("aside", { class: "side", id: "side", "aria-label": t("tree") }, searchBox(tree), tree.node);
  const opener = el("button", { type: "button", class: "opener", text: t("tree.open"), "aria-controls": "side", "aria-expanded": "false" });
  opener.addEventListener("click", () => opener.setAttribute("aria-expanded", String(side.classList.toggle("open"))));
  main.replaceChildren(el("h1", { class: "unseen", text: t("title") }), opener, side, stage);
  if (!all.length) return stage.replaceChildren(el("p", { class: "card", text: t("tree.none") }));
  return showAll(all);
});
