/**
 * An element with its properties, attributes and children.
 * @param {string} tag
 * @param {Record<string, unknown>} [given] `class`, `text`, `on…` handlers, or attributes; null and false leave one out
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function el(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** Drawn here, because not every machine has a font with such signs. */
const SIGNS = {
  alone: "M3 3h7v2H5v5H3zM21 21h-7v-2h5v-5h2z",
  picture: "M4 7h4l2-3h4l2 3h4v13H4zM12 9.5a4 4 0 1 0 .01 0z",
  full: "M3 3h6v2H5v4H3zM15 3h6v6h-2V5h-4zM3 15h2v4h4v2H3zM19 15h2v6h-6v-2h4z",
  back: "M11 6v12l-8-6zM20 6v12l-8-6z",
  on: "M13 6v12l8-6zM4 6v12l8-6z",
};

/** A button that shows a sign and says its name to those who don't see it. */
export function signButton(sign, name, onclick) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SIGNS[sign]);
  path.setAttribute("fill-rule", "evenodd");
  drawing.append(path);
  return el("button", { type: "button", class: "sign", title: name, "aria-label": name, onclick }, drawing);
}
