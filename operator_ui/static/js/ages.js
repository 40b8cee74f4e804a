// Ages, timers and what is left of a time, by the rig's clock.
import { rigNow } from "./connection.js";
import { say } from "./words.js";

export function tickAges() {
  for (const time of document.querySelectorAll("time[data-age]")) {
    time.textContent = age(since(time));
  }
  for (const time of document.querySelectorAll("time[data-timer]")) {
    time.textContent = time.dateTime === "" ? "–" : clock(since(time));
  }
  for (const time of document.querySelectorAll("time[data-remaining]")) {
    if (time.dateTime === "") time.textContent = "–";
    else time.textContent = clock(Math.max(0, Math.ceil((Date.parse(time.dateTime) - rigNow()) / 1000)));
  }
}

/** Whole seconds since a time, never less than 0. */
const since = (time) => Math.max(0, Math.floor((rigNow() - Date.parse(time.dateTime)) / 1000));

export function age(seconds) {
  if (seconds < 100) return say("age.seconds", { n: seconds });
  if (seconds < 100 * 60) return say("age.minutes", { n: Math.floor(seconds / 60) });
  return say("age.hours", { n: Math.floor(seconds / 3600) });
}

/** 0:07, 12:40, 3:05:59 */
export function clock(seconds) {
  const two = (n) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
