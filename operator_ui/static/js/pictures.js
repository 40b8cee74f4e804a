// Looking closely: both pictures always at the same scale, place, brightness and contrast.
import { drawRings, givenMarks } from "./rings.js";

const compare = document.getElementById("compare");
const stages = [...compare.querySelectorAll(".stage")];
const MOST = 6;
const STEP = 1.4;
const TAP_PX = 10;
const DOUBLE_MS = 320;
const HOLD_MS = 450;

const view = { scale: 1, x: 0, y: 0 };
/** Which look, and which reference picture, is in sight. */
export const shown = { look: 0, reference: 0 };

let marks = givenMarks();
let pressRing = null;
let tapped = null;

/** Shows these marks from now on; `press(mark)` takes one away. */
export function setMarks(list, press) {
  marks = list;
  pressRing = press;
  redraw();
}

/** `listener({picture, index, x, y, near})`: a tap on a picture, in shares of its size; `near` is the mark under it. */
export function whenTapped(listener) {
  tapped = listener;
  compare.classList.toggle("marking", listener !== null);
}

function redraw() {
  for (const layer of compare.querySelectorAll(".rings")) {
    drawRings(layer, marks, shown[layer.dataset.picture], pressRing);
  }
}

function apply() {
  view.scale = Math.min(MOST, Math.max(1, view.scale));
  const free = (view.scale - 1) / 2;
  view.x = Math.min(free, Math.max(-free, view.x));
  view.y = Math.min(free, Math.max(-free, view.y));
  compare.classList.toggle("enlarged", view.scale > 1);
  compare.style.setProperty("--zoom", view.scale);
  for (const canvas of compare.querySelectorAll(".canvas")) {
    canvas.style.transform = `translate(${view.x * 100}%, ${view.y * 100}%) scale(${view.scale})`;
  }
}

/** About a point of the stage (shares from its middle), which stays where it is. */
function zoom(factor, point = { x: 0, y: 0 }) {
  const before = view.scale;
  view.scale = Math.min(MOST, Math.max(1, before * factor));
  const grown = view.scale / before;
  view.x = point.x - (point.x - view.x) * grown;
  view.y = point.y - (point.y - view.y) * grown;
  apply();
}

function move(x, y) {
  view.x += x;
  view.y += y;
  apply();
}

function whole() {
  Object.assign(view, { scale: 1, x: 0, y: 0 });
  apply();
}

const light = document.getElementById("light");
const contrast = document.getElementById("contrast");
for (const slider of [light, contrast]) {
  slider.value = 100;
  slider.addEventListener("input", setLight);
}

function setLight() {
  const plain = light.value === "100" && contrast.value === "100";
  const filter = plain ? "" : `brightness(${light.value}%) contrast(${contrast.value}%)`;
  for (const face of compare.querySelectorAll(".face")) face.style.filter = filter;
}

const blink = document.querySelector("[data-view=blink]");
let heldSince = 0;

function setBlinking(on) {
  compare.classList.toggle("blinking", on);
  blink.setAttribute("aria-pressed", String(on));
}

// Pressed shortly it goes on by itself; held, for as long as it is held.
blink.addEventListener("pointerdown", (event) => {
  blink.setPointerCapture(event.pointerId);
  heldSince = blink.getAttribute("aria-pressed") === "true" ? 0 : performance.now();
  if (heldSince) setBlinking(true);
});
blink.addEventListener("click", (event) => {
  const pressed = blink.getAttribute("aria-pressed") === "true";
  if (event.detail === 0) setBlinking(!pressed);
  else if (!heldSince || performance.now() - heldSince > HOLD_MS) setBlinking(false);
});
blink.addEventListener("pointercancel", () => setBlinking(false));

const tools = {
  in: () => zoom(STEP),
  out: () => zoom(1 / STEP),
  reset: () => {
    light.value = contrast.value = 100;
    setLight();
    setBlinking(false);
    whole();
  },
  rings: (button) => {
    const off = compare.classList.toggle("without-rings");
    button.setAttribute("aria-pressed", String(!off));
  },
  context: () => {
    const dialog = document.getElementById("context");
    const picture = dialog.querySelector("img");
    picture.src ||= picture.dataset.src;
    dialog.showModal();
  },
};

for (const button of document.querySelectorAll("[data-view]")) {
  button.addEventListener("click", () => tools[button.dataset.view]?.(button));
}

