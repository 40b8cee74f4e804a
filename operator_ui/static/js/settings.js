// The dialog of what a device remembers: sound, volume, theme. The language is a form of its own.
import { prepareSound } from "./sound.js";

export function prepareSettings() {
  const dialog = document.getElementById("settings");
  document.getElementById("settings-button").addEventListener("click", () => dialog.showModal());
  // A tap beside the dialog closes it.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  prepareSound();
  prepareThemes();
}

function prepareThemes() {
  const root = document.documentElement;
  const buttons = document.querySelectorAll("[data-theme-choice]");
  const show = () => {
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === root.dataset.theme));
    }
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      root.dataset.theme = button.dataset.themeChoice;
      localStorage.setItem("theme", button.dataset.themeChoice);
      show();
    });
  }
  show();
}
