// The health of the rig, drawn anew with each status.
import { pollTiles, showCameras } from "./cameras.js";
import { clock } from "./ages.js";
import { listen } from "./connection.js";
import { count, say } from "./words.js";

listen("status", ({ cameras, processes, engines, blind }) => {
  showCameras(cameras);
  showProcesses(processes);
  document.getElementById("engine").textContent = engines.length ? engines.join(", ") : say("engine.none");
  const total = Math.floor(blind.total_s);
  // While it grows, the alarm's own clock shows it: here it would be spoken each second.
  if (!blind.now) tell(total ? say("blind.sum", { time: clock(total) }) : say("blind.never"));
});
pollTiles();

/** Spoken when it changes. */
function tell(text) {
  const place = document.getElementById("summary");
  if (place.textContent !== text) place.textContent = text;
}

function showProcesses(processes) {
  const holder = document.getElementById("processes");
  holder.replaceChildren(
    ...processes.map((process) => {
      const row = document.getElementById("process").content.cloneNode(true);
      const texts = {
        ...process,
        state_words: say(`process.${process.state}`),
        restarts: process.restarts ? count("restarts", process.restarts) : "",
      };
      for (const field of row.querySelectorAll("[data-field]")) field.textContent = texts[field.dataset.field];
      row.querySelector(".state").dataset.state = process.state;
      return row;
    }),
  );
}