const panel = document.getElementById("light-panel");
document.addEventListener("pointerdown", (event) => {
  if (!panel.contains(event.target)) panel.open = false;
});
panel.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  panel.open = false;
  panel.querySelector("summary").focus();
});

for (const button of compare.querySelectorAll(".strip button")) {
  button.addEventListener("click", () => {
    for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
    const { for: stage, src, index, taken } = button.dataset;
    document.querySelector(`#${stage} .face:not(.over)`).src = src;
    shown[stage === "seen" ? "look" : "reference"] = Number(index);
    if (stage === "reference") {
      document.querySelector(".face.over")?.setAttribute("src", src);
      document.getElementById("taken").textContent = taken;
    }
    redraw();
  });
}

const KEYS = {
  "+": () => zoom(STEP),
  "=": () => zoom(STEP),
  "-": () => zoom(1 / STEP),
  0: whole,
  ArrowLeft: () => move(0.08, 0),
  ArrowRight: () => move(-0.08, 0),
  ArrowUp: () => move(0, 0.08),
  ArrowDown: () => move(0, -0.08),
};

// One finger moves, two fingers (or the wheel) enlarge, a double tap shows the whole picture again.
const fingers = new Map();
let pinched = null;
let start = null;
let lastTap = { at: 0, x: 0, y: 0 };

/** How far apart two fingers are, and what is between them. */
function pinch(stage) {
  const [one, two] = [...fingers.values()];
  const distance = Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY);
  return { distance: Math.max(distance, 1), middle: within(stage, (one.clientX + two.clientX) / 2, (one.clientY + two.clientY) / 2) };
}

/** Where in the stage, in shares of its size from the middle. */
function within(stage, x, y) {
  const box = stage.getBoundingClientRect();
  return { x: (x - box.left) / box.width - 0.5, y: (y - box.top) / box.height - 0.5 };
}

function tap(stage, event) {
  const now = performance.now();
  const again = now - lastTap.at < DOUBLE_MS && Math.hypot(event.clientX - lastTap.x, event.clientY - lastTap.y) < 40;
  lastTap = again ? { at: 0, x: 0, y: 0 } : { at: now, x: event.clientX, y: event.clientY };
  if (!tapped) return again && whole();
  const point = within(stage, event.clientX, event.clientY);
  const x = (point.x - view.x) / view.scale + 0.5;
  const y = (point.y - view.y) / view.scale + 0.5;
  if (x < 0 || x > 1 || y < 0 || y > 1) return;
  const { picture } = stage.querySelector(".rings").dataset;
  const near = nearest(stage, picture, event);
  tapped({ picture, index: shown[picture], x, y, near });
}

function nearest(stage, picture, event) {
  const box = stage.getBoundingClientRect();
  const distance = (mark) => {
    const x = box.left + box.width * ((mark.x - 0.5) * view.scale + view.x + 0.5);
    const y = box.top + box.height * ((mark.y - 0.5) * view.scale + view.y + 0.5);
    return Math.hypot(x - event.clientX, y - event.clientY);
  };
  const here = marks.filter((mark) => mark.picture === picture && mark.index === shown[picture] && distance(mark) <= 24);
  return here.sort((one, other) => distance(one) - distance(other))[0] ?? null;
}

for (const stage of stages) {
  stage.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, event);
    stage.setPointerCapture(event.pointerId);
    pinched = fingers.size === 2 ? pinch(stage) : null;
    start = fingers.size === 1 ? event : null;
  });
  stage.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    if (start && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > TAP_PX) start = null;
    fingers.set(event.pointerId, event);
    if (fingers.size === 1) {
      const { clientWidth: width, clientHeight: height } = stage;
      if (start === null) move((event.clientX - before.clientX) / width, (event.clientY - before.clientY) / height);
      return;
    }
    if (pinched === null) return;
    const { distance, middle } = pinch(stage);
    move(middle.x - pinched.middle.x, middle.y - pinched.middle.y);
    zoom(distance / pinched.distance, middle);
    pinched = { distance, middle };
  });
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, (event) => {
      fingers.delete(event.pointerId);
      pinched = null;
      if (end === "pointerup" && start?.pointerId === event.pointerId) tap(stage, event);
      start = null;
    });
  }
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, within(stage, event.clientX, event.clientY));
  });
  stage.addEventListener("keydown", (event) => {
    const key = KEYS[event.key];
    if (!key || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    key();
  });
}

redraw();
