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

/** Of every alert: the line is back, or an entry of the list stands otherwise than before. */
const CONCERNS_ALL = ["back", "entry"];

listen("change", async (change) => {
  if (change.alert !== alert && !CONCERNS_ALL.includes(change.kind)) return;
  try {
    const answer = await fetch(`/api/alerts/${alert}`);
    if (!answer.ok) return;
    const now = await answer.json();
    document.getElementById("state").textContent = now.state_words;
    document.getElementById("state").dataset.state = now.state;
    if (isDrawn(now)) return;
  } catch {
    return;
  }
  if (begun()) showMoved();
  else location.reload();
});

/** A page that shows more than its step (`data-version`) is drawn anew when any of that changes. */
function isDrawn(now) {
  const { step, version } = place.dataset;
  return now.step === step && (version === undefined || now.version === version);
}

function showMoved() {
  const moved = document.getElementById("moved");
  moved.hidden = false;
  moved.querySelector("button").onclick = () => location.reload();
}
