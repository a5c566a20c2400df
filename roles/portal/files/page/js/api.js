import { hear } from "./clock.js";

/** What the centre answered when it didn't do what was asked; `status` is 0 where it wasn't reached at all. */
export class ApiError extends Error {
  constructor(status, body = {}) {
    super(body.error ?? `HTTP ${status}`);
    this.status = status;
    this.reason = body.error ?? "";
    this.seconds = body.seconds ?? 0;
  }
}

/** The gate of the centre, as the page sees it. Who is logged in is known here and nowhere else. */
export class Api {
  #token = "";
  /** Called once when the session ended under the page. */
  onlost = () => {};

  async #call(method, path, body) {
    const headers = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (method === "POST" && this.#token) headers["X-Motcua-Token"] = this.#token;
    let answer;
    try {
      answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin", cache: "no-store" });
    } catch {
      throw new ApiError(0);
    }
    hear(answer.headers.get("Date"));
    const said = await answer.text();
    if (answer.ok) return path.includes(".m3u8") ? said : said && JSON.parse(said);
    let reason = {};
    try {
      reason = JSON.parse(said);
    } catch {
      // A proxy's error page: its status says enough.
    }
    throw new ApiError(answer.status, reason);
  }

  async #inside(method, path, body) {
    try {
      return await this.#call(method, path, body);
    } catch (error) {
      if (error.status === 401 && this.#token) {
        this.#token = "";
        this.onlost();
      }
      throw error;
    }
  }

  async #enter(call) {
    const viewer = await call;
    this.#token = viewer.token;
    return viewer;
  }

  /** @returns {Promise<{account: string, name: string, viewer: string, kind: string, screens: number, token: string, language: string}>} */
  login(account, password, code) {
    return this.#enter(this.#call("POST", "/api/login", code ? { account, password, code } : { account, password }));
  }

  me() {
    return this.#enter(this.#call("GET", "/api/me"));
  }

  async logout() {
    const token = this.#token;
    if (token) await this.#call("POST", "/api/logout", {});
    this.#token = "";
  }

  invitation(token) {
    return this.#call("GET", `/api/enrol/${encodeURIComponent(token)}`);
  }

  enrol(token, password, code) {
    return this.#call("POST", `/api/enrol/${encodeURIComponent(token)}`, code ? { password, code } : { password });
  }

  tree() {
    return this.#inside("GET", "/api/tree");
  }

  state() {
    return this.#inside("GET", "/api/state");
  }

  province() {
    return this.#inside("GET", "/state.json");
  }

  /** Spans and gaps between two instants, in seconds since 1970. */
  timeline(camera, from, until) {
    return this.#inside("GET", `/api/timeline/${camera}?from=${Math.floor(from)}&until=${Math.floor(until)}`);
  }

  /** The text of the playlist between two instants, in seconds since 1970. */
  playlist(camera, from, until) {
    return this.#inside("GET", playlistUrl(camera, from, until));
  }

  /** Asks for the camera's main stream; gives the seconds that it is kept. */
  demand(camera) {
    return this.#inside("POST", `/api/demand/${camera}`, {});
  }
}

export const liveUrl = (camera, main = false) => `/live/${camera}/${main ? "main/" : ""}index.m3u8`;
export const playlistUrl = (camera, from, until) => `/playback/${camera}/index.m3u8?from=${Math.floor(from)}&until=${Math.floor(until)}`;
