// A tone and a vibration for each kind of news. Browsers allow sound only after the person has touched the page; until
// then, and while it is off, the button in the frame says so.
import { say } from "./words.js";

/** [frequency in Hz, start in s] of each tone, and the vibration in ms: on, off, on, … */
const KINDS = {
  review: { tones: [[660, 0], [880, 0.22]], buzz: [180, 90, 180] },
  still: { tones: [[880, 0], [880, 0.16], [880, 0.32]], buzz: [70, 60, 70, 60, 70] },
  confirmed: { tones: [[523, 0], [659, 0.14], [784, 0.28], [1047, 0.42]], buzz: [450, 120, 450] },
  blind: { tones: [[392, 0], [262, 0.3], [392, 0.6], [262, 0.9]], buzz: [600, 150, 600, 150, 600], shape: "square" },
};

let audio = null;

const isOn = () => localStorage.getItem("sound") !== "off";
const volume = () => Number(localStorage.getItem("volume") ?? 70) / 100;

export function soundState() {
  if (!isOn()) return "off";
  if (volume() === 0) return "silent";
  return audio?.state === "running" ? "on" : "blocked";
}

export function prepareSound() {
  const button = document.getElementById("sound");
  if (button.hidden) return;
  button.addEventListener("click", () => {
    if (soundState() !== "blocked") localStorage.setItem("sound", isOn() ? "off" : "on");
    if (soundState() === "silent") document.getElementById("settings").showModal();
    unlock().then(() => soundState() === "on" && ring("review"));
    show();
  });
  const slider = document.getElementById("volume");
  slider.value = Math.round(volume() * 100);
  slider.addEventListener("input", () => {
    localStorage.setItem("volume", slider.value);
    show();
  });
  for (const test of document.querySelectorAll("[data-try]")) {
    test.addEventListener("click", async () => {
      localStorage.setItem("sound", "on");
      await unlock();
      ring(test.dataset.try);
      document.getElementById("sound-tried").textContent = say(`sound.${soundState() === "on" ? "played" : soundState()}`);
      show();
    });
  }
  for (const kind of ["click", "keydown"]) {
    document.addEventListener(kind, (event) => !button.contains(event.target) && isOn() && unlock(), { capture: true });
  }
  if (isOn()) make();
  show();
}

function make() {
  if (audio !== null) return;
  audio = new AudioContext();
  audio.addEventListener("statechange", show);
}

async function unlock() {
  make();
  if (audio.state === "suspended") await audio.resume().catch(() => {});
  show();
}

function show() {
  const state = soundState();
  const button = document.getElementById("sound");
  button.dataset.sound = state;
  button.setAttribute("aria-pressed", String(state === "on"));
  button.querySelector(".tool-words").textContent = say(`sound.${state}`);
  document.getElementById("sound-state").textContent = say(`sound.${state}`);
  document.getElementById("sound-state").dataset.sound = state;
}

export function ring(kind) {
  if (!isOn()) return;
  const { tones, buzz, shape = "sine" } = KINDS[kind];
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(buzz);
  if (soundState() !== "on") return;
  for (const [frequency, start] of tones) tone(frequency, start, shape);
}

function tone(frequency, start, shape) {
  const at = audio.currentTime + start;
  const voice = audio.createOscillator();
  const loudness = audio.createGain();
  voice.type = shape;
  voice.frequency.value = frequency;
  loudness.gain.setValueAtTime(0.0001, at);
  // A square wave is louder than a sine of its height.
  loudness.gain.exponentialRampToValueAtTime((shape === "square" ? 0.25 : 0.5) * volume() + 0.0001, at + 0.02);
  loudness.gain.exponentialRampToValueAtTime(0.0001, at + 0.24);
  voice.connect(loudness).connect(audio.destination);
  voice.start(at);
  voice.stop(at + 0.26);
}
