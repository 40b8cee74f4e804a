// What every page does: the line to the rig, ages, sound for news, the alarm of a blind system, the shell for later.
import { tickAges } from "./ages.js";
import { listen, open } from "./connection.js";
import "./lock.js";
import { prepareBand } from "./band.js";
import { prepareBlind } from "./blind.js";
import { prepareSettings } from "./settings.js";
import { ring } from "./sound.js";
import { say } from "./words.js";

/** What each role is called for: kind of the change -> [sound, sentence]. */
const CALLS = {
  operator: { alert: ["review", "alert.new"] },
  engagement_officer: { confirmed: ["confirmed", "alert.confirmed"] },
};

prepareSettings();
prepareBand();
prepareBlind();
listen("change", (change) => {
  const call = CALLS[document.body.dataset.role]?.[change.kind];
  if (!call) return;
  const [kind, sentence] = call;
  ring(kind);
  document.getElementById("announcer").textContent = say(sentence);
});
if (document.body.dataset.after !== undefined) open();
tickAges();
setInterval(tickAges, 500);
// Only where a browser allows it: over HTTPS with a certificate it trusts, or on the rig itself.
if (window.isSecureContext) navigator.serviceWorker?.register("/sw.js").catch(() => {});
