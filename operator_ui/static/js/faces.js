// One picture large; a tap on another puts it in its place, with the marks that reviewers made on it.
import { drawRings, givenMarks } from "./rings.js";

const large = document.getElementById("face-large");
const what = document.getElementById("face-what");
const when = document.getElementById("face-when");
const buttons = [...document.querySelectorAll("[data-face]")];
const layer = document.querySelector("#faces .rings");
const marks = givenMarks();
const seen = when ? [...when.childNodes] : [];

for (const button of buttons) {
  button.addEventListener("click", () => {
    for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
    large.src = button.dataset.face;
    rings(button.dataset.picture, Number(button.dataset.index));
    what.textContent = button.dataset.what;
    if (button.dataset.when) when.textContent = button.dataset.when;
    else when.replaceChildren(...seen);
  });
}

function rings(picture, index) {
  layer.dataset.picture = picture;
  drawRings(layer, marks, index);
}

if (layer) rings("look", 0);
