import { Api } from "./api.js";
import { el } from "./dom.js";
import { loginForm } from "./login.js";
import { fill, language, sentence, speak, t } from "./words.js";

const OF_ALL = ["ioc", "operator"];
const PAGES = [
  ["/", "nav.watch", () => true],
  ["/wall.html", "nav.wall", (kind) => OF_ALL.includes(kind)],
  ["/province.html", "nav.province", (kind) => OF_ALL.includes(kind)],
];

/** Whether this kind of viewer may see the wall and the province's state. */
export const seesAll = (kind) => OF_ALL.includes(kind);

/** The button that goes over to the other language. */
export function languageButton(after) {
  const other = language() === "vi" ? "en" : "vi";
  const onclick = () => {
    speak(other);
    after();
  };
  return el("button", { type: "button", class: "language", lang: other, text: t("language.other"), onclick });
}

function header(api, viewer) {
  const here = location.pathname === "/index.html" ? "/" : location.pathname;
  const links = PAGES.filter(([, , may]) => viewer && may(viewer.kind)).map(([path, words]) =>
    el("a", { href: path, "aria-current": path === here ? "page" : null, text: t(words) }),
  );
  const bar = el(
    "header",
    { class: "bar" },
    el("a", { class: "skip", href: "#main", text: t("skip") }),
    el("span", { class: "brand", text: t("title") }),
    el("nav", { "aria-label": t("nav") }, ...(links.length > 1 ? links : [])),
    ...(viewer ? [el("span", { class: "who", text: viewer.name })] : []),
    languageButton(() => location.reload()),
  );
  if (viewer) bar.append(el("button", { type: "button", class: "logout", text: t("logout"), onclick: () => api.logout().finally(() => location.assign("/")) }));
  return bar;
}

/**
 * Lays out a page: header, then either the form to log in or what `inside` makes.
 * @param {string} title key of the page's title
 * @param {(api: Api, viewer: object, main: HTMLElement) => void|Promise<void>} inside
 */
export async function page(title, inside) {
  const api = new Api();
  const main = document.getElementById("main");
  const put = (viewer, ...content) => {
    fill();
    document.title = t(title);
    document.querySelector("header.bar")?.remove();
    document.body.prepend(header(api, viewer));
    main.replaceChildren(...content);
  };
  const enter = async (viewer) => {
    if (viewer.language) speak(viewer.language, false);
    put(viewer);
    try {
      await inside(api, viewer, main);
    } catch (error) {
      main.replaceChildren(el("p", { class: "trouble card", role: "alert", text: sentence(error) }));
    }
  };
  const ask = () => {
    const form = loginForm(api, enter);
    put(null, form);
    form.querySelector("input").focus();
  };
  api.onlost = () => location.reload();
  try {
    await enter(await api.me());
  } catch (error) {
    if (error.status === 401) ask();
    else {
      put(null, el("p", { class: "trouble card", role: "alert", text: sentence(error) }));
      if (error.status === 0) setTimeout(() => location.reload(), 10000);
    }
  }
}
