// Accounts: add, give a one-time password, deactivate. Each asks once more or shows what will happen.
import { ask } from "./http.js";
import { say as text } from "./words.js";

const dialog = (id) => document.getElementById(id);
const adding = document.getElementById("new-person");
const asking = dialog("asking").querySelector("form");
const authority = document.getElementById("authority");

for (const button of document.querySelectorAll("[data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}

document.getElementById("add").addEventListener("click", () => dialog("adding").showModal());
adding.noValidate = true;
adding.addEventListener("input", () => {
  say(adding, "");
  authority.hidden = new FormData(adding).get("role") !== "authorising_officer";
});
send(adding, async () => {
  const { name, role, authority: level } = Object.fromEntries(new FormData(adding));
  if (!name.trim()) return say(adding, text("people.no_name"));
  if (!role) return say(adding, text("people.no_role"));
  const officer = role === "authorising_officer";
  if (officer && !level) return say(adding, text("people.no_level"));
  const { fault, answer } = await ask("/api/people", { name, role, authority: officer ? Number(level) : null });
  if (fault) return say(adding, fault);
  adding.reset();
  dialog("adding").close();
  give(answer.person.name, answer.password);
});

const questions = {
  password: (name) => ({
    title: text("people.password", { name }),
    words: text("people.password_means"),
    act: text("people.password_make"),
  }),
  deactivate: (name) => ({
    title: text("people.deactivate", { name }),
    words: text("people.deactivate_means"),
    act: text("people.deactivate_do"),
  }),
};
let asked = null;

for (const button of document.querySelectorAll("[data-ask]")) {
  button.addEventListener("click", () => {
    const { person, name } = button.parentElement.dataset;
    asked = { person, name, what: button.dataset.ask };
    const question = questions[asked.what](name);
    document.getElementById("asking-title").textContent = question.title;
    document.getElementById("asking-words").textContent = question.words;
    document.getElementById("asking-do").textContent = question.act;
    say(asking, "");
    dialog("asking").showModal();
  });
}
send(asking, async () => {
  const { fault, answer } = await ask(`/api/people/${asked.person}/${asked.what}`, {});
  if (fault) return say(asking, fault);
  dialog("asking").close();
  if (asked.what === "password") give(asked.name, answer.password);
  else location.reload();
});

const qualification = document.getElementById("qualification");
let qualified = null;
for (const button of document.querySelectorAll("[data-qualify]")) {
  button.addEventListener("click", () => {
    qualified = button.parentElement.dataset;
    document.getElementById("qualifying-name").textContent = qualified.name;
    say(qualification, "");
    dialog("qualifying").showModal();
  });
}
send(qualification, async () => {
  const { until, reference } = Object.fromEntries(new FormData(qualification));
  if (!until) return say(qualification, qualification.dataset.day);
  if (!reference.trim()) return say(qualification, qualification.dataset.reference);
  const address = `/api/people/${qualified.person}/qualification`;
  const { fault } = await ask(address, { until, reference: reference.trim() });
  if (fault) return say(qualification, fault);
  location.reload();
});

// Served disabled: a press before this script listens would do nothing.
for (const button of document.querySelectorAll("#add, [data-ask], [data-qualify]")) button.disabled = false;

function give(name, password) {
  document.getElementById("given-name").textContent = name;
  document.getElementById("given-password").textContent = password;
  dialog("given").showModal();
}
dialog("given").addEventListener("close", () => {
  document.getElementById("given-password").textContent = "";
  // Locked meanwhile: the list is drawn anew after the person is back.
  if (!document.body.classList.contains("is-locked")) location.reload();
});

function send(form, act) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector(".primary");
    button.disabled = true;
    await act();
    button.disabled = false;
  });
}

function say(form, text) {
  form.querySelector(".form-message").textContent = text;
}
