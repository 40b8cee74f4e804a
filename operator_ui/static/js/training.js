// The page Training: begin a trial, or skip the refresher.
import { ask } from "./http.js";

const message = document.getElementById("message");

for (const button of document.querySelectorAll("[data-begin]")) {
  button.addEventListener("click", () =>
    act(button, "/api/training/trials", { kind: button.dataset.begin }, (answer) => location.assign(`/training/${answer.trial}`)),
  );
  // Served disabled: a press before this script listens would do nothing.
  button.disabled = false;
}
for (const button of document.querySelectorAll("[data-skip]")) {
  button.addEventListener("click", () => act(button, "/api/training/refresher/skip", {}, () => location.reload()));
  button.disabled = false;
}

async function act(button, address, body, done) {
  message.textContent = "";
  button.disabled = true;
  const { fault, answer } = await ask(address, body);
  if (!fault) return done(answer);
  button.disabled = false;
  message.textContent = fault;
  message.scrollIntoView({ block: "center" });
}
