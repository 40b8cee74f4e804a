// The page's line to the rig. The rig speaks every second: three seconds of silence are a lost connection.
import { say } from "./words.js";

const SILENCE_MS = 2500;
const RETRY_MS = 1500;

const listeners = { change: [], status: [] };
let source = null;
let heard = performance.now();
let opened = 0;
let after = document.body.dataset.after ?? "";
let clockOffset = 0;
let lost = false;
let locked = false;
/** Whether the line is known to be down at this moment. A locked page does not listen: it knows nothing of the line. */
export const isLost = () => lost && !locked;

/** Calls `listener` with each change ({event, kind, alert}) or each status of the rig. */
export function listen(kind, listener) {
  listeners[kind].push(listener);
}

/** The rig's time, in milliseconds; ages are told by one clock. */
export const rigNow = () => Date.now() + clockOffset;

export function open() {
  start();
  setInterval(watch, 250);
  document.addEventListener("visibilitychange", () => document.hidden || watch());
}

function start() {
  source?.close();
  opened = performance.now();
  const asked = new URLSearchParams(document.body.dataset.cards === undefined ? {} : { cards: "true" });
  if (after !== "") asked.set("after", after);
  source = new EventSource(`/events?${asked}`);
  source.addEventListener("change", (event) => {
    alive();
    after = event.lastEventId;
    tell("change", JSON.parse(event.data));
  });
  source.addEventListener("status", (event) => {
    const status = JSON.parse(event.data);
    clockOffset = Date.parse(status.now) - Date.now();
    alive();
    tell("status", status);
  });
  source.addEventListener("ping", alive);
  source.addEventListener("signed-out", () => {
    source.close();
    askWhetherSignedOut();
  });
}

function tell(kind, value) {
  for (const listener of listeners[kind]) listener(value);
}

function alive() {
  heard = performance.now();
  if (lost || document.getElementById("link").dataset.link === "opening") show(false);
}

function watch() {
  if (locked) return;
  const now = performance.now();
  if (now - heard > SILENCE_MS) {
    if (!lost) {
      show(true);
      askWhetherSignedOut();
    }
    const seconds = Math.round((now - heard) / 1000);
    document.getElementById("lost-for").textContent =
      seconds < 60 ? say("age.seconds", { n: seconds }) : say("age.minutes", { n: Math.floor(seconds / 60) });
    if (now - opened > RETRY_MS) start();
  }
}

function show(down) {
  const was = lost;
  lost = down;
  document.getElementById("lost").hidden = !down;
  document.documentElement.classList.toggle("is-lost", down);
  const link = document.getElementById("link");
  link.dataset.link = down ? "lost" : "live";
  document.getElementById("link-words").textContent = say(down ? "link.lost" : "link.live");
  if (was && !down) tell("change", { event: null, kind: "back", alert: null });
}

/** A session that has ended looks like a lost line to an event source. */
async function askWhetherSignedOut() {
  try {
    const answer = await fetch("/api/session");
    const session = answer.ok ? await answer.json() : null;
    const another = session !== null && session.person !== document.body.dataset.person;
    if (answer.status === 401 || another) document.dispatchEvent(new Event("session-over"));
  } catch {
    // Still no line: the banner says so.
  }
}

document.addEventListener("locked", () => {
  locked = true;
  source?.close();
});
document.addEventListener("unlocked", () => {
  locked = false;
  if (source === null) return;
  heard = performance.now();
  start();
  tell("change", { event: null, kind: "back", alert: null });
});
