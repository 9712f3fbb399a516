// What a learner does is kept in this browser until the server has answered that it is kept there: sent soon, sent
// again when nobody answered, never sent as somebody else's. Other modules hand over what happened with
//   document.dispatchEvent(new CustomEvent("flett:record", { detail: { kind, lesson, … } }))
// and hear what came of it as `flett:progress` (and `flett:refused`). Without this, forms do the same.
const DAY = 24 * 3600 * 1000;
const KEPT_FOR = 30 * DAY;
const MOST_KEPT = 300;
const BATCH = 50;
const BATCH_BYTES = 40_000;
const PATIENCE = 15_000;
const PAUSES = [5_000, 15_000, 60_000, 300_000];
const SEEN_AFTER = 3_000;
const HEARD_FOR = 10 * 60_000;

const device = document.querySelector('meta[name="flett-device"]');
const learner = device?.content ?? "";
const line = document.querySelector("[data-device-line]");
const article = document.querySelector("article[data-lesson]");

// --- what is kept here: a key for each event, so that two tabs never write over each other -----------------

const ALL = "flett:event:";
const OWN = `${ALL}${learner}:`;
const unstored = new Map();

function keysOf(prefix) {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  } catch {
    return [];
  }
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function remove(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // Where nothing can be stored, nothing is there to remove.
  }
}

function waiting() {
  const stored = keysOf(OWN).map(read).filter(Boolean);
  return [...stored, ...unstored.values()].sort((one, other) => one.at - other.at);
}

function keep(event) {
  const key = OWN + event.id;
  try {
    localStorage.setItem(key, JSON.stringify(event));
  } catch {
    unstored.set(event.id, event);
  }
}

function forget(id) {
  unstored.delete(id);
  remove(OWN + id);
}

// What is too old to be believed goes, whoever it was of. A tick is never pushed out by what can be seen again.
function tidy() {
  for (const key of keysOf(ALL)) {
    const event = read(key);
    if (!event || !(Date.now() - event.at < KEPT_FOR)) remove(key);
  }
  for (const key of keysOf("flett:heard:")) {
    if (!(Date.now() - (read(key)?.at ?? 0) < HEARD_FOR)) remove(key);
  }
  const events = waiting();
  const order = ["opened", "film", "completed"];
  const spare = order.flatMap((kind) => events.filter((event) => event.kind === kind));
  for (const event of spare.slice(0, Math.max(0, events.length - MOST_KEPT))) forget(event.id);
}

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// --- what a page shows that the server did not know of when it made it -------------------------------------

// What was heard by a page that one was leaving, while the next was on its way: that one was made without it.
const HEARD = `flett:heard:${learner}:`;

function hear(detail) {
  document.dispatchEvent(new CustomEvent("flett:progress", { detail }));
  if (!detail.ticked.length) return;
  try {
    localStorage.setItem(HEARD + newId(), JSON.stringify({ at: Date.now(), detail }));
  } catch {
    // Then the next page shows it when it is loaded again.
  }
}

// A page that was asked for after the answer had come knows better itself.
function showKept() {
  const heard = keysOf(HEARD).map(read).filter(Boolean);
  for (const { at, detail } of heard.sort((one, other) => one.at - other.at)) {
    if (at >= performance.timeOrigin) document.dispatchEvent(new CustomEvent("flett:progress", { detail }));
  }
  const ticked = waiting().flatMap((event) => (event.kind === "completed" ? [event.lesson] : []));
  if (!ticked.length) return;
  document.dispatchEvent(new CustomEvent("flett:progress", { detail: { ticked, subjects: {}, films: {} } }));
}

// --- what the reader is told ------------------------------------------------------------------------------

let trouble = "";
let quiet;

function word(name) {
  return document.getElementById("flett-words")?.content.querySelector(`[data-word="${name}"]`)?.textContent ?? "";
}

function tell(state) {
  const before = trouble;
  trouble = state;
  if (!line) return;
  clearTimeout(quiet);
  if (state) {
    if (!waiting().some((event) => event.kind !== "opened")) return;
    if (line.dataset.state === state) return;
    line.dataset.state = state;
    line.textContent = word(state);
    if (state === "signed-out") {
      const link = document.createElement("a");
      link.href = `${device.dataset.login}?next=${encodeURIComponent(location.pathname)}`;
      link.textContent = word("sign-in");
      line.append(" ", link);
    }
  } else if (before && line.dataset.state && !waiting().length) {
    line.dataset.state = "sent";
    line.textContent = word("sent");
    quiet = setTimeout(() => {
      line.textContent = "";
      delete line.dataset.state;
    }, 8_000);
  }
}

