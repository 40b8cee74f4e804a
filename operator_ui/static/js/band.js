// The deployment's band: drawn by the server again when the deployment changes; its button pauses in two taps.
import { listen } from "./connection.js";
import { post } from "./http.js";
import { say } from "./words.js";

export function prepareBand() {
  const band = document.getElementById("band");
  if (!band) return;
  band.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.pause !== undefined) open(band);
    if (button?.dataset.reason) pause(band, button);
  });
  listen("status", ({ deployment }) => {
    const { id, state } = band.firstElementChild.dataset;
    if (id !== (deployment?.id ?? "") || state !== (deployment?.state ?? "")) draw(band);
  });
}

function open(band) {
  band.querySelector(".form-message").textContent = "";
  band.querySelector("dialog").showModal();
}

async function pause(band, button) {
  const message = band.querySelector(".form-message");
  const { id } = band.firstElementChild.dataset;
  button.disabled = true;
  const fault = await post(`/api/deployments/${id}/pause`, { reason: button.dataset.reason });
  button.disabled = false;
  if (fault) return (message.textContent = fault);
  band.querySelector("dialog").close();
  await draw(band);
  document.getElementById("announcer").textContent = say("search.paused");
}

async function draw(band) {
  try {
    const answer = await fetch("/band");
    if (answer.ok) band.innerHTML = await answer.text();
  } catch {
    // No line: the banner says so, and the next status draws it.
  }
}
