// The application's form: read, put in order as the rig understands it, kept as a draft.
import { ready } from "./forms.js";
import { ask } from "./http.js";
import { say } from "./words.js";

const form = document.getElementById("application");
if (form) prepare();

function prepare() {
  const message = form.querySelector(".form-message");
  const button = form.querySelector(".keep button");
  const fields = form.elements;
  form.noValidate = true;
  form.addEventListener("input", ({ target }) => {
    message.textContent = "";
    target.closest(".field")?.classList.remove("wrong");
    if (target.name === "sensitive" && target.checked) fields.not_sensitive.checked = false;
    if (target.name === "not_sensitive" && target.checked) {
      for (const site of form.querySelectorAll("input[name=sensitive]")) site.checked = false;
    }
    showTimes();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fault = firstFault();
    if (fault) return tell(fault.words, fault.field);
    button.disabled = true;
    const { fault: refused, answer } = await ask(form.dataset.post, application());
    button.disabled = false;
    if (refused) return tell(refused);
    form.reset();
    location.assign(`/deployments/${answer.id}`);
  });
  ready(form);
  showTimes();

  function tell(words, field) {
    message.textContent = words;
    field?.closest(".field")?.classList.add("wrong");
    field?.focus();
  }

  /** What cannot be kept even as a draft: numbers, times and hashes that are none. */
  function firstFault() {
    for (const field of form.querySelectorAll("[data-ask]")) {
      if (!field.validity.valid) return { words: field.dataset.ask, field };
    }
    if (!fields.purpose.value) return { words: say("application.purpose"), field: fields.purpose[0] };
    const circle = fields.drawn.value === "circle";
    for (const name of circle ? ["latitude", "longitude", "radius_m"] : []) {
      const text = fields[name].value.trim();
      if (text && number(text) === null) return { words: say("application.point"), field: fields[name] };
    }
    if (!circle && corners() === null) {
      return { words: say("application.corners"), field: fields.polygon };
    }
    if (!fields.not_sensitive.checked && !form.querySelector("input[name=sensitive]:checked")) {
      const field = form.querySelector("input[name=sensitive]") ?? fields.not_sensitive;
      return { words: say("application.sensitive"), field };
    }
    return null;
  }

  function application() {
    const text = (name) => fields[name].value.trim();
    const circle = fields.drawn.value === "circle";
    const point = { latitude: number(text("latitude")), longitude: number(text("longitude")), radius_m: number(text("radius_m")) };
    return {
      kind: "operational",
      name: text("name"),
      purpose: fields.purpose.value,
      necessity: text("necessity"),
      proportionality: text("proportionality"),
      alternatives: text("alternatives"),
      where_reason: text("where_reason"),
      place: { name: text("place_name"), ...(circle ? point : { polygon: corners() }) },
      begins: utc("begins").toISOString(),
      ends: utc("ends").toISOString(),
      cameras: text("cameras").split(",").map((camera) => camera.trim()).filter(Boolean),
      threshold: number(text("threshold")),
      calibration: {
        data_set: text("data_set"),
        fpir: number(text("fpir")),
        entries: number(text("entries")),
        threshold: number(text("calibrated")),
        contract: text("contract"),
      },
      dpia: { hash: text("dpia_hash"), version: text("dpia_version"), review_by: text("dpia_review_by") },
      sensitive: [...form.querySelectorAll("input[name=sensitive]:checked")].map((site) => site.value),
      urgent: fields.urgent.checked,
      urgent_reason: fields.urgent.checked ? text("urgent_reason") : "",
    };
  }

  function corners() {
    const lines = fields.polygon.value.split("\n").filter((line) => line.trim());
    const found = lines.map((line) => line.split(",").map((part) => number(part.trim())));
    return found.every((corner) => corner.length === 2 && !corner.includes(null)) ? found : null;
  }

  /** What the field says is UTC, whatever the tablet's own zone. */
  function utc(name) {
    return new Date(`${fields[name].value}Z`);
  }

  function showTimes() {
    for (const name of ["begins", "ends"]) {
      const at = utc(name);
      const here = Number.isNaN(at.getTime()) ? "" : at.toLocaleString(localeOf(), { weekday: "short", hour: "2-digit", minute: "2-digit" });
      document.getElementById(`${name}-note`).textContent = here && say("application.here", { time: here });
    }
  }
}

/** Days of the week in the page’s language; the order and the 24 hours of Britain. */
function localeOf() {
  return `${document.documentElement.lang}-GB`;
}

function number(text) {
  return text === "" || !Number.isFinite(Number(text)) ? null : Number(text);
}