// --- sending ----------------------------------------------------------------------------------------------

let csrf;
let size = BATCH;
let failures = 0;
let soon;
let later;
const underWay = new Set();

function token() {
  csrf ??=
    document.querySelector('meta[name="flett-csrf"]')?.content ??
    document.querySelector('input[name="csrfmiddlewaretoken"]')?.value ??
    "";
  return csrf;
}

// A page that has been open for long has an old token. Says whether this page's learner is still signed in.
async function refresh() {
  const response = await fetch(device.dataset.events, {
    headers: { Accept: "application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!response.ok) return false;
  const found = await response.json();
  csrf = found.csrf;
  return found.learner === learner;
}

function pick(skip = new Set()) {
  const batch = [];
  let bytes = 0;
  for (const event of waiting()) {
    if (event.by === "form" || skip.has(event.id)) continue;
    bytes += JSON.stringify(event).length;
    if (batch.length && (batch.length >= size || bytes > BATCH_BYTES)) break;
    batch.push(event);
  }
  return batch;
}

// The server does not believe this device's clock, only how long ago it says that something was.
function written(events) {
  return events.map(({ at, by, view, ...event }) => ({ ...event, age: Math.max(0, Date.now() - at) }));
}

async function post(events, { isSecondTry = false } = {}) {
  const response = await fetch(device.dataset.events, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token(), Accept: "application/json" },
    body: JSON.stringify({ learner, events: written(events) }),
    keepalive: true,
    redirect: "error",
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (response.status === 403 && !isSecondTry) {
    return (await refresh()) ? post(events, { isSecondTry: true }) : { state: "signed-out" };
  }
  if (response.status === 401 || response.status === 409) return { state: "signed-out" };
  if (!response.headers.get("Content-Type")?.startsWith("application/json")) return { state: "later" };
  const answer = await response.json();
  if (response.ok) return { state: "", answer };
  if (answer.error === "too_much" || answer.error === "malformed") return { state: "unreadable" };
  return { state: "later" };
}

async function sendAll() {
  for (;;) {
    const events = pick();
    if (!events.length) return "";
    for (const event of events) underWay.add(event.id);
    let result;
    try {
      result = await post(events);
    } catch {
      result = { state: navigator.onLine ? "later" : "offline" };
      // A network that says it is there and answers nothing is no network.
      if (navigator.onLine && failures) result.state = "offline";
    } finally {
      for (const event of events) underWay.delete(event.id);
    }
    if (result.state === "unreadable") {
      if (events.length === 1) forget(events[0].id);
      size = Math.max(1, Math.floor(events.length / 2));
      continue;
    }
    if (result.state) return result.state;
    const { answer } = result;
    const finished = new Set([...answer.done, ...Object.keys(answer.refused)]);
    for (const id of finished) forget(id);
    for (const event of events) {
      const reason = answer.refused[event.id];
      if (reason) document.dispatchEvent(new CustomEvent("flett:refused", { detail: { event, reason } }));
    }
    const detail = { ticked: answer.ticked, subjects: answer.subjects, films: answer.films ?? {} };
    hear(detail);
    channel?.postMessage({ learner, detail });
    if (!events.some((event) => finished.has(event.id))) return "later";
  }
}

async function send() {
  clearTimeout(soon);
  clearTimeout(later);
  // Tabs stand in line, so that what one is sending is not sent by another.
  const state = navigator.locks ? await navigator.locks.request(`flett-send:${learner}`, sendAll) : await sendAll();
  tell(state);
  if (state === "later" || state === "offline") {
    later = setTimeout(send, PAUSES[Math.min(failures, PAUSES.length - 1)]);
    failures += 1;
  } else {
    failures = 0;
  }
  return state;
}

// The page is going: nobody will hear the answer, so what is sent stays here until a later page has heard one.
function sendBlindly() {
  const events = pick(underWay);
  if (!events.length || !token()) return;
  const body = new URLSearchParams({
    csrfmiddlewaretoken: token(),
    learner,
    events: JSON.stringify(written(events)),
  });
  if (navigator.sendBeacon(device.dataset.events, body)) for (const event of events) underWay.add(event.id);
}

function record({ urgent = false, ...what }) {
  if (what.view) {
    for (const event of waiting()) if (event.view === what.view && !underWay.has(event.id)) forget(event.id);
  }
  keep({ at: Date.now(), ...what, id: newId() });
  tidy();
  if (urgent) return sendBlindly();
  if (navigator.onLine === false) return tell("offline");
  clearTimeout(soon);
  if (document.visibilityState === "hidden") send(); // timers sleep in a tab that nobody sees
  else soon = setTimeout(send, 300);
}

// --- forms ------------------------------------------------------------------------------------------------

function fieldOf(form, name) {
  return form.elements.namedItem(name)?.value ?? "";
}

function isTicked(lesson) {
  const done = document.querySelector("template[data-tick-done]")?.content.textContent.trim();
  const place = document.querySelector(`[data-tick="${CSS.escape(lesson)}"]`);
  return Boolean(done) && place?.textContent.trim() === done;
}

// The form is sent as ever. What it says is kept here as well, until a page shows that it was heard.
function completing(submission, form) {
  const lesson = article?.dataset.lesson;
  const id = fieldOf(form, "event");
  if (!lesson || !id) return;
  const [path, how] = [fieldOf(form, "path"), fieldOf(form, "how")];
  const event = { id, at: Date.now(), kind: "completed", lesson, path, how };
  if (navigator.onLine && trouble !== "offline") {
    keep({ ...event, by: "form" });
    return;
  }
  submission.preventDefault();
  keep(event);
  tell("offline");
  document.dispatchEvent(new CustomEvent("flett:progress", { detail: { ticked: [lesson], subjects: {}, films: {} } }));
}

// What is undone stood on the server: nothing that was kept or heard of it is to be shown.
function undoing() {
  for (const key of keysOf(HEARD)) remove(key);
  for (const event of waiting()) {
    if (event.kind === "completed" && event.lesson === article?.dataset.lesson) forget(event.id);
  }
}

async function signingOut(submission, form) {
  if (!waiting().length || form.dataset.tried) return;
  submission.preventDefault();
  form.dataset.tried = "yes";
  adopt();
  await Promise.race([send(), new Promise((resolve) => setTimeout(resolve, 3_000))]);
  form.requestSubmit();
}

// What a form was to bring, and no page has shown yet.
function adopt() {
  for (const event of waiting()) {
    if (event.by !== "form") continue;
    if (isTicked(event.lesson)) forget(event.id);
    else keep({ ...event, by: "" });
  }
}

// --- from here on it happens ------------------------------------------------------------------------------

let channel;

function whenSeen() {
  let timer;
  const look = () => {
    clearTimeout(timer);
    if (document.visibilityState !== "visible") return;
    timer = setTimeout(() => {
      document.removeEventListener("visibilitychange", look);
      record({ kind: "opened", lesson: article.dataset.lesson, path: article.dataset.path ?? "" });
    }, SEEN_AFTER);
  };
  document.addEventListener("visibilitychange", look);
  look();
}

function begin() {
  channel = "BroadcastChannel" in window ? new BroadcastChannel("flett-progress") : undefined;
  channel?.addEventListener("message", ({ data }) => {
    if (data.learner === learner) {
      document.dispatchEvent(new CustomEvent("flett:progress", { detail: data.detail }));
      if (!waiting().length) tell("");
    }
  });
  document.addEventListener("flett:record", ({ detail }) => record(detail));
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-complete], form[data-transcript]")) completing(event, event.target);
    else if (event.target.matches("form[data-undo]")) undoing();
    else if (event.target.matches("form[data-sign-out]")) signingOut(event, event.target);
  });
  const go = () => {
    if (waiting().length) send();
  };
  window.addEventListener("online", go);
  window.addEventListener("offline", () => tell("offline"));
  window.addEventListener("pagehide", sendBlindly);
  window.addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    underWay.clear();
    adopt();
    showKept();
    go();
  });
  document.addEventListener("visibilitychange", go);
  tidy();
  adopt();
  showKept();
  go();
  if (article) whenSeen();
}

if (learner) begin();
else if (device) tidy();
