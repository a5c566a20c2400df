import { momentOf, now, timeOf } from "./clock.js";
import { el } from "./dom.js";
import { fold } from "./fold.js";
import { page, seesAll } from "./shell.js";
import { inTrouble, rowsOf, verdict } from "./sites.js";
import { camerasBelow } from "./tree.js";
import { sentence, t } from "./words.js";

const EVERY_S = 5;
const OLD_S = 30;
const COLUMNS = [
  ["site", (row) => row.name],
  ["state", (row) => row.bad * 1000 + row.unknown * 10 + row.linesDown],
  ["cameras", (row) => row.live - row.all],
  ["lines", (row) => row.linesDown],
  ["recording", (row) => row.recording - row.all],
  ["changed", (row) => row.changed],
];

const compare = (one, other) => (typeof one === "string" ? one.localeCompare(other, "vi") : one - other);

function line({ line: name, state }) {
  return el("span", { class: "state", "data-state": state === "up" ? "live" : state === "down" ? "off" : "unknown", text: `${name} ${t(`line.${state}`)}` });
}

function rowOf(row) {
  const level = row.bad ? "off" : row.unknown || row.linesDown ? "stale" : "live";
  const count = (good) => t("province.of", { good, all: row.all });
  return el(
    "tr",
    { "data-site": row.id },
    el("th", { scope: "row", text: row.name }),
    el("td", {}, el("span", { class: "state", "data-state": level, text: verdict(row) }), ...row.trouble.map((words) => el("span", { class: "detail", text: words }))),
    el("td", { "data-label": t("province.cameras"), text: count(row.live) }),
    el("td", { "data-label": t("province.lines") }, el("span", {}, ...row.lines.map(line))),
    el("td", { "data-label": t("province.recording"), text: count(row.recording) }),
    el("td", { "data-label": t("province.changed"), text: row.changed ? momentOf(row.changed) : "" }),
  );
}

/** What was written too long ago: where everything is, but no longer how it is. */
const forgotten = (state) => ({
  sites: Object.fromEntries(Object.entries(state.sites ?? {}).map(([id, { name }]) => [id, { name }])),
  cameras: Object.fromEntries(Object.entries(state.cameras ?? {}).map(([id, { site }]) => [id, { site, state: "unknown" }])),
});

function summary(rows) {
  const sum = (of) => rows.reduce((total, row) => total + of(row), 0);
  const cameras = sum((row) => row.all);
  const figures = [
    ["sites", rows.length],
    ["live", t("province.of", { good: sum((row) => row.live), all: cameras })],
    ["recording", t("province.of", { good: sum((row) => row.recording), all: cameras })],
    ["bad", rows.filter(inTrouble).length],
  ];
  return figures.map(([key, value]) => el("div", { class: "figure", "data-figure": key }, el("b", { text: value }), el("span", { text: t(`province.sum_${key}`) })));
}

page("title.province", async (api, viewer, main) => {
  if (!seesAll(viewer.kind)) return main.replaceChildren(el("p", { class: "card trouble", role: "alert", text: t("wall.not_yours") }));
  const names = new Map((await api.tree()).flatMap(camerasBelow).map((camera) => [camera.id, camera.name]));
  let rows = [];
  let order = { column: "state", down: true };
  const updated = el("p", { class: "updated" });
  const shown = el("p", { class: "found", role: "status" });
  const figures = el("div", { class: "figures" });
  const filter = el("input", { type: "search", "aria-label": t("province.filter"), placeholder: t("province.filter"), oninput: () => draw() });
  const bad = el("input", { type: "checkbox", onchange: () => draw() });
  const body = el("tbody");
  const heads = COLUMNS.map(([column]) =>
    el("th", { scope: "col", "data-column": column }, el("button", { type: "button", text: t(`province.${column}`), onclick: () => sort(column) })),
  );
  const sort = (column) => {
    order = { column, down: order.column === column ? !order.down : column !== "site" };
    draw();
  };
  function draw() {
    const [, value] = COLUMNS.find(([column]) => column === order.column);
    const kept = rows.filter((row) => fold(row.name).includes(fold(filter.value)) && (!bad.checked || inTrouble(row)));
    kept.sort((one, other) => (order.down ? -1 : 1) * compare(value(one), value(other)) || compare(one.name, other.name));
    for (const head of heads) {
      if (head.dataset.column === order.column) head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    body.replaceChildren(...kept.map(rowOf));
    const words = t("province.shown", { count: kept.length });
    if (shown.textContent !== words) shown.textContent = words;
    figures.replaceChildren(...summary(rows));
  }
  const ask = async () => {
    try {
      const state = await api.province();
      const written = Date.parse(state.written) / 1000;
      const old = !(now() - written <= OLD_S);
      updated.textContent = t(old ? "province.old" : "province.updated", { time: Number.isNaN(written) ? "?" : old ? momentOf(written) : timeOf(written) });
      updated.classList.toggle("trouble", old);
      rows = rowsOf(old ? forgotten(state) : state, names);
      draw();
    } catch (error) {
      updated.textContent = sentence(error);
      updated.classList.add("trouble");
    }
  };
  const table = el("table", {}, el("caption", { class: "unseen", text: t("province.table") }), el("thead", {}, el("tr", {}, ...heads)), body);
  main.replaceChildren(
    el("h1", { text: t("province") }),
    updated,
    figures,
    el("div", { class: "controls" }, filter, el("label", { class: "check" }, bad, t("province.only_bad")), shown),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("province.table") }, table),
  );
  setInterval(ask, EVERY_S * 1000);
  return ask();
});
