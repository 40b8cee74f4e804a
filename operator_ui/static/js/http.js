// Sending what a person decided. A failure keeps the form as it is and says in words what happened.
let csrf = document.body.dataset.csrf;

/** Posts JSON; returns null when it was stored, else the sentence for the person. */
export async function post(address, body) {
  try {
    let answer = await send(address, body);
    if (answer.status === 403 && (await renewed())) answer = await send(address, body);
    if (answer.ok) return null;
    if (answer.status === 401) return "You were signed out. Sign in again in another tab, then press once more.";
    return sentence((await answer.json()).error);
  } catch {
    return "No connection to the rig: nothing was stored. Press again when it is back.";
  }
}

function send(address, body) {
  return fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify(body),
  });
}

/** Whether the same person has a new session (signed in again in another tab). */
async function renewed() {
  const answer = await fetch("/api/session");
  if (!answer.ok) return false;
  const session = await answer.json();
  if (session.person !== document.body.dataset.person || session.csrf === csrf) return false;
  csrf = session.csrf;
  return true;
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
