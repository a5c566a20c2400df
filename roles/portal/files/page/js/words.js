import { en } from "./words.en.js";
import { vi } from "./words.vi.js";

const LANGUAGES = { vi, en };
const KEPT = "motcua-language";
let chosen = localStorage.getItem(KEPT) in LANGUAGES ? localStorage.getItem(KEPT) : "vi";

export const language = () => chosen;

/**
 * The words for a key, with `{name}` filled in.
 * @param {string} key
 * @param {Record<string, string|number>} [values]
 */
export function t(key, values = {}) {
  const words = LANGUAGES[chosen][key];
  if (words === undefined) throw new Error(`words.${chosen}.js has no "${key}"`);
  return words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Takes another language; `remember` keeps it for the next visit, which a viewer's own choice does and a default doesn't. */
export function speak(wanted, remember = true) {
  if (!(wanted in LANGUAGES)) return;
  if (remember) localStorage.setItem(KEPT, wanted);
  else if (localStorage.getItem(KEPT)) return;
  chosen = wanted;
}

/** Fills every element that names its words: `data-t` its text, `data-t-label` its accessible name, `data-t-hint` its placeholder. */
export function fill(root = document) {
  document.documentElement.lang = chosen;
  for (const one of root.querySelectorAll("[data-t]")) one.textContent = t(one.dataset.t);
  for (const one of root.querySelectorAll("[data-t-label]")) one.setAttribute("aria-label", t(one.dataset.tLabel));
  for (const one of root.querySelectorAll("[data-t-hint]")) one.placeholder = t(one.dataset.tHint);
}

/** What went wrong, and what the viewer can do about it. */
export function sentence(error) {
  if (error.status === undefined) return t("error.page");
  if (error.status === 429) return t("error.wait", { seconds: error.seconds || 60 });
  if ([0, 401, 403, 404].includes(error.status)) return t(`error.${error.status}`);
  return t("error.server", { status: error.status });
}
