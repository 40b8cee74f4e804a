// Rings: the places on the pictures that a reviewer has marked, numbered; a line or a dashed line says which kind.

const SIGNS = { alike: "≈", differs: "≠" };

/** Draws those of the marks that lie on the picture shown now. `press(mark)`: takes a mark away; none, they only show. */
export function drawRings(layer, marks, index, press) {
  const mine = marks.filter((mark) => mark.picture === layer.dataset.picture && mark.index === index);
  layer.replaceChildren(...mine.map((mark) => ring(mark, marks.indexOf(mark) + 1, layer.dataset, press)));
}

function ring(mark, number, texts, press) {
  const drawn = document.createElement(press ? "button" : "span");
  drawn.className = "ring";
  drawn.dataset.kind = mark.kind;
  drawn.style.left = `${mark.x * 100}%`;
  drawn.style.top = `${mark.y * 100}%`;
  const label = document.createElement("b");
  label.textContent = mark.name ?? `${SIGNS[mark.kind]}${number}`;
  drawn.append(label);
  if (!press) {
    drawn.setAttribute("aria-hidden", "true");
    return drawn;
  }
  drawn.type = "button";
  drawn.setAttribute("aria-label", `${texts[mark.kind]} ${number}: ${texts.remove}`);
  // A finger's tap is the picture's: it knows which ring is nearest. This is the keyboard's.
  drawn.addEventListener("click", (event) => event.detail === 0 && press(mark));
  return drawn;
}

/** The marks that came with the page, after the reveal. */
export function givenMarks() {
  return [...document.querySelectorAll("#given-marks [data-kind]")].map(({ dataset }) => ({
    picture: dataset.picture,
    index: Number(dataset.index),
    kind: dataset.kind,
    x: Number(dataset.x),
    y: Number(dataset.y),
    name: dataset.name,
  }));
}
