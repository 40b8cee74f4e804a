// After the confirmation: a stop, or none; and how a stop ended. Nothing is chosen beforehand.
import { ready } from "./forms.js";
import { post } from "./http.js";
import { here, keepWhile } from "./step.js";

const forms = [...document.querySelectorAll("form[data-post]")];
keepWhile(() => forms.some((form) => [...new FormData(form).values()].some((value) => value.trim())));

for (const form of forms) {
  const message = form.querySelector(".form-message");
  form.noValidate = true;
  form.addEventListener("input", () => (message.textContent = ""));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    if (!Object.values(fields).some((value) => value.trim())) {
      message.textContent =
        form.dataset.post === "stops" ? "Say in a few words why the person is stopped." : "Choose one of these.";
      return;
    }
    const button = form.querySelector("button");
    button.disabled = true;
    const fault = await post(`/api/alerts/${here.alert}/${form.dataset.post}`, fields);
    button.disabled = false;
    if (fault) {
      message.textContent = fault;
      return;
    }
    for (const each of forms) each.reset();
    location.reload();
  });
  ready(form);
}
