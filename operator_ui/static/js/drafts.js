// What a reviewer has ticked and marked before the judgement, kept over a reload or a restart of the browser. Ids,
// names of features and places on a picture only: no picture, and never the answer itself, which is given anew.
// Not in sessionStorage: that goes with the browser. Whoever else reviews on this device finds nothing of it.

const PREFIX = "review:";
const KEPT_MS = 30 * 60_000;

const keyOf = (alert, person) => `${PREFIX}${person}:${alert}`;

export function keep(alert, person, draft) {
  attempt(() => localStorage.setItem(keyOf(alert, person), JSON.stringify({ ...draft, at: Date.now() })));
}

export function forget(alert, person) {
  attempt(() => localStorage.removeItem(keyOf(alert, person)));
}

/** What this person kept of this alert, or null; other people's, and what is old, goes. */
export function kept(alert, person) {
  return attempt(() => {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX) && !(key.startsWith(`${PREFIX}${person}:`) && fresh(key))) localStorage.removeItem(key);
    }
    return JSON.parse(localStorage.getItem(keyOf(alert, person)));
  });
}

function fresh(key) {
  try {
    return Date.now() - JSON.parse(localStorage.getItem(key)).at < KEPT_MS;
  } catch {
    return false;
  }
}

// A browser may forbid or have no room: then a reload loses the ticks, and nothing else.
function attempt(step) {
  try {
    return step() ?? null;
  } catch {
    return null;
  }
}
