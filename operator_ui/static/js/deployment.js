// A deployment's page: its acts, its clock; and it goes on by itself when the deployment does.
import { isBegun, prepareActs } from "./acts.js";
import { listen } from "./connection.js";
import { tickUntil } from "./until.js";

prepareActs();
tickUntil(changed);
listen("change", async ({ kind }) => {
  if (kind !== "deployment" && kind !== "back") return;
  // What this page was drawn after is told too: drawn again for nothing, it would swallow a tap.
  const { id, stamp } = document.getElementById("deployment").dataset;
  try {
    const answer = await fetch(`/api/deployments/${id}`);
    if (answer.ok && answer.headers.get("ETag") !== stamp) changed();
  } catch {
    // No line: the banner says so, and its return is told.
  }
});

function changed() {
  if (!isBegun() && !document.querySelector("details[open], dialog[open]")) return location.reload();
  const moved = document.getElementById("moved");
  moved.hidden = false;
  moved.querySelector("button").onclick = () => location.reload();
}
