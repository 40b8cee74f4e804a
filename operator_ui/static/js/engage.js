// After the confirmation: what the officer decides, and the stop. Nothing is chosen beforehand.
import { rigNow } from "./connection.js";
import { ready } from "./forms.js";
import { post } from "./http.js";
import { here, keepWhile } from "./step.js";

const SETTLED_MS = 700;

const forms = [...document.querySelectorAll("form[data-post]")];
const taps = [...document.querySelectorAll("[data-decide], [data-who]")];
const openers = [...document.querySelectorAll("[data-opens]")];

keepWhile(() => forms.some((form) => [...entries(form)].some(([, value]) => value.trim())));

/** What a person has filled in: what the page itself brings along is none of it. */
function* entries(form) {
  for (const [name, value] of new FormData(form)) {
    if (form.elements[name].type !== "hidden") yield [name, value];
  }
}

async function send(address, body, message, buttons) {
  message.textContent = "";
  for (const button of buttons) button.disabled = true;
  const fault = await post(`/api/alerts/${here.alert}/${address}`, body);
  if (fault) {
    message.textContent = fault;
    for (const button of buttons) button.disabled = false;
    return;
  }
  for (const form of forms) form.reset();
  location.reload();
}

for (const form of forms) {
  const message = form.querySelector(".form-message");
  // Where the policy offers nothing, there is nothing to send.
  if (!message) continue;
  form.noValidate = true;
  form.addEventListener("input", () => (message.textContent = ""));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const groups = new Set([...form.elements].filter((field) => field.name).map((field) => field.name));
    const body = Object.fromEntries(new FormData(form));
    if ([...groups].some((name) => !(body[name] ?? "").trim())) return (message.textContent = form.dataset.missing);
    send(form.dataset.post, body, message, [form.querySelector("button")]);
  });
  ready(form);
}

// A final tap: not before the page has come to rest, so that none meant for the page before lands here.
setTimeout(() => {
  for (const button of [...taps, ...openers]) button.disabled = false;
}, SETTLED_MS);

for (const button of taps) {
  const message = button.closest("section").querySelector(".form-message");
  button.addEventListener("click", () => {
    const { decide, who, disposal } = button.dataset;
    if (decide) send("decisions", { decision: decide }, message, taps);
    else send("identity", disposal ? { who, disposal } : { who }, message, taps);
  });
}

for (const button of openers) {
  const panel = document.getElementById(button.dataset.opens);
  button.addEventListener("click", () => {
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
    if (!panel.hidden) panel.scrollIntoView({ block: "nearest" });
  });
}

const prompt = document.getElementById("prompt");

/** The rig's clock decides when a reason is asked for; the rig itself ends nothing. */
function watchPrompt() {
  if (!prompt.hidden || rigNow() < Date.parse(prompt.dataset.promptAt)) return;
  prompt.hidden = false;
  document.getElementById("announcer").textContent = prompt.dataset.announce;
  navigator.vibrate?.(200);
}

if (prompt) {
  watchPrompt();
  setInterval(watchPrompt, 500);
}
