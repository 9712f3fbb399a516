// Somebody who has not signed in keeps their ticks in this browser, for thirty days. Whoever signs in here is asked
// once whether these are theirs: computers are shared.
const KEY = "flett:anonymous";
const KEPT_FOR = 30 * 24 * 3600 * 1000;
const MOST_KEPT = 200;

const device = document.querySelector('meta[name="flett-device"]');
const article = document.querySelector("article[data-lesson]");

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY)) ?? [];
    return found.filter((tick) => Date.now() - tick.at < KEPT_FOR);
  } catch {
    return [];
  }
}

function keep(ticks) {
  try {
    if (ticks.length) localStorage.setItem(KEY, JSON.stringify(ticks.slice(-MOST_KEPT)));
    else localStorage.removeItem(KEY);
    return true;
  } catch {
    return false;
  }
}

function word(name) {
  return document.getElementById("flett-words")?.content.querySelector(`[data-word="${name}"]`)?.textContent ?? "";
}

function show(ticks) {
  const ticked = ticks.map((tick) => tick.lesson);
  document.dispatchEvent(new CustomEvent("flett:progress", { detail: { ticked, subjects: {}, films: {} } }));
  if (!ticked.includes(article?.dataset.lesson)) return;
  const words = document.getElementById("flett-words")?.content.querySelector('[data-word="completed-here"]');
  for (const status of document.querySelectorAll("[data-lesson-status]")) {
    status.replaceChildren(...(words?.cloneNode(true).childNodes ?? []));
  }
}

function complete(submission, form) {
  const lesson = article?.dataset.lesson;
  if (!lesson) return;
  const ticks = kept();
  if (!ticks.some((tick) => tick.lesson === lesson)) {
    ticks.push({
      lesson,
      path: article.dataset.path ?? "",
      title: document.querySelector("h1")?.textContent.trim() ?? "",
      at: Date.now(),
    });
  }
  if (!keep(ticks)) return; // the form leads to the sign-in page
  submission.preventDefault();
  show(ticks);
  const next = form.dataset.next;
  if (next && navigator.onLine && new URL(next, location.href).origin === location.origin) location.assign(next);
}

function ask(ticks) {
  const card = document.querySelector("[data-device-ask]");
  if (!card) return;
  const question = card.querySelector("[data-device-question]");
  question.textContent = word(ticks.length === 1 ? "ask-one" : "ask-many").replace("{n}", String(ticks.length));
  const days = new Intl.DateTimeFormat(document.documentElement.lang, { day: "numeric", month: "long" });
  card.querySelector("[data-device-list]").replaceChildren(
    ...ticks.map((tick) => {
      const item = document.createElement("li");
      item.textContent = `${tick.title} (${days.format(tick.at)})`;
      return item;
    }),
  );
  card.hidden = false;
  card.addEventListener("click", ({ target }) => {
    const answer = target.closest("[data-device-answer]")?.dataset.deviceAnswer;
    if (!answer) return;
    const ours = kept();
    keep([]);
    if (answer === "yes") {
      for (const { lesson, path, at } of ours) {
        document.dispatchEvent(new CustomEvent("flett:record", { detail: { kind: "completed", lesson, path, at } }));
      }
    }
    card.querySelector("[data-device-choices]").hidden = true;
    question.textContent = word(answer === "yes" ? "taken" : "forgotten");
    question.focus();
  });
}

if (device) {
  const ticks = kept();
  keep(ticks);
  if (device.content) {
    if (ticks.length) ask(ticks);
  } else {
    if (ticks.length) show(ticks);
    document.addEventListener("submit", (event) => {
      if (event.target.matches("form[data-complete]")) complete(event, event.target);
    });
  }
}
