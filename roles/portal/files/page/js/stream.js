import Hls from "../vendor/hls.min.js";

const STALL_S = 6;
const FIRST_S = 10;
const LONGEST_WAIT_S = 30;
const HEVC = 'video/mp4; codecs="hvc1.1.6.L120.90"';
const ONE_TRY = { maxTimeToFirstByteMs: 5000, maxLoadTimeMs: 10000, timeoutRetry: null, errorRetry: null };
const SOME_TRIES = { ...ONE_TRY, errorRetry: { maxNumRetry: 2, retryDelayMs: 300, maxRetryDelayMs: 1000 } };

/** Pieces of 2 s, 8 of them listed: 3 s before the end is as near as is steady; what fell 7 s behind jumps, what fell less runs a little faster. */
const LIVE = {
  enableWorker: false,
  liveSyncDuration: 3,
  liveMaxLatencyDuration: 7,
  liveSyncOnStallIncrease: 0.25,
  maxLiveSyncPlaybackRate: 1.15,
  maxBufferLength: 8,
  backBufferLength: 4,
  manifestLoadPolicy: { default: ONE_TRY },
  playlistLoadPolicy: { default: SOME_TRIES },
  fragLoadPolicy: { default: SOME_TRIES },
};

/** iPhones have no MediaSource and play HLS themselves; everywhere else hls.js does, with its shorter delay. */
export const native = () => !("MediaSource" in window) && document.createElement("video").canPlayType("application/vnd.apple.mpegurl") !== "";

/** Whether this browser decodes what a camera sends. */
export function plays(codec) {
  if (codec !== "h265") return true;
  if (native()) return document.createElement("video").canPlayType(HEVC) !== "";
  return MediaSource.isTypeSupported(HEVC);
}

/**
 * A live picture that mends itself: when it stands still or fails it is opened again, after waits that grow to 30 s.
 * `onchange(what, seconds)`: connecting, playing, retrying (in so many seconds), refused, lost, codec.
 */
export class LiveStream {
  #video;
  #onchange;
  #url = "";
  #hls = null;
  #tries = 0;
  #playing = false;
  #opened = 0;
  #moved = { at: 0, time: 0 };
  #look = 0;
  #retry = 0;

  constructor(video, onchange) {
    this.#video = video;
    this.#onchange = onchange;
    video.addEventListener("error", () => this.#hls || !this.#url || this.#failed());
    video.addEventListener("timeupdate", () => this.#advanced());
  }

  start(url) {
    this.stop();
    this.#url = url;
    this.#tries = 0;
    this.#open();
  }

  stop() {
    this.#url = "";
    this.#close();
    clearTimeout(this.#retry);
  }

  get running() {
    return this.#url !== "";
  }

  #open() {
    this.#playing = false;
    this.#opened = performance.now();
    this.#moved = { at: this.#opened, time: -1 };
    this.#onchange("connecting");
    if (native()) {
      this.#video.src = this.#url;
    } else {
      this.#hls = new Hls(LIVE);
      this.#hls.on(Hls.Events.ERROR, (_event, data) => data.fatal && this.#failed(data));
      this.#hls.loadSource(this.#url);
      this.#hls.attachMedia(this.#video);
    }
    this.#video.play().catch(() => {}); // A browser that waits for a touch shows its own sign.
    this.#look = setInterval(() => this.#standsStill(), 1000);
  }

  #close() {
    clearInterval(this.#look);
    this.#hls?.destroy();
    this.#hls = null;
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  #advanced() {
    if (!this.running || this.#video.currentTime === this.#moved.time) return;
    this.#moved = { at: performance.now(), time: this.#video.currentTime };
    if (this.#video.readyState < 2 || this.#playing) return;
    this.#playing = true;
    this.#onchange("playing");
  }

  #standsStill() {
    if (this.#playing && performance.now() - this.#opened > 20000) this.#tries = 0;
    if (this.#video.paused && this.#playing) this.#video.play().catch(() => {});
    const allowed = this.#playing ? STALL_S : FIRST_S;
    if (performance.now() - this.#moved.at > allowed * 1000) this.#failed();
  }

  #failed(data = {}) {
    const status = data.response?.code;
    this.#close();
    if (data.details === Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR || data.details === Hls.ErrorDetails.BUFFER_ADD_CODEC_ERROR) return this.#onchange("codec");
    if (status === 401) return this.#onchange("lost");
    if (status === 403) return this.#onchange("refused");
    const wait = Math.min(LONGEST_WAIT_S, 2 ** this.#tries) * (0.8 + 0.4 * Math.random());
    this.#tries += 1;
    this.#onchange("retrying", Math.ceil(wait));
    this.#retry = setTimeout(() => this.#open(), wait * 1000);
  }
}
