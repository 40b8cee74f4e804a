// Small forms that do one thing: they send what is filled in as JSON, and the page is drawn anew.
import { ready } from "./forms.js";
import { post } from "./http.js";
import { say } from "./words.js";

let begun = false;

/** Whether the person has filled in something that a new page would lose. */
export const isBegun = () => begun;

/** Makes every form with an address (`data-post`) send itself; `done` draws the result, by default the same page. */
export function prepareActs(done = () => location.reload()) {
  for (const form of document.querySelectorAll("form[data-post]")) prepare(form, done);
}

function prepare(form, done) {
  const message = form.querySelector(".form-message");
  const buttons = [...form.querySelectorAll("button:not([type=button])")];
  const hold = (waiting) => {
    for (const button of buttons) button.disabled = waiting || !complete(form);
  };
  form.noValidate = true;
  form.addEventListener("input", () => {
    begun = true;
    message.textContent = "";
    hold(false);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = bodyOf(form, event.submitter);
    const missing = missingIn(form, body);
    if (missing) return (message.textContent = missing);
    hold(true);
    message.textContent = "";
    const fault = await post(form.dataset.post, body);
    hold(false);
    if (fault) return (message.textContent = fault);
    begun = false;
    form.reset();
    done(form);
  });
  ready(form);
  hold(false);
}

/** Where every tick of a name is asked for (`data-needs`), the button waits for the last one. */
function complete(form) {
  const name = form.dataset.needs;
  return !name || [...form.querySelectorAll(`input[name="${name}"]`)].every((tick) => tick.checked);
}

function bodyOf(form, button) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name || field.tagName === "BUTTON") continue;
    const value = field.value.trim();
    if (field.type === "checkbox") body[field.name] = [...(body[field.name] ?? []), ...(field.checked ? [value] : [])];
    else if (field.type === "radio") body[field.name] = field.checked ? value : (body[field.name] ?? "");
    else if (value !== "" || field.name === "reason") body[field.name] = "number" in field.dataset ? Number(value) : value;
  }
  if (button?.name) body[button.name] = button.value;
  return body;
}

function missingIn(form, body) {
  if (body.reason === "") {
    return form.querySelector("input[name=reason]") ? say("act.choose") : say("act.why");
  }
  const number = form.querySelector("input[data-number]");
  return number && !number.validity.valid ? say("act.higher") : number?.value === "" ? say("act.number") : null;
}
