// The ledger's page: checking the chain, a part at a time, and taking the ledger away as a file.
import { ready } from "./forms.js";
import { ask } from "./http.js";
import { number, say } from "./words.js";

const box = document.getElementById("verify");
const told = box.querySelector(".verified");
const buttons = [...box.querySelectorAll("button")];

for (const button of buttons) {
  button.disabled = false;
  button.addEventListener("click", () => check(Number(button.dataset.first), Number(button.dataset.last)));
}

/** Asks for one part after the other: each request is short, and the rig goes on with its work between them. */
async function check(first, last) {
  const atOnce = Number(box.dataset.atOnce);
  for (const button of buttons) button.disabled = true;
  const total = Math.max(0, last - first + 1);
  let entries = 0;
  let signed = 0;
  let fault = null;
  tell("", say("ledger.checking", { n: number(0), total: number(total) }));
  for (let from = first; from <= last && fault === null; from += atOnce) {
    const reply = await ask("/api/ledger/verify", { first: from, last: Math.min(last, from + atOnce - 1) });
    if (reply.fault) {
      tell("", reply.fault);
      break;
    }
    entries += reply.answer.entries;
    signed = reply.answer.signed_to || signed;
    fault = reply.answer.fault;
    tell("", say("ledger.checking", { n: number(entries), total: number(total) }));
  }
  if (fault !== null) tell("broken", say("ledger.broken", { fault }));
  else if (entries === total) {
    const signatures = signed ? say("ledger.signed", { n: number(signed) }) : say("ledger.unsigned");
    tell("whole", say("ledger.whole", { n: number(entries), signatures }));
  }
  for (const button of buttons) button.disabled = false;
}

function tell(found, sentence) {
  told.dataset.found = found;
  told.textContent = sentence;
}

const form = document.getElementById("take");
if (form) {
  const message = form.querySelector(".form-message");
  const taken = form.querySelector(".taken");
  const button = form.querySelector("button");
  form.noValidate = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const reason = form.querySelector("input[name=reason]:checked")?.value ?? "";
    message.textContent = taken.textContent = "";
    if (!reason) return (message.textContent = form.dataset.choose);
    button.disabled = true;
    message.textContent = (await take(reason)) ?? "";
    if (!message.textContent) taken.textContent = say("ledger.taken");
    button.disabled = false;
  });
  ready(form);
}

/** Saves the file; returns null, or the sentence for the person. */
async function take(reason) {
  try {
    const reply = await fetch("/api/ledger/export", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": document.body.dataset.csrf },
      body: JSON.stringify({ reason }),
    });
    if (reply.status === 401) document.dispatchEvent(new Event("session-over"));
    if (!reply.ok) return (await reply.json()).error;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await reply.blob());
    link.download = /filename="?([^";]+)/.exec(reply.headers.get("content-disposition"))[1];
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    return null;
  } catch {
    return say("post.no_line");
  }
}
