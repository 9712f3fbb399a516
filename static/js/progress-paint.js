// Shows what has been completed, whoever found out: ticks beside lessons, figures of courses and paths.
const template = document.getElementById("flett-words");

function word(name) {
  return template?.content.querySelector(`[data-word="${name}"]`);
}

function tick(lesson) {
  for (const place of document.querySelectorAll(`[data-tick="${CSS.escape(lesson)}"]`)) {
    if (place.dataset.mark === "done") continue;
    place.dataset.mark = "done";
    place.replaceChildren(...(word("tick")?.cloneNode(true).childNodes ?? []));
  }
  const article = document.querySelector("article[data-lesson]");
  if (article?.dataset.lesson !== lesson) return;
  for (const status of document.querySelectorAll("[data-lesson-status]")) {
    status.textContent = word("completed")?.textContent ?? "";
  }
}

function figures(subject, { percent, text }) {
  for (const place of document.querySelectorAll(`[data-progress="${CSS.escape(subject)}"]`)) {
    const bar = place.matches("progress") ? place : place.querySelector("progress");
    if (bar) bar.value = (percent / 100) * bar.max;
    const words = place.querySelector("[data-progress-text]");
    if (words) words.textContent = text;
  }
}

document.addEventListener("flett:progress", ({ detail }) => {
  for (const lesson of detail.ticked ?? []) tick(lesson);
  for (const [subject, found] of Object.entries(detail.subjects ?? {})) figures(subject, found);
});
