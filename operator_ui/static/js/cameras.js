// The cameras: their condition in words, and a small picture of now in which nobody can be recognised but who has an alert.
import { age } from "./ages.js";
import { isLost, rigNow } from "./connection.js";
import { number, say } from "./words.js";

const EVERY_MS = 600;
/** From this age on a picture is grey: it does not show what is there now. */
const OLD_MS = 2500;
const GONE_MS = 10_000;

const tiles = new Map();
let locked = false;

/** One row for each camera, made from the template; texts are put in as text only. */
export function showCameras(cameras) {
  const holder = document.getElementById("cameras");
  const names = cameras.map(({ camera }) => camera);
  if (JSON.stringify(names) !== holder.dataset.names) {
    holder.dataset.names = JSON.stringify(names);
    tiles.clear();
    holder.replaceChildren(...names.map(makeRow));
  }
  cameras.forEach((camera, index) => {
    const row = holder.children[index];
    const texts = textsOf(camera);
    row.dataset.condition = camera.condition;
    for (const field of row.querySelectorAll("[data-field]")) field.textContent = texts[field.dataset.field];
  });
}

function makeRow(name) {
  const row = document.getElementById("camera").content.cloneNode(true);
  const box = row.querySelector(".tile");
  box.querySelector("canvas").setAttribute("aria-label", say("tile.of", { camera: name }));
  box.querySelector(".tile-words").textContent = say("tile.none");
  tiles.set(name, { box, at: null, busy: false });
  return row;
}

const textsOf = (camera) => ({
  camera: camera.camera,
  condition: say(`camera.${camera.condition}`),
  advice: say(`advice.${camera.condition}`),
  fps: camera.fps.toFixed(1),
  dropped: number(camera.dropped),
  last_frame: camera.last_frame_s === null ? "–" : age(Math.round(camera.last_frame_s)),
  brightness: camera.brightness === null ? "–" : number(Math.round(camera.brightness)),
  // 0.02 is a sharp street.
  sharpness: camera.sharpness === null ? "–" : number(Math.min(100, Math.round(camera.sharpness * 5000))),
  still: camera.still_s === null ? "–" : age(Math.round(camera.still_s)),
  frames: number(camera.frames),
  unsearched: number(camera.unsearched),
  faces: number(camera.faces),
  passages: number(camera.passages),
  looks_rejected: number(camera.looks_rejected),
});

export function pollTiles() {
  setInterval(round, EVERY_MS);
}

function round() {
  for (const [name, tile] of tiles) {
    tell(tile);
    if (!locked && !isLost() && !document.hidden && !tile.busy && isNear(tile.box)) fetchTile(name, tile);
  }
}

function isNear(box) {
  const { top, bottom } = box.getBoundingClientRect();
  return bottom > -100 && top < innerHeight + 100;
}

async function fetchTile(name, tile) {
  tile.busy = true;
  try {
    const answer = await fetch(`/cameras/${encodeURIComponent(name)}/tile`, { signal: AbortSignal.timeout(3000) });
    if (answer.status === 200) {
      // Decoded before it is drawn: the picture of before stands until then.
      const picture = await createImageBitmap(await answer.blob());
      if (!locked) draw(tile, picture, Date.parse(answer.headers.get("Tile-At")));
      picture.close();
    }
  } catch {
    // No line, or no picture: the tile grows old, and says so.
  }
  tile.busy = false;
}

function draw(tile, picture, at) {
  const canvas = tile.box.querySelector("canvas");
  if (canvas.width !== picture.width || canvas.height !== picture.height) {
    canvas.width = picture.width;
    canvas.height = picture.height;
  }
  canvas.getContext("2d").drawImage(picture, 0, 0);
  tile.at = at;
  tell(tile);
}

function tell(tile) {
  const old = tile.at === null ? Infinity : rigNow() - tile.at;
  if (old > GONE_MS && tile.at !== null) wipe(tile);
  const state = tile.at === null ? "none" : old > OLD_MS ? "old" : "live";
  tile.box.dataset.tile = state;
  const words = tile.box.querySelector(".tile-words");
  words.textContent = state === "live" ? "" : say(`tile.${state}`, { time: age(Math.round(old / 1000)) });
}

function wipe(tile) {
  const canvas = tile.box.querySelector("canvas");
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  tile.at = null;
}

document.addEventListener("locked", () => {
  locked = true;
  for (const tile of tiles.values()) wipe(tile);
});
document.addEventListener("unlocked", () => (locked = false));
