// The list of deployments goes on by itself: drawn by the server, put in place of the old one.
import { listen } from "./connection.js";

listen("change", async ({ kind }) => {
  if (kind !== "deployment" && kind !== "back") return;
  try {
    const answer = await fetch("/deployments");
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const list = page.querySelector(".deployments");
    const shown = document.querySelector(".deployments, main > .empty");
    if (list && list.innerHTML !== shown.innerHTML) shown.replaceWith(list);
  } catch {
    // No line: the banner says so, and its return is told.
  }
});
