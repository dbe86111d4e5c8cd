// Everything works without this file. A form marked data-once is sent once, however often its button is pressed; coming
// back to the page makes the button usable again.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});

// The sign-off grid says how many boxes differ from what is saved.
for (const grid of document.querySelectorAll("[data-count-changes]")) {
  const said = grid.querySelector("[data-count]");
  const count = () => {
    const changed = [...grid.querySelectorAll("input[name=cell]")].filter((box) => box.checked !== box.defaultChecked);
    said.textContent = changed.length ? grid.dataset.countChanges.replace("#", changed.length) : "";
  };
  grid.addEventListener("change", count);
}
