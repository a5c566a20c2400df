import { el } from "./dom.js";
import { fill, sentence, t } from "./words.js";

/**
 * The form to log in, in two steps where the account has a code.
 * @param {import("./api.js").Api} api
 * @param {(viewer: object) => void} onin
 */
export function loginForm(api, onin) {
  const trouble = el("p", { class: "trouble", role: "alert" });
  const account = el("input", { id: "account", name: "account", autocomplete: "username", required: true, autocapitalize: "none", spellcheck: "false" });
  const password = el("input", { id: "password", name: "password", type: "password", autocomplete: "current-password", required: true });
  const code = el("input", { id: "code", name: "code", inputmode: "numeric", autocomplete: "one-time-code", pattern: "[0-9]{6}", maxlength: "6" });
  const codeRow = el("p", { hidden: true }, el("label", { for: "code", "data-t": "login.code" }), code);
  const button = el("button", { class: "main", "data-t": "login" });
  const form = el(
    "form",
    { class: "card" },
    el("h1", { "data-t": "login" }),
    el("p", {}, el("label", { for: "account", "data-t": "login.account" }), account),
    el("p", {}, el("label", { for: "password", "data-t": "login.password" }), password),
    codeRow,
    trouble,
    button,
    el("p", { class: "small", "data-t": "login.purpose" }),
  );
  const send = async (event) => {
    event.preventDefault();
    button.disabled = true;
    trouble.textContent = "";
    try {
      onin(await api.login(account.value.trim(), password.value, code.value));
    } catch (error) {
      trouble.textContent = error.status === 401 ? t(`login.${error.reason === "code_needed" ? "code_needed" : "wrong"}`) : sentence(error);
      if (error.reason === "code_needed") {
        codeRow.hidden = false;
        code.required = true;
        code.focus();
      } else (codeRow.hidden ? password : code).select();
    } finally {
      button.disabled = false;
    }
  };
  form.addEventListener("submit", send);
  fill(form);
  return form;
}
