import { language } from "./words.js";

/** The zone of the province: times on the page are its times, wherever the viewer sits. */
export const ZONE = "Asia/Ho_Chi_Minh";
const FORMATS = new Map();

function parts(seconds) {
  if (!FORMATS.has("parts"))
    FORMATS.set("parts", new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }));
  return Object.fromEntries(FORMATS.get("parts").formatToParts(seconds * 1000).map((one) => [one.type, one.value]));
}

/** "08:12:05" of an instant in seconds since 1970. */
export function timeOf(seconds, withSeconds = true) {
  const at = parts(seconds);
  return `${at.hour}:${at.minute}${withSeconds ? `:${at.second}` : ""}`;
}

/** "2026-11-26" of an instant. */
export function dayOf(seconds) {
  const at = parts(seconds);
  return `${at.year}-${at.month}-${at.day}`;
}

/** "08:12 ngày 26/11/2026", or in English "08:12 on 26/11/2026". */
export function momentOf(seconds) {
  const at = parts(seconds);
  return `${at.hour}:${at.minute} ${language() === "vi" ? "ngày" : "on"} ${at.day}/${at.month}/${at.year}`;
}

/** "26/11/2026 08:12:05": as it is drawn over pictures. */
export function stampOf(seconds) {
  const at = parts(seconds);
  return `${at.day}/${at.month}/${at.year} ${at.hour}:${at.minute}:${at.second}`;
}

/** The instants, in seconds since 1970, at which a day "2026-11-26" of the province begins and ends. */
export function boundsOf(day) {
  const noon = Date.parse(`${day}T12:00:00Z`) / 1000;
  const at = parts(noon);
  const shift = Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second) / 1000 - noon;
  const from = Date.parse(`${day}T00:00:00Z`) / 1000 - shift;
  return { from, until: from + 86400 };
}

let ahead = 0;

/** Takes the centre's clock where the viewer's own is wrong; `date` is the HTTP header of an answer. */
export function hear(date) {
  const theirs = Date.parse(date ?? "") / 1000;
  if (Number.isNaN(theirs)) return;
  const difference = theirs - Date.now() / 1000;
  ahead = Math.abs(difference) > 3 ? difference : 0;
}

/** Seconds since 1970 by the centre's clock. */
export const now = () => Date.now() / 1000 + ahead;
