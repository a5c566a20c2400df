import { dayOf, stampOf, timeOf } from "./clock.js";
import { el } from "./dom.js";
import { drawMarks } from "./watermark.js";

/**
 * Hands the picture that is shown to the viewer as a PNG, with who took it all over it and camera and time below it.
 * @param {HTMLVideoElement} video
 * @param {{id: string, name: string}} camera
 * @param {string} viewer
 * @param {number} seconds when the picture was seen, since 1970
 */
export async function snapshot(video, camera, viewer, seconds) {
  if (!video.videoWidth) return;
  const { videoWidth: width, videoHeight: height } = video;
  const foot = Math.max(24, Math.round(height / 14));
  const canvas = el("canvas", { width, height: height + foot });
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0);
  drawMarks(context, width, height, viewer);
  context.fillStyle = "#000";
  context.fillRect(0, height, width, foot);
  context.fillStyle = "#fff";
  context.font = `${Math.round(foot * 0.55)}px sans-serif`;
  context.textBaseline = "middle";
  context.fillText(`${camera.name} · ${stampOf(seconds)} · ${viewer}`, 8, height + foot / 2, width - 16);
  const picture = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const url = URL.createObjectURL(picture);
  el("a", { href: url, download: `${camera.id}_${dayOf(seconds)}_${timeOf(seconds).replaceAll(":", "-")}.png` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** Full screen with everything that lies over the picture; a phone that knows no full screen for it gets the whole window. */
export function toggleFull(box) {
  if (document.fullscreenElement) return document.exitFullscreen();
  if (box.classList.contains("filling") || !box.requestFullscreen) return box.classList.toggle("filling");
  return box.requestFullscreen();
}
