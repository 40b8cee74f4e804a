// One entry: open it for a reason, withdraw it, restore it. What was opened is let go when its time is over.
import { isBegun, prepareActs } from "./acts.js";
import { tickUntil } from "./until.js";

prepareActs();
tickUntil(() => {
  if (!isBegun()) return location.reload();
  document.getElementById("shown")?.remove();
});
