import qrcode from "../vendor/qrcode.js";
import { Api } from "./api.js";
import { el } from "./dom.js";
import { languageButton } from "./shell.js";
import { fill, sentence, t } from "./words.js";

const QUIET = 4;

/** A QR code drawn here: the secret in it never leaves the page. */
function qr(text) {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  const side = count + 2 * QUIET;
  const canvas = el("canvas", { width: side * 4, height: side * 4, class: "qr", role: "img", "aria-label": t("enrol.qr") });
  const context = canvas.getContext("2d");
  context.scale(4, 4);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, side, side);
  context.fillStyle = "#000";
  for (let row = 0; row < count; row += 1) for (let column = 0; column < count; column += 1) if (code.isDark(row, column)) context.fillRect(column + QUIET, row + QUIET, 1, 1);
  return canvas;
}

const field = (id, given) => [el("label", { for: id, text: t(`enrol.${id}`) }), el("input", { id, required: true, ...given })];

function secretPart(otpauth) {
  const secret = new URL(otpauth).searchParams.get("secret") ?? "";
  const [label, code] = field("code", { inputmode: "numeric", autocomplete: "one-time-code", pattern: "[0-9]{6}", maxlength: "6" });
  const spaced = secret.replace(/(.{4})(?=.)/g, "$1 ");
  return [code, el("p", { text: t("enrol.scan") }), qr(otpauth), el("p", {}, t("enrol.text"), " ", el("code", { text: spaced })), el("p", {}, label, code)];
}

async function start(main, api, token) {
  const card = (...content) => main.replaceChildren(el("div", { class: "card" }, el("h1", { text: t("enrol") }), ...content));
  const gone = (error) => card(el("p", { class: "trouble", role: "alert", text: [400, 404, 410].includes(error.status) ? t("enrol.gone") : sentence(error) }));
  let invitation;
  try {
    invitation = await api.invitation(token);
  } catch (error) {
    return gone(error);
  }
  const trouble = el("p", { class: "trouble", role: "alert" });
  const [passwordLabel, password] = field("password", { type: "password", autocomplete: "new-password", minlength: "12" });
  const [againLabel, again] = field("again", { type: "password", autocomplete: "new-password" });
  const [code, ...secret] = invitation.otpauth ? secretPart(invitation.otpauth) : [null];
  const form = el("form", {}, el("p", {}, passwordLabel, password), el("p", {}, againLabel, again), ...secret, trouble, el("button", { class: "main", text: t("enrol.send") }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    trouble.textContent = "";
    if (password.value !== again.value) {
      trouble.textContent = t("enrol.differ");
      return again.select();
    }
    try {
      await api.enrol(token, password.value, code?.value);
      return card(el("p", { role: "status", text: t("enrol.done") }), el("p", {}, el("a", { href: "/", text: t("enrol.to_login") })));
    } catch (error) {
      if (error.status === 404 || error.status === 410) return gone(error);
      trouble.textContent = error.reason === "weak" ? t("enrol.weak") : error.reason === "code" ? t("enrol.bad_code") : sentence(error);
      return (error.reason === "code" && code ? code : password).focus();
    }
  });
  return card(el("p", { text: t("enrol.hello", { name: invitation.name }) }), form);
}

// The token leaves the address at once, so that it stays in no history.
const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

function show() {
  fill();
  document.title = t("title.enrol");
  document.querySelector("header")?.remove();
  document.body.prepend(el("header", { class: "bar" }, el("span", { class: "brand", text: t("title") }), languageButton(show)));
  start(document.getElementById("main"), new Api(), token);
}

show();
