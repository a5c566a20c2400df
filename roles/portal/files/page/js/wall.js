import { el } from "./dom.js";
import { Grid } from "./grid.js";
import { page, seesAll } from "./shell.js";
import { States } from "./state.js";
import { camerasBelow } from "./tree.js";
import { t } from "./words.js";

const MOST = 64;

/** The choice as it stands in the address: `#groups=bac-lung,cam-ly&size=9&seconds=20`. */
function choice() {
  const said = new URLSearchParams(location.hash.slice(1));
  const number = (name, otherwise, least, most) => Math.min(most, Math.max(least, parseInt(said.get(name), 10) || otherwise));
  return { groups: (said.get("groups") ?? "").split(",").filter(Boolean), size: number("size", 9, 1, MOST), seconds: number("seconds", 20, 5, 3600) };
}

const unitsOf = (units, depth = 0) => units.flatMap((unit) => [{ unit, depth }, ...unitsOf(unit.children, depth + 1)]);

function chooser(units, chosen, onstart) {
  const boxes = unitsOf(units)
    .filter(({ unit }) => camerasBelow(unit).length)
    .map(({ unit, depth }) => {
      const box = el("input", { type: "checkbox", value: unit.id });
      box.checked = chosen.groups.includes(unit.id);
      return el("label", { class: `check depth-${Math.min(depth, 3)}` }, box, `${unit.name} (${camerasBelow(unit).length})`);
    });
  const size = el("input", { id: "size", type: "number", min: 1, max: MOST, value: chosen.size, required: true });
  const seconds = el("input", { id: "seconds", type: "number", min: 5, max: 3600, value: chosen.seconds, required: true });
  const form = el(
    "form",
    { class: "chooser" },
    el("fieldset", {}, el("legend", { text: t("wall.groups") }), ...boxes),
    el("p", {}, el("label", { for: "size", text: t("wall.size") }), size),
    el("p", {}, el("label", { for: "seconds", text: t("wall.seconds") }), seconds),
    el("button", { class: "main", text: t("wall.start") }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const groups = boxes.map((label) => label.firstChild).filter((box) => box.checked);
    location.hash = `groups=${groups.map((box) => box.value).join(",")}&size=${size.value}&seconds=${seconds.value}`;
    onstart();
  });
  return form;
}

page("title.wall", async (api, viewer, main) => {
  if (!seesAll(viewer.kind)) return main.replaceChildren(el("p", { class: "card trouble", role: "alert", text: t("wall.not_yours") }));
  const units = await api.tree();
  const states = new States(api);
  states.start();
  const now = el("p", { class: "now", role: "status" });
  const pause = el("button", { type: "button", text: t("wall.pause"), onclick: () => turnOn(paused) });
  const choose = el("details", { class: "choose" }, el("summary", { text: t("wall.choose") }));
  const grid = new Grid({ viewer: viewer.name, states }, () => write());
  let groups = [];
  let at = 0;
  let paused = false;
  const write = () => {
    now.textContent = groups.length ? t("wall.now", { group: groups[at].name, page: grid.page + 1, pages: grid.pages }) : t("wall.nothing");
  };
  const next = () => {
    if (grid.page + 1 < grid.pages) return grid.turn(grid.page + 1);
    at = (at + 1) % groups.length;
    return grid.show(groups[at].cameras, choice().size);
  };
  const turnOn = (on) => {
    paused = !on;
    pause.textContent = t(on ? "wall.pause" : "wall.resume");
    grid.rotate(on && groups.length ? choice().seconds : 0, next);
  };
  const start = () => {
    const { groups: ids, size } = choice();
    const chosen = unitsOf(units).filter(({ unit }) => ids.includes(unit.id));
    groups = (chosen.length ? chosen : units.map((unit) => ({ unit }))).map(({ unit }) => ({ name: unit.name, cameras: camerasBelow(unit) })).filter((group) => group.cameras.length);
    at = 0;
    choose.open = false;
    grid.show(groups[0]?.cameras ?? [], size);
    turnOn(true);
  };
  choose.append(chooser(units, choice(), start));
  main.replaceChildren(el("h1", { class: "unseen", text: t("wall") }), el("div", { class: "controls" }, now, pause, choose), grid.node);
  addEventListener("hashchange", start);
  return start();
});
