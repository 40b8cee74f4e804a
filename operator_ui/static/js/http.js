// Sending what a person decided. A failure keeps the form as it is and says in words what happened. Nothing is kept to be
// sent later: a decision is made when a person presses, or not at all.
import { isLost } from "./connection.js";
import { say } from "./words.js";

/** A line that hangs must not deliver a press when nobody thinks of it any more. */
const PATIENCE_MS = 8000;

/** Posts JSON; returns null when it was stored, else the sentence for the person. */
export async function post(address, body) {
  return (await ask(address, body)).fault;
}

/** Posts JSON; returns {fault, answer}: the sentence for the person or null, and what the rig answered. */
export async function ask(address, body) {
  if (isLost()) return { fault: say("post.no_line"), answer: null };
  try {
    let reply = await send(address, body);
    if (reply.status === 403 && (await renewed())) reply = await send(address, body);
    const answer = reply.status === 204 ? null : await reply.json().catch(() => null);
    if (reply.ok) return { fault: null, answer };
    if (reply.status === 401) {
      if ("person" in document.body.dataset && !address.endsWith("/sign-in")) {
        document.dispatchEvent(new Event("session-over"));
        return { fault: say("post.signed_out"), answer: null };
      }
    }
    return { fault: sentence(answer?.error ?? say("post.refused")), answer: null };
  } catch (error) {
    return { fault: say(error.name === "TimeoutError" ? "post.no_answer" : "post.no_line"), answer: null };
  }
}

function send(address, body) {
  return fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": document.body.dataset.csrf ?? "" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
}

/** Whether the same person has a new session (signed in again in another tab). */
async function renewed() {
  const answer = await fetch("/api/session");
  if (!answer.ok) return false;
  const session = await answer.json();
  if (session.person !== document.body.dataset.person || session.csrf === document.body.dataset.csrf) return false;
  renew(session.csrf);
  return true;
}

/** The same person has a new session: every form of this page goes on with it. */
export function renew(csrf) {
  document.body.dataset.csrf = csrf;
  for (const field of document.querySelectorAll("input[name=csrf]")) field.value = csrf;
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
