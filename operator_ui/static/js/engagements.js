// The officer's list is drawn by the server; this puts a fresh one in place when something changed.
import { tickAges } from "./ages.js";
import { listen } from "./connection.js";

const list = document.getElementById("engagements");
let fetching = false;
let again = false;

listen("change", refresh);

async function refresh() {
  again = true;
  if (fetching) return;
  fetching = true;
  while (again) {
    again = false;
    try {
      const answer = await fetch("/engagements/list");
      if (answer.ok) replace(await answer.text());
    } catch {
      // The connection's banner says it; the line's return draws the list again.
    }
  }
  fetching = false;
}

function replace(html) {
  const focused = document.activeElement?.id;
  list.innerHTML = html;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  tickAges();
}
