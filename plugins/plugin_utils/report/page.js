(() => {
  const root = document.documentElement;
  const say = (language) => {
    root.lang = language;
    for (const each of document.querySelectorAll("[data-vi]")) each.setAttribute("aria-label", each.dataset[language]);
    document.title = root.dataset["title" + (language === "vi" ? "Vi" : "En")];
  };
  const remembered = (() => { try { return localStorage.getItem("motcua-language"); } catch { return null; } })();
  for (const radio of document.getElementsByName("language")) {
    if (radio.value === remembered) { radio.checked = true; say(remembered); }
    radio.addEventListener("change", () => {
      say(radio.value);
      try { localStorage.setItem("motcua-language", radio.value); } catch { /* a file opened without storage */ }
    });
  }
  root.classList.add("js");

  const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase();
  const search = document.getElementById("search");
  const rows = [...document.querySelectorAll("#province .places li")].map((item) => [item, plain(item.querySelector("a").textContent)]);
  search.addEventListener("input", () => {
    const wanted = plain(search.value.trim());
    const kept = new Set();
    for (const [item, text] of rows) {
      if (!text.includes(wanted)) continue;
      for (let each = item; each && each.id !== "province"; each = each.parentElement) {
        kept.add(each);
        if (wanted && each.tagName === "DETAILS") each.open = true;
      }
    }
    for (const [item] of rows) item.hidden = !kept.has(item);
  });
  document.getElementById("only-bad").addEventListener("change", (event) => {
    if (event.target.checked) for (const each of document.querySelectorAll("#province .bad > details")) each.open = true;
  });
  // A browser that leaves closed parts out of print opens them for it.
  let closed = [];
  addEventListener("beforeprint", () => { closed = [...document.querySelectorAll("details:not([open])")]; for (const each of closed) each.open = true; });
  addEventListener("afterprint", () => { for (const each of closed) each.open = false; });
  const province = document.getElementById("province");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      if (!province.checkVisibility || !province.checkVisibility()) location.hash = "#province";
      search.focus();
    } else if (event.key === "Escape") {
      const up = document.querySelector(".view:has(> .device:target) > .crumbs .own a, .view:target > .crumbs > a:last-of-type");
      if (document.activeElement === search && search.value) { search.value = ""; search.dispatchEvent(new Event("input")); }
      else if (up) location.hash = up.getAttribute("href");
    }
  });
})();
