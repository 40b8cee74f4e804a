// One's own account: the password, and the passkeys of one's devices.
import { ready } from "./forms.js";
import { post } from "./http.js";
import { addPasskey, passkeysWork } from "./passkey.js";
import { say } from "./words.js";

const passwords = document.getElementById("password");
prepare(passwords, async ({ present, new: chosen, again }) => {
  if (!present || !chosen) return say("account.both");
  if (chosen !== again) return say("account.differ");
  return post("/api/account/password", { present, new: chosen });
});

const adding = document.getElementById("passkey");
if (adding) {
  prepare(adding, async ({ name, password }) => {
    if (!passkeysWork()) return say("passkey.no_browser");
    if (!name.trim()) return say("passkey.no_name");
    if (!password) return say("passkey.no_password");
    return addPasskey(name, password);
  });
}

for (const button of document.querySelectorAll("[data-remove]")) {
  button.addEventListener("click", async () => {
    const fault = await post("/api/passkeys/remove", { credential_id: button.dataset.remove });
    if (!fault) return location.reload();
    // At an address without passkeys there is no form to say it in.
    (adding ?? passwords).querySelector(".form-message").textContent = fault;
  });
  button.disabled = false;
}

/** Sends the form by `send`, which returns null or the sentence for the person; afterwards the page is drawn anew. */
function prepare(form, send) {
  const message = form.querySelector(".form-message");
  const button = form.querySelector("button");
  form.addEventListener("input", () => (message.textContent = ""));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    message.textContent = "";
    const fault = await send(Object.fromEntries(new FormData(form)));
    button.disabled = false;
    if (fault) message.textContent = fault;
    else location.assign("/account");
  });
  ready(form);
}
