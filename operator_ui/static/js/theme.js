// Runs before the page is drawn, so that a chosen theme does not flash. "device" follows the tablet's own setting.
(() => {
  const themes = ["device", "light", "dark"];
  const words = { device: "Device", light: "Light", dark: "Dark" };
  const chosen = () => (themes.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "device");
  const apply = () => {
    document.documentElement.dataset.theme = chosen();
    const button = document.getElementById("theme");
    if (button) button.querySelector(".tool-words").textContent = words[chosen()];
  };
  apply();
  document.addEventListener("DOMContentLoaded", () => {
    apply();
    document.getElementById("theme")?.addEventListener("click", () => {
      localStorage.setItem("theme", themes[(themes.indexOf(chosen()) + 1) % themes.length]);
      apply();
    });
  });
})();
