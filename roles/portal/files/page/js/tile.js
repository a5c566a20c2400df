import { liveUrl } from "./api.js";
import { now } from "./clock.js";
import { el, signButton } from "./dom.js";
import { snapshot, toggleFull } from "./snapshot.js";
import { stateOf, stateWords } from "./state.js";
import { LiveStream, plays } from "./stream.js";
import { Watermark } from "./watermark.js";
import { t } from "./words.js";

/** One camera, live, with its name, its state in words, and who watches. It runs only while it is in view. */
export class Tile {
  #states;
  #message = el("p", { class: "message" });
  #state = el("span", { class: "state" });
  #tools = el("div", { class: "tools" });
  #inView = false;
  #path;

  /**
   * @param {{id: string, name: string, codec: string}} camera
   * @param {{viewer: string, states: import("./state.js").States, onopen?: (camera: object) => void}} around
   */
  constructor(camera, { viewer, states, onopen }) {
    this.camera = camera;
    this.#states = states;
    this.#path = liveUrl(camera.id);
    this.watermark = new Watermark(viewer);
    this.video = el("video", { playsinline: true, autoplay: true, disablepictureinpicture: true, "aria-label": t("tile.video", { name: camera.name }) });
    this.video.muted = true;
    this.video.setAttribute("muted", "");
    this.stream = new LiveStream(this.video, (what, seconds) => this.#show(what, seconds));
    if (onopen) this.#tools.append(signButton("alone", t("tile.open", { name: camera.name }), () => onopen(camera)));
    this.#tools.append(
      signButton("picture", t("tile.snapshot", { name: camera.name }), () => snapshot(this.video, camera, viewer, now())),
      signButton("full", t("tile.full", { name: camera.name }), () => toggleFull(this.node)),
    );
    const caption = el("figcaption", {}, el("span", { class: "name", text: camera.name }), this.#state);
    this.node = el("figure", { class: "tile", "data-camera": camera.id }, el("div", { class: "picture" }, this.video, this.watermark.node, this.#message, this.#tools), caption);
    this.node.tile = this;
    this.tell();
  }

  /** Says the camera's state as it is known now. */
  tell() {
    const seen = this.#states.of(this.camera.id);
    this.#state.textContent = stateWords(seen);
    this.#state.dataset.state = stateOf(seen);
  }

  /** Runs the stream while the tile is in view, and only then. */
  see(inView) {
    this.#inView = inView;
    if (!plays(this.camera.codec)) return this.#show("codec");
    if (inView && !this.stream.running) this.stream.start(this.#path);
    if (!inView && this.stream.running) this.stream.stop();
  }

  /** Goes over to another stream of the same camera. */
  change(path) {
    this.#path = path;
    if (this.#inView) this.stream.start(path);
  }

  remove() {
    this.stream.stop();
    this.watermark.remove();
    this.node.remove();
  }

  #show(what, seconds) {
    this.node.dataset.stream = what;
    this.#message.textContent = what === "playing" ? "" : t(`tile.${what}`, { seconds });
    this.#message.hidden = what === "playing";
  }
}
