// Seconds that are left, by the rig's clock. Nothing happens here at zero: the rig ends what is over.
import { rigNow } from "./connection.js";

const places = [...document.querySelectorAll("time[data-left]")];

function tick() {
  for (const place of places) {
    place.textContent = Math.max(0, Math.ceil((Date.parse(place.dateTime) - rigNow()) / 1000));
  }
}

tick();
setInterval(tick, 250);
