// One pair of a trial: three answers, each final. A refresher then says what the pair was.
import { listen } from "./connection.js";
import { ready } from "./forms.js";
import { ask } from "./http.js";

const form = document.getElementById("trial");
const message = document.getElementById("message");
const label = document.getElementById("label");
const leave = document.getElementById("leave");
const { trial, position } = form.dataset;

form.addEventListener("change", () => {
  message.textContent = "";
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const verdict = new FormData(form).get("verdict");
  if (!verdict) {
    message.textContent = form.dataset.chooseOne;
    return;
  }
  const button = form.querySelector("button.primary");
  button.disabled = true;
  const { fault, answer } = await ask(`/api/training/trials/${trial}/answers`, { position: Number(position), verdict });
  if (fault) {
    button.disabled = false;
    message.textContent = fault;
  } else if (answer.truth === null) {
    location.replace(location.pathname);
  } else {
    tell(answer.truth, verdict);
  }
});

function tell(truth, verdict) {
  form.hidden = true;
  if (leave) leave.hidden = true;
  const told = label.querySelector(`[data-truth="${truth}"]`);
  told.hidden = false;
  told.querySelector(`[data-verdict="${verdict}"]`).hidden = false;
  label.hidden = false;
  const next = label.querySelector("a");
  // Read out with the link that the focus goes to.
  next.setAttribute("aria-describedby", told.id);
  next.focus();
}

leave?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { fault } = await ask(`/api/training/trials/${trial}/end`, {});
  if (fault) leave.querySelector(".form-message").textContent = fault;
  else location.assign("/training");
});

// An alert never waits for a trial.
listen("change", (change) => {
  if (change.kind === "alert") document.getElementById("waiting").hidden = false;
});

ready(form);
if (leave) ready(leave);
