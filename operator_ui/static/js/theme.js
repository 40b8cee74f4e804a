// Runs before the page is drawn, so that a chosen theme does not flash. "device" follows the tablet's own setting.
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "device";
