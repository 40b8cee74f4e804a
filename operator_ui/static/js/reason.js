// Why an alert is read: said before it opens.
import { post } from "./http.js";
import { ready } from "./forms.js";
import { say } from "./words.js";

const form = document.getElementById("reason");
const message = form.querySelector(".form-message");

form.addEventListener("change", () => (message.textContent = ""));
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const reason = new FormData(form).get("reason");
  if (!reason) return (message.textContent = say("act.choose"));
  const fault = await post(`/api/alerts/${form.dataset.alert}/views`, { reason });
  if (fault) message.textContent = fault;
  else location.reload();
});
ready(form);
