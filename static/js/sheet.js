// The path beside a lesson: a sheet on a narrow screen, always open on a wide one.
// Without this it is a <details> that unfolds in place.
const wide = matchMedia("(min-width: 60rem)");

for (const details of document.querySelectorAll("[data-sheet]")) {
  const summary = details.querySelector("summary");
  const content = details.querySelector("nav");
  const column = details.parentElement;
  const dialog = document.createElement("dialog");
  dialog.className = "sheet";
  dialog.setAttribute("aria-label", content.getAttribute("aria-label"));
  const bar = document.createElement("p");
  bar.className = "sheet-bar";
  bar.append(summary.querySelector(".path-sheet-title").cloneNode(true));
  const close = document.createElement("button");
  close.type = "button";
  close.className = "sheet-close";
  close.textContent = details.dataset.close;
  close.addEventListener("click", () => dialog.close());
  bar.append(close);
  dialog.append(bar);
  details.after(dialog);

  const putBack = () => details.append(content);

  summary.addEventListener("click", (event) => {
    if (wide.matches) return;
    event.preventDefault();
    dialog.append(content);
    dialog.showModal();
    content.querySelector("[aria-current]")?.scrollIntoView({ block: "center" });
  });
  dialog.addEventListener("close", () => {
    putBack();
    summary.focus();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });

  const fit = () => {
    if (wide.matches && dialog.open) dialog.close();
    details.open = wide.matches;
    const current = content.querySelector("[aria-current]");
    // Where the path is longer than the window, begin at the current lesson.
    if (wide.matches && current && current.offsetTop + current.offsetHeight > column.clientHeight) {
      column.scrollTop = current.offsetTop - column.clientHeight / 2;
    }
  };
  wide.addEventListener("change", fit);
  fit();
}
