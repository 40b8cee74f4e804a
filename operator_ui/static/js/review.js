// The judgement: what is alike, what differs, one of three answers. No answer is chosen beforehand.
import { forget, keep, kept } from "./drafts.js";
import { ready } from "./forms.js";
import { post } from "./http.js";
import { setMarks, whenTapped } from "./pictures.js";
import { here, keepWhile } from "./step.js";

const form = document.getElementById("judgement");
const message = document.getElementById("message");
const announcer = document.getElementById("announcer");
const pens = [...document.querySelectorAll("[data-mark]")];
const person = document.body.dataset.person;
const texts = form.dataset;
const MOST_MARKS = Number(texts.mostMarks);

let marks = [];

const ticked = (name) => [...form.querySelectorAll(`input[name="${name}"]:checked`)].map((input) => input.value);
const counts = (kind) => marks.filter((mark) => mark.kind === kind).length;

keepWhile(() => form.querySelector("input:checked") !== null || marks.length > 0);
post(`/api/alerts/${here.alert}/reviews`, {});

function changed() {
  message.textContent = "";
  const draft = { similarities: ticked("similarities"), differences: ticked("differences"), marks };
  keep(here.alert, person, draft);
}

function drawMarks() {
  setMarks(marks, remove);
  for (const pen of pens) {
    const count = counts(pen.dataset.mark);
    pen.querySelector(".count").textContent = count || "";
  }
}

function remove(mark) {
  marks = marks.filter((other) => other !== mark);
  announcer.textContent = texts.markRemoved;
  drawMarks();
  changed();
}

// One pen at a time, or none: then the pictures are moved.
for (const pen of pens) {
  pen.addEventListener("click", () => {
    const on = pen.getAttribute("aria-pressed") !== "true";
    for (const other of pens) other.setAttribute("aria-pressed", String(on && other === pen));
    document.getElementById("hint").textContent = on ? pen.dataset.hint : "";
    whenTapped(on ? (place) => mark(pen.dataset.mark, place) : null);
  });
}

function mark(kind, { near, picture, index, x, y }) {
  if (near) return remove(near);
  if (marks.length >= MOST_MARKS) return say(texts.tooMany);
  const rounded = (share) => Math.round(share * 10_000) / 10_000;
  marks = [...marks, { picture, index, kind, x: rounded(x), y: rounded(y) }];
  announcer.textContent = texts.marked;
  drawMarks();
  changed();
}

form.addEventListener("change", (event) => {
  const { name, value, checked } = event.target;
  if (name !== "verdict" && checked) {
    // One feature cannot be alike and different at once.
    const other = name === "similarities" ? "differences" : "similarities";
    form.querySelector(`input[name="${other}"][value="${value}"]`).checked = false;
  }
  changed();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [verdict] = ticked("verdict");
  const similarities = ticked("similarities");
  const differences = ticked("differences");
  if (!verdict) return say(texts.chooseOne);
  const alike = similarities.length + counts("alike");
  const differing = differences.length + counts("differs");
  if (verdict === "same" && !(alike && differing)) return say(texts.pointOut);
  const button = form.querySelector("button.primary");
  button.disabled = true;
  const fault = await post(`/api/alerts/${here.alert}/adjudications`, { verdict, similarities, differences, marks });
  button.disabled = false;
  if (fault) return say(fault);
  forget(here.alert, person);
  form.reset();
  location.reload();
});

function restore(draft) {
  for (const name of ["similarities", "differences"]) {
    for (const value of draft[name]) {
      const tick = form.querySelector(`input[name="${name}"][value="${CSS.escape(value)}"]`);
      if (tick) tick.checked = true;
    }
  }
  marks = draft.marks;
}

// Nobody answers before there was something to see.
await Promise.allSettled([...document.querySelectorAll(".stage .face:not(.over)")].map((face) => face.decode()));
// Browsers put back what was ticked before a reload, the answer too: a judgement begins empty but for the draft.
ready(form);
const draft = kept(here.alert, person);
if (draft) restore(draft);
drawMarks();

function say(text) {
  message.textContent = text;
}
