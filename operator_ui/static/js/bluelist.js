// The page Bluelist: one press when a volunteer walks past, what became of the passes, and taking one back.
import { listen } from "./connection.js";
import { ask } from "./http.js";
import { say } from "./words.js";

/** While a pass is not over, its result is looked for this often: nothing tells that nobody was found. */
const LOOK_MS = 2000;
const SURE_MS = 5000;

const holder = document.getElementById("passes");
const log = document.getElementById("log");
const message = document.getElementById("message");
const volunteers = new Map([...(log?.entry.options ?? [])].filter((one) => one.value).map((one) => [one.value, one.text]));

let fetching = false;
let again = false;

if (log) prepareForm();
holder.addEventListener("click", (event) => {
  const button = event.target.closest("[data-withdraw]");
  if (button) takeBack(button);
});
nameThem();
listen("change", draw);
setInterval(() => {
  if (!document.hidden && holder.querySelector('[data-result="open"]')) draw();
}, LOOK_MS);

function prepareForm() {
  log.addEventListener("submit", press);
  log.addEventListener("input", () => tell(""));
  // What a volunteer said once need not be asked again; who logs may change it.
  log.entry.addEventListener("change", () => {
    const last = holder.querySelector(`[data-entry="${CSS.escape(log.entry.value)}"]`);
    choose(last?.dataset.group ?? "");
  });
  const another = document.getElementById("another");
  another.addEventListener("change", () => {
    const code = another.value.trim();
    if (!code) return;
    if (!another.checkValidity()) return tell(say("bluelist.code"));
    choose(code);
    another.value = "";
  });
  const button = log.querySelector(".walks");
  // Served disabled: a press before this script listens would do nothing.
  if (button) button.disabled = false;
}

async function press(event) {
  event.preventDefault();
  const { entry, camera, light, group } = Object.fromEntries(new FormData(log));
  if (document.getElementById("another").value.trim()) return tell(say("bluelist.code"));
  if (!entry || !camera || !light) return tell(say("bluelist.choose"));
  const button = log.querySelector(".walks");
  button.disabled = true;
  const { fault } = await ask(`/api/deployments/${log.dataset.deployment}/passes`, { entry, camera, light, group: group || null });
  button.disabled = false;
  if (fault) return tell(fault);
  navigator.vibrate?.(60);
  tell("", say("bluelist.logged", { volunteer: volunteers.get(entry), camera }));
  await draw();
}

/** Choose a group's code; one that was not used before gets its own button. */
function choose(code) {
  const groups = document.getElementById("groups");
  let found = [...groups.querySelectorAll("input[name=group]")].find((one) => one.value === code);
  if (!found) {
    const chip = groups.querySelector(".chip").cloneNode(true);
    found = chip.querySelector("input");
    found.value = code;
    chip.querySelector("span").textContent = code;
    groups.querySelector(".another").before(chip);
  }
  found.checked = true;
}

/** The first press asks, the second acts: a thumb that slips takes nothing back. */
async function takeBack(button) {
  const row = button.closest("[data-pass]");
  if (row.dataset.sure === undefined) {
    const before = button.textContent;
    row.dataset.sure = "";
    button.textContent = say("bluelist.sure");
    setTimeout(() => {
      delete row.dataset.sure;
      button.textContent = before;
    }, SURE_MS);
    return;
  }
  button.disabled = true;
  const { fault } = await ask(`/api/passes/${row.dataset.pass}/withdraw`, {});
  tell(fault ?? "", fault ? "" : say("bluelist.taken_back"));
  delete row.dataset.sure;
  await draw();
}

async function draw() {
  again = true;
  if (fetching) return;
  fetching = true;
  while (again) {
    again = false;
    try {
      const answer = await fetch("/bluelist/passes");
      // A question that waits for its second press is not drawn away under the thumb.
      if (answer.ok && !holder.querySelector("[data-sure]")) replace(await answer.text());
    } catch {
      // The connection's banner says it; the next look draws it.
    }
  }
  fetching = false;
}

function replace(html) {
  const open = holder.querySelector("details")?.open;
  holder.innerHTML = html;
  const details = holder.querySelector("details");
  if (details && open) details.open = true;
  nameThem();
}

/** Passes come without names; this page has them for those who log. */
function nameThem() {
  for (const row of holder.querySelectorAll("[data-entry]")) {
    const name = volunteers.get(row.dataset.entry);
    if (name) row.querySelector("[data-who]").textContent = name;
  }
}

function tell(fault, done = "") {
  message.textContent = fault;
  document.getElementById("done").textContent = done;
}
