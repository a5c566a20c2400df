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

/** A button that shows a sign and says its name to those who don't see it. */
export function signButton(sign, name, onclick) {
  return el("button", { type: "button", class: "sign", title: name, "aria-label": name, onclick }, el("span", { "aria-hidden": "true", text: sign }));
}
