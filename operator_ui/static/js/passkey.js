// Passkeys: the browser and the device do the work, the rig asks and checks. Base64url to bytes and back.
import { ask, post } from "./http.js";
import { say } from "./words.js";

/** Browsers have passkeys at https addresses with a name, and at localhost; nowhere else. */
export const passkeysWork = () =>
  window.isSecureContext && "credentials" in navigator && "PublicKeyCredential" in window && !/^[\d.]+$|:/.test(location.hostname);

/** Returns null when the person is signed in, else the sentence for the person. */
export async function signInWithPasskey() {
  const { fault, answer } = await ask("/api/passkeys/sign-in/options", {});
  if (fault) return fault;
  const options = { ...answer, challenge: bytes(answer.challenge) };
  const credential = await chosen(() => navigator.credentials.get({ publicKey: options }));
  if (!credential) return say("passkey.not_used");
  const { authenticatorData, clientDataJSON, signature, userHandle } = credential.response;
  return post("/api/passkeys/sign-in", {
    credential: plain(credential, { authenticatorData, clientDataJSON, signature, userHandle }),
  });
}

/** Returns null when this device's passkey is registered, else the sentence for the person. */
export async function addPasskey(name, password) {
  const { fault, answer } = await ask("/api/passkeys/options", { password });
  if (fault) return fault;
  const options = {
    ...answer,
    challenge: bytes(answer.challenge),
    user: { ...answer.user, id: bytes(answer.user.id) },
    excludeCredentials: answer.excludeCredentials.map((known) => ({ ...known, id: bytes(known.id) })),
  };
  const credential = await chosen(() => navigator.credentials.create({ publicKey: options }));
  if (!credential) return say("passkey.not_made");
  const { attestationObject, clientDataJSON } = credential.response;
  return post("/api/passkeys", { name, credential: plain(credential, { attestationObject, clientDataJSON }) });
}

/** Null where the person or the device said no. */
async function chosen(ceremony) {
  try {
    return await ceremony();
  } catch {
    return null;
  }
}

function plain(credential, response) {
  const texts = Object.entries(response).map(([name, value]) => [name, value && text(value)]);
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: Object.fromEntries(texts),
    clientExtensionResults: {},
  };
}

const bytes = (encoded) => {
  const signs = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(signs, (sign) => sign.charCodeAt(0));
};

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
