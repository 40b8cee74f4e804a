// The queue is drawn by the server; this puts a fresh one in place when something changed, and shows the rig's status.
import { age, tickAges } from "./ages.js";
import { listen } from "./connection.js";

let fetching = false;
let again = false;

listen("change", refresh);
listen("status", (status) => {
  showCounts(status.queue);
  showRows("cameras", "camera", status.cameras, (camera) => ({
    ...camera,
    fps: camera.fps.toFixed(1),
    last_frame: camera.last_frame_s === null ? "–" : age(Math.round(camera.last_frame_s)),
  }));
  showRows("processes", "process", status.processes, (process) => ({
    ...process,
    restarts: process.restarts ? `${process.restarts} restart${process.restarts === 1 ? "" : "s"}` : "",
  }));
  document.getElementById("engine").textContent = status.engines.length ? status.engines.join(", ") : "not running";
});

async function refresh() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  do {
    again = false;
    try {
      const answer = await fetch("/queue");
      if (answer.ok) replaceQueue(await answer.text());
    } catch {
      // The connection's banner says it; the next change, or the line's return, draws the queue again.
    }
  } while (again);
  fetching = false;
}

function replaceQueue(html) {
  const queue = document.getElementById("queue");
  const before = new Set([...queue.querySelectorAll("[data-alert]")].map((card) => card.id));
  const focused = document.activeElement?.id;
  queue.innerHTML = html;
  for (const card of queue.querySelectorAll("[data-alert]")) {
    if (!before.has(card.id)) card.classList.add("is-new");
  }
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  tickAges();
}

function showCounts(counts) {
  for (const place of document.querySelectorAll("[data-count]")) {
    place.querySelector("dd").textContent = counts[place.dataset.count];
    place.dataset.some = String(counts[place.dataset.count] > 0);
  }
}

/** One row for each value, made from the template; texts are put in as text only. */
function showRows(place, template, values, textsOf) {
  const holder = document.getElementById(place);
  if (holder.childElementCount !== values.length || holder.querySelector(":scope > p")) {
    holder.replaceChildren(...values.map(() => document.getElementById(template).content.cloneNode(true)));
  }
  values.forEach((value, index) => {
    const row = holder.children[index];
    row.dataset.state = value.state;
    const texts = textsOf(value);
    for (const field of row.querySelectorAll("[data-field]")) {
      const text = texts[field.dataset.field];
      field.textContent = typeof text === "number" ? text.toLocaleString("en-GB") : text;
      if (field.classList.contains("state")) field.dataset.state = value.state;
    }
  });
}
