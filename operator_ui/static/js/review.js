// The judgement: what is alike, what differs, one of three answers. Nothing is chosen beforehand.
import { ready } from "./forms.js";
import { post } from "./http.js";
import { here, keepWhile } from "./step.js";

const form = document.getElementById("judgement");
const message = document.getElementById("message");
const chosen = (name) => [...form.querySelectorAll(`input[name="${name}"]:checked`)].map((input) => input.value);

keepWhile(() => form.querySelector("input:checked") !== null);
post(`/api/alerts/${here.alert}/reviews`, {});

form.addEventListener("change", (event) => {
  message.textContent = "";
  const { name, value, checked } = event.target;
  if (name === "verdict" || !checked) return;
  // One feature cannot be alike and different at once.
  const other = name === "similarities" ? "differences" : "similarities";
  form.querySelector(`input[name="${other}"][value="${value}"]`).checked = false;
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [verdict] = chosen("verdict");
  const similarities = chosen("similarities");
  const differences = chosen("differences");
  if (!verdict) return say("Choose one of the three answers.");
  if (verdict === "same" && !(similarities.length && differences.length)) {
    return say("For “same person”, mark at least one thing that is alike and one that differs.");
  }
  const button = form.querySelector("button.primary");
  button.disabled = true;
  const fault = await post(`/api/alerts/${here.alert}/adjudications`, { verdict, similarities, differences });
  button.disabled = false;
  if (fault) return say(fault);
  form.reset();
  location.reload();
});

// Browsers put back what was ticked before a reload: a judgement begins empty.
ready(form);

function say(text) {
  message.textContent = text;
}
