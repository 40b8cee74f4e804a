// The alarm on every page: no camera sees or searches, although a deployment runs.
import { listen } from "./connection.js";
import { ring } from "./sound.js";
import { say } from "./words.js";
import { clock, tickAges } from "./ages.js";

const AGAIN_MS = 4000;
const QUIET = "blind-quiet";

let since = null;
let rings = 0;

export function prepareBlind() {
  const place = document.getElementById("blind");
  place.querySelector("[data-quiet]").addEventListener("click", () => {
    // For this blindness only: the next one is loud again, on whatever page.
    sessionStorage.setItem(QUIET, since);
    hush(place);
  });
  listen("status", ({ blind, cameras }) => (blind.now ? raise(place, blind, cameras) : settle(place)));
}

function raise(place, blind, cameras) {
  const begins = since !== blind.since;
  since = blind.since;
  place.hidden = false;
  const time = place.querySelector("[data-timer]");
  time.dateTime = since;
  place.querySelector(".blind-total").textContent = say("blind.total", { time: clock(Math.floor(blind.total_s)) });
  showCameras(place.querySelector(".blind-cameras"), cameras);
  tickAges();
  if (!begins) return;
  // Filled now, not before: a screen reader speaks what comes into an alert.
  place.querySelector("[role=alert]").replaceChildren(place.querySelector("template").content.cloneNode(true));
  clearInterval(rings);
  if (sessionStorage.getItem(QUIET) === since) return hush(place);
  place.querySelector("[data-quiet]").hidden = false;
  ring("blind");
  rings = setInterval(() => ring("blind"), AGAIN_MS);
}

function settle(place) {
  if (place.hidden) return;
  since = null;
  hush(place);
  place.hidden = true;
  place.querySelector("[role=alert]").replaceChildren();
  document.getElementById("announcer").textContent = say("blind.over");
}

function hush(place) {
  clearInterval(rings);
  place.querySelector("[data-quiet]").hidden = true;
}

function showCameras(list, cameras) {
  const lines = cameras
    .filter(({ condition }) => condition !== "ended")
    .map(({ camera, condition }) => [camera, say(`camera.${condition}`), say(`advice.${condition}`)]);
  const told = JSON.stringify(lines);
  if (list.dataset.told === told) return;
  list.dataset.told = told;
  list.replaceChildren(
    ...lines.map(([camera, what, advice]) => {
      const line = document.createElement("li");
      const name = document.createElement("b");
      name.textContent = `${camera}: ${what}.`;
      line.append(name, ` ${advice}`);
      return line;
    }),
  );
}

// A line that is lost says more than an old alarm; when it is back the next status decides.
document.addEventListener("locked", () => {
  clearInterval(rings);
  since = null;
});
