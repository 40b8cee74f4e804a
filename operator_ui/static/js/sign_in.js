// The way in with a passkey, where the browser has them at this address.
import { passkeysWork, signInWithPasskey } from "./passkey.js";

const button = document.getElementById("passkey");
const message = document.getElementById("passkey-message");
button.hidden = !passkeysWork();
button.addEventListener("click", async () => {
  button.disabled = true;
  message.textContent = "";
  const fault = await signInWithPasskey();
  button.disabled = false;
  if (fault) message.textContent = fault;
  else location.assign(button.dataset.goal);
});
