// What every page does: the line to the rig, ages, sound for a new alert.
import { tickAges } from "./ages.js";
import { listen, open } from "./connection.js";
import "./lock.js";
import { prepareBand } from "./band.js";
import { prepareSound, ring } from "./sound.js";

prepareSound();
prepareBand();
listen("change", (change) => {
  if (change.kind !== "alert") return;
  ring();
  document.getElementById("announcer").textContent = "A new alert is waiting.";
});
if (document.body.dataset.after !== undefined) open();
tickAges();
setInterval(tickAges, 500);
