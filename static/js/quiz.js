// When an answer cannot be checked, the reader is told where the answer would have come.
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const feedback = event.detail.target;
    if (!feedback?.dataset.failure) return;
    const message = document.createElement("p");
    message.className = "verdict verdict-problem";
    message.textContent = event.detail.xhr?.status === 403 ? feedback.dataset.stale : feedback.dataset.failure;
    feedback.replaceChildren(message);
  });
}
