// The card on paper.
const button = document.getElementById("print");
button.addEventListener("click", () => print());
button.disabled = false;
