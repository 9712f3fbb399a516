// Shows what has been completed, whoever found out: ticks beside lessons, figures of courses and paths, and the end of
// the lesson itself. A page's own templates say what a tick and a figure look like.
const words = document.getElementById("flett-words");
const article = document.querySelector("article[data-lesson]");

function copy(selector) {
  return document.querySelector(`template[${selector}]`)?.content.cloneNode(true);
}

function word(name) {
  return words?.content.querySelector(`[data-word="${name}"]`)?.cloneNode(true).childNodes ?? [];
}

function tick(lesson) {
  const done = copy("data-tick-done");
  let isNews = false;
  for (const place of document.querySelectorAll(`[data-tick="${CSS.escape(lesson)}"]`)) {
    if (!done || place.textContent.trim() === done.textContent.trim()) continue;
    isNews = true;
    place.replaceChildren(done.cloneNode(true));
  }
  if (isNews && article?.dataset.lesson === lesson) finish();
}

// What asked the reader to complete the lesson now says that they have, and the way on takes the form's place.
function finish() {
  for (const status of document.querySelectorAll("[data-lesson-status]")) status.replaceChildren(...word("completed"));
  document.querySelector("form[data-transcript]")?.remove();
  const form = document.querySelector("form[data-complete]");
  const skip = document.querySelector(".lesson-nav-skip");
  const link = skip?.querySelector("a");
  if (!form || !link) return;
  link.className = "ds-button lesson-nav-next";
  link.replaceChildren(...word(link.rel === "next" ? "next" : "back"));
  const hadFocus = form.contains(document.activeElement);
  form.replaceWith(link);
  skip.remove();
  if (hadFocus) link.focus();
}

function figures(subject, { text, done, required }) {
  for (const place of document.querySelectorAll(`[data-progress="${CSS.escape(subject)}"]`)) {
    if (!place.querySelector("[data-progress-text]")) {
      const line = place.matches("div") && copy("data-progress-line");
      if (!line) continue;
      place.replaceChildren(line);
    }
    const [lead, rest] = text.split(" · ");
    const strong = document.createElement("strong");
    strong.textContent = lead;
    place.querySelector("[data-progress-text]").replaceChildren(strong, rest ? ` · ${rest}` : "");
    const bar = place.querySelector("progress");
    if (!bar) continue;
    bar.max = required;
    bar.value = done;
  }
}

document.addEventListener("flett:progress", ({ detail }) => {
  for (const lesson of detail.ticked ?? []) tick(lesson);
  for (const [subject, found] of Object.entries(detail.subjects ?? {})) figures(subject, found);
});
