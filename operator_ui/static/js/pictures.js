// Looking closely: both pictures always at the same scale, place and brightness.
const compare = document.getElementById("compare");
const stages = [...compare.querySelectorAll(".stage")];
const MOST = 5;
const view = { scale: 1, x: 0, y: 0 };

function apply() {
  view.scale = Math.min(MOST, Math.max(1, view.scale));
  const free = (view.scale - 1) / 2;
  view.x = Math.min(free, Math.max(-free, view.x));
  view.y = Math.min(free, Math.max(-free, view.y));
  for (const face of compare.querySelectorAll(".face")) {
    face.style.transform = `translate(${view.x * 100}%, ${view.y * 100}%) scale(${view.scale})`;
  }
}

function zoom(factor) {
  view.scale *= factor;
  apply();
}

const tools = {
  in: () => zoom(1.4),
  out: () => zoom(1 / 1.4),
  reset: () => {
    Object.assign(view, { scale: 1, x: 0, y: 0 });
    setLight(100);
    apply();
  },
  blink: (button) => {
    const on = compare.classList.toggle("blinking");
    button.setAttribute("aria-pressed", String(on));
  },
  context: () => {
    const dialog = document.getElementById("context");
    const picture = dialog.querySelector("img");
    picture.src ||= picture.dataset.src;
    dialog.showModal();
  },
};

for (const button of document.querySelectorAll("[data-view]")) {
  button.addEventListener("click", () => tools[button.dataset.view](button));
}

const light = document.getElementById("light");
light.value = 100;
light.addEventListener("input", () => setLight(light.value));

function setLight(percent) {
  light.value = percent;
  for (const stage of stages) stage.style.filter = percent === 100 ? "" : `brightness(${percent}%)`;
}

for (const button of compare.querySelectorAll(".strip button")) {
  button.addEventListener("click", () => {
    for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
    document.querySelector(`#${button.dataset.for} .face:not(.over)`).src = button.dataset.src;
    if (button.dataset.for !== "reference") return;
    document.querySelector(".face.over").src = button.dataset.src;
    document.getElementById("taken").textContent = button.dataset.taken;
  });
}

// One finger moves, two fingers (or the wheel) enlarge.
const fingers = new Map();
let spread = 0;

for (const stage of stages) {
  stage.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, event);
    stage.setPointerCapture(event.pointerId);
    spread = 0;
  });
  stage.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    fingers.set(event.pointerId, event);
    if (fingers.size === 1) {
      view.x += (event.clientX - before.clientX) / stage.clientWidth;
      view.y += (event.clientY - before.clientY) / stage.clientHeight;
      apply();
      return;
    }
    const [one, two] = [...fingers.values()];
    const distance = Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY);
    if (spread) zoom(distance / spread);
    spread = distance;
  });
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, (event) => {
      fingers.delete(event.pointerId);
      spread = 0;
    });
  }
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15);
  });
}
