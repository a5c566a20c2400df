import Hls from "../vendor/hls.min.js";
import { playlistUrl } from "./api.js";
import { now } from "./clock.js";
import { instantOf, pieces, playerTime } from "./playlist.js";
import { native } from "./stream.js";

const AGAIN_S = 60;

/** A day of a camera's recordings in a video element, addressed by the wall clock. */
export class Recording {
  #api;
  #camera;
  #video;
  #hls = null;
  #list = [];
  #until = 0;
  #bounds;
  #speed = 1;
  onfail = () => {};

  constructor(api, camera, video) {
    this.#api = api;
    this.#camera = camera;
    this.#video = video;
    video.addEventListener("error", () => this.#hls || !video.src || this.onfail());
  }

  /** Loads what there is between two instants; gives false where there is nothing. */
  async open(bounds) {
    this.close();
    this.#bounds = bounds;
    this.#until = Math.min(bounds.until, now());
    if (this.#until <= bounds.from) return false;
    const text = await this.#api.playlist(this.#camera.id, bounds.from, this.#until).catch((error) => {
      if (error.status === 404) return "";
      throw error;
    });
    this.#list = pieces(text);
    if (!this.#list.length) return false;
    const url = playlistUrl(this.#camera.id, bounds.from, this.#until);
    if (native()) this.#video.src = url;
    else {
      this.#hls = new Hls({ enableWorker: false, autoStartLoad: false, maxBufferLength: 30, backBufferLength: 30 });
      this.#hls.on(Hls.Events.ERROR, (_event, data) => data.fatal && this.onfail());
      this.#hls.loadSource(url);
      this.#hls.attachMedia(this.#video);
    }
    return true;
  }

  /** Goes to an instant; gives the one where the picture really is, or null where none follows. */
  async seek(instant) {
    if (instant > this.#until - AGAIN_S && this.#until < Math.min(this.#bounds.until, now() - AGAIN_S)) await this.open(this.#bounds);
    const time = playerTime(this.#list, instant);
    if (time === null) return null;
    if (!this.#hls) this.#video.currentTime = time;
    else if (this.#video.readyState > 0) {
      this.#video.currentTime = time;
      this.#hls.startLoad(time);
    } else this.#hls.startLoad(time);
    return instantOf(this.#list, time);
  }

  get instant() {
    return this.#video.readyState > 0 ? instantOf(this.#list, this.#video.currentTime) : null;
  }

  set speed(speed) {
    this.#speed = speed;
    this.#video.playbackRate = speed;
    this.#video.defaultPlaybackRate = speed;
  }

  get speed() {
    return this.#speed;
  }

  close() {
    this.#hls?.destroy();
    this.#hls = null;
    this.#list = [];
    this.#video.removeAttribute("src");
    this.#video.load();
  }
}
