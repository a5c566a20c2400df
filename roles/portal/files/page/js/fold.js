/** What is compared in searches: without diacritics and capitals, so that "bac lung" finds "Bắc Lũng". */
export function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase().trim();
}
