// An alert's page belongs to one step. When the alert moves on, the page does too, unless a form is half filled.
import { listen } from "./connection.js";

const place = document.querySelector("[data-step][data-alert]");
const alert = place.dataset.alert;

/** Set by a page with a form: whether the person has begun to fill it in. */
let begun = () => false;

export const here = { alert, step: place.dataset.step };

export function keepWhile(isBegun) {
  begun = isBegun;
}

listen("change", async (change) => {
  if (change.alert !== alert && change.kind !== "back") return;
  try {
    const answer = await fetch(`/api/alerts/${alert}`);
    if (!answer.ok) return;
    const now = await answer.json();
    document.getElementById("state").textContent = now.state_words;
    document.getElementById("state").dataset.state = now.state;
    if (now.step === place.dataset.step) return;
  } catch {
    return;
  }
  if (begun()) showMoved();
  else location.reload();
});

function showMoved() {
  const moved = document.getElementById("moved");
  moved.hidden = false;
  moved.querySelector("button").onclick = () => location.reload();
}
