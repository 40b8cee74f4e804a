// Ages and timers, by the rig's clock.
import { rigNow } from "./connection.js";

const LONG_STOP_S = 5 * 60;

export function tickAges() {
  for (const time of document.querySelectorAll("time[data-age]")) {
    time.textContent = age(since(time));
  }
  for (const time of document.querySelectorAll("time[data-timer]")) {
    const seconds = since(time);
    time.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    const long = document.getElementById("long");
    if (long) long.hidden = seconds < LONG_STOP_S;
  }
}

const since = (time) => Math.max(0, Math.floor((rigNow() - Date.parse(time.dateTime)) / 1000));

export function age(seconds) {
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 100 * 60) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}
