// A page that is left alone locks itself: nothing of it is drawn, its pictures are let go, its session is ended. Who
// signs in again as the same person goes on where he or she was: the forms stay in the page, and nowhere else.
import { post, renew } from "./http.js";
import { passkeysWork, signInWithPasskey } from "./passkey.js";

const me = document.body.dataset.person;
const idleMs = Number(document.body.dataset.idle) * 1000;
// The rig hears of the person this often; shorter than the idle time, however short that is.
const tellMs = Math.min(30_000, idleMs / 4);

const screen = document.getElementById("lock");
const form = screen.querySelector("form");
const message = form.querySelector(".form-message");
const password = document.getElementById("lock-password");
// Other pages of this browser share the session.
const others = new BroadcastChannel("openlfr-session");

let touched = Date.now();
let told = 0;
let telling = 0;
let locked = false;
let ending = Promise.resolve();

for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) {
  document.addEventListener(kind, touch, { capture: true, passive: true });
}

function touch() {
  if (locked || overdue()) return;
  touched = Date.now();
  // The last touch is told too: the rig must not count the person as gone earlier than the page does.
  if (!telling) telling = setTimeout(tell, Math.max(0, told + tellMs - touched));
}

function tell() {
  telling = 0;
  told = Date.now();
  others.postMessage({ kind: "touched", person: me });
  fetch("/api/session/seen", {
    method: "POST",
    headers: { "X-CSRF-Token": document.body.dataset.csrf },
    keepalive: true,
  }).catch(() => {}); // No line: the rig counts on, and the banner says so.
}

// By the clock, not by timers alone: a tablet that slept wakes up locked.
const overdue = () => Date.now() - touched >= idleMs;
const watch = () => !locked && overdue() && lock(true);
setInterval(watch, Math.min(1000, idleMs / 4));
document.addEventListener("visibilitychange", watch);
document.addEventListener("session-over", () => lock(false));

function lock(first) {
  if (locked) return;
  locked = true;
  clearTimeout(telling);
  telling = 0;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  for (const picture of document.querySelectorAll("main img[src]")) {
    picture.dataset.lockedSrc = picture.getAttribute("src");
    picture.removeAttribute("src");
  }
  for (const secret of document.querySelectorAll("main input[type=password], .secret")) clear(secret);
  screen.hidden = false;
  document.body.classList.add("is-locked");
  document.dispatchEvent(new Event("locked"));
  password.focus();
  if (!first) return;
  others.postMessage({ kind: "locked", person: me });
  ending = fetch("/api/session/lock", {
    method: "POST",
    headers: { "X-CSRF-Token": document.body.dataset.csrf },
  }).catch(() => {}); // No line: the rig counts for itself, and ends the session too.
}

function clear(secret) {
  if ("value" in secret) secret.value = "";
  else secret.textContent = "";
}

function unlock(session, first) {
  if (session.person !== me) return location.assign("/");
  renew(session.csrf);
  touched = told = Date.now();
  locked = false;
  form.reset();
  message.textContent = "";
  screen.hidden = true;
  document.body.classList.remove("is-locked");
  for (const picture of document.querySelectorAll("[data-locked-src]")) {
    picture.src = picture.dataset.lockedSrc;
    delete picture.dataset.lockedSrc;
  }
  document.dispatchEvent(new Event("unlocked"));
  if (first) others.postMessage({ kind: "unlocked", person: me });
}

others.addEventListener("message", async ({ data }) => {
  if (data.person !== me) return;
  if (data.kind === "touched" && !locked) touched = Date.now();
  if (data.kind === "locked") lock(false);
  if (data.kind === "unlocked" && locked) unlock(await present(), false);
});

async function present() {
  const answer = await fetch("/api/session");
  return answer.ok ? answer.json() : {};
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = document.getElementById("lock-name").textContent;
  await attempt(() => post("/api/sign-in", { name, password: password.value }));
});

const key = form.querySelector("[data-passkey]");
key.hidden = !passkeysWork();
key.addEventListener("click", () => attempt(signInWithPasskey));

async function attempt(signIn) {
  const buttons = form.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  message.textContent = "";
  // Its answer takes the old cookie away: it must not take the new one.
  await ending;
  const fault = await signIn();
  for (const button of buttons) button.disabled = false;
  password.value = "";
  if (fault) message.textContent = fault;
  else unlock(await present(), true);
}
