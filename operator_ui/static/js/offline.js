// The shell's page while there is no line: asks every two seconds whether the rig is back, then opens what was wanted.
const EVERY_MS = 2000;

async function ask() {
  try {
    await fetch("/api/session", { cache: "no-store" });
    // Whatever it answered, it is there.
    location.replace(location.href);
  } catch {
    setTimeout(ask, EVERY_MS);
  }
}

setTimeout(ask, EVERY_MS);
document.querySelector("a.button").href = location.href;
