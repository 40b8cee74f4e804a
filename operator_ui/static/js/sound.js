// A tone and a vibration for each new alert. Browsers allow sound only after the person has touched the page.
let audio = null;

const wanted = () => localStorage.getItem("sound") === "on";

export function prepareSound() {
  const button = document.getElementById("sound");
  const show = () => {
    button.setAttribute("aria-pressed", String(wanted()));
    button.querySelector(".tool-words").textContent = wanted() ? "Sound on" : "Sound off";
  };
  button.addEventListener("click", () => {
    localStorage.setItem("sound", wanted() ? "off" : "on");
    show();
    if (wanted()) ring();
  });
  document.addEventListener("pointerdown", () => wanted() && unlock(), { passive: true });
  show();
}

function unlock() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
}

export function ring() {
  if (!wanted()) return;
  navigator.vibrate?.([180, 90, 180]);
  if (!audio && !navigator.userActivation?.hasBeenActive) return;
  unlock();
  tone(660, 0);
  tone(880, 0.22);
}

function tone(frequency, delay) {
  const at = audio.currentTime + delay;
  const voice = audio.createOscillator();
  const volume = audio.createGain();
  voice.frequency.value = frequency;
  volume.gain.setValueAtTime(0.0001, at);
  volume.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.2);
  voice.connect(volume).connect(audio.destination);
  voice.start(at);
  voice.stop(at + 0.22);
}
