// Time that is left, by the rig's clock.
import { rigNow } from "./connection.js";
import { count, say } from "./words.js";

/** Writes into every time[data-until] how long it is until then; calls `over` once when one of them is past. */
export function tickUntil(over) {
  const times = [...document.querySelectorAll("time[data-until]")];
  let told = false;
  const tick = () => {
    for (const time of times) {
      const seconds = Math.ceil((Date.parse(time.dateTime) - rigNow()) / 1000);
      time.textContent = left(Math.max(0, seconds));
      time.dataset.soon = String(seconds < 15 * 60);
      // A second later, so that the rig's page is past it too.
      if (seconds < 0 && !told) {
        told = true;
        over();
      }
    }
  };
  tick();
  setInterval(tick, 500);
}

function left(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return hours ? say("left.hours", { hours, minutes: minutes % 60 }) : say("age.minutes", { n: minutes });
  return count("left.days", Math.floor(hours / 24));
}
