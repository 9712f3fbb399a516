// A note saves itself. What is not stored yet lies on the device under the account it belongs to, and is taken away
// from there as soon as the server has it; so nothing is lost offline, in a tab that closes or when a session ends.
// Without this the form is sent by its button.

const PREFIX = "flett:note:";
const PAUSE = 1200; // milliseconds after the last key
const RETRY = 15000;
const MOST_KEPT_ALIVE = 60000; // bytes; a browser refuses a larger request that is to outlive the page

const draftKey = (account, action) => `${PREFIX}${account}:${new URL(action, location.href).pathname.replace(/^\/(da|en)\//, "/")}`;

const store = {
  read(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  write(key, draft) {
    try {
      localStorage.setItem(key, JSON.stringify(draft));
    } catch {
      // A full or forbidden store: the text is still in the field.
    }
  },
  remove(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // As above.
    }
  },
  keys(account) {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(`${PREFIX}${account}:`));
    } catch {
      return [];
    }
  },
};

const askFor = (action, account) =>
  fetch(action, { headers: { Accept: "application/json", "X-Account": account }, credentials: "same-origin" });

const post = (action, fields, { last = false } = {}) => {
  const body = new URLSearchParams(fields);
  return fetch(action, {
    method: "POST",
    body,
    headers: { Accept: "application/json" },
    credentials: "same-origin",
    keepalive: last && body.toString().length < MOST_KEPT_ALIVE,
  });
};

/** Send once more with the token of today where the page's own has grown old. */
const send = async (action, fields, options) => {
  const answer = await post(action, fields, options);
  if (answer.status !== 403) return answer;
  const state = await askFor(action, fields.account);
  if (!state.ok) return state;
  const { token } = await state.json();
  for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
  return post(action, { ...fields, csrfmiddlewaretoken: token }, options);
};

class Note {
  constructor(form) {
    this.form = form;
    this.field = form.querySelector("textarea");
    this.status = form.querySelector("[data-reflection-status]");
    this.conflict = form.querySelector("[data-reflection-conflict]");
    this.key = draftKey(form.elements.account.value, form.action);
    this.stored = this.field.defaultValue;
    this.timer = 0;
    this.isSending = false;
    this.isStopped = false; // the learner has a choice to make, or a text to mend, first

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.isStopped = false;
      if (this.conflict.hidden) this.save();
    });
    this.field.addEventListener("input", () => {
      this.keep();
      this.isStopped = !this.conflict.hidden;
      this.wait(PAUSE);
    });
    this.field.addEventListener("blur", () => this.save());
    addEventListener("online", () => this.save());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.save({ last: true });
    });
    this.restore();
    const [arrival] = performance.getEntriesByType("navigation");
    if (arrival?.type === "back_forward" && !this.isChanged) this.refresh();
  }

  get isChanged() {
    return this.field.value !== this.stored;
  }

  get version() {
    return this.form.elements.version.value;
  }

  set version(value) {
    this.form.elements.version.value = value;
  }

  keep() {
    if (!this.isChanged) {
      store.remove(this.key);
      return;
    }
    store.write(this.key, {
      text: this.field.value,
      version: this.version,
      action: this.form.getAttribute("action"),
      path: this.form.elements.path?.value ?? "",
      next: this.form.elements.next.value,
    });
  }

  /** What lay on the device from before: into the field, and on to the server, which knows whether it is too old. */
  restore() {
    const draft = store.read(this.key);
    if (!draft) return;
    if (draft.text === this.stored) {
      store.remove(this.key);
      return;
    }
    this.field.value = draft.text;
    this.version = draft.version;
    this.say(this.form.dataset.restored);
    this.save();
  }

  /** «Back» may show the page as it first came. Ask what is stored now, unless something is being written. */
  async refresh() {
    try {
      const answer = await askFor(this.form.action, this.form.elements.account.value);
      if (!answer.ok || this.isChanged || this.isSending) return;
      const { text, version } = await answer.json();
      this.stored = this.field.value = text;
      this.version = version;
    } catch {
      // What the page says stands; a save will find out.
    }
  }

  wait(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), milliseconds);
  }

  say(message, link) {
    this.status.replaceChildren(document.createTextNode(message));
    if (!link) return;
    const anchor = document.createElement("a");
    anchor.href = link;
    anchor.textContent = this.form.dataset.login;
    this.status.append(" ", anchor);
  }

  async save(options = {}) {
    clearTimeout(this.timer);
    if (this.isSending || this.isStopped || !this.isChanged) return;
    const text = this.field.value;
    if (!text.trim() && this.stored.trim()) {
      this.say(this.form.dataset.empty);
      return;
    }
    if (!navigator.onLine && !options.last) {
      this.say(this.form.dataset.waiting);
      return;
    }
    this.isSending = true;
    this.say(this.form.dataset.saving);
    try {
      const fields = { ...Object.fromEntries(new FormData(this.form)), text };
      const answer = await send(this.form.action, fields, options);
      await this.take(answer, text);
    } catch {
      this.say(navigator.onLine ? this.form.dataset.failed : this.form.dataset.waiting);
      this.wait(RETRY);
    } finally {
      this.isSending = false;
    }
    if (this.isChanged && !this.isStopped && !this.timer) this.wait(PAUSE);
  }

  async take(answer, text) {
    this.timer = 0;
    if (!/json/.test(answer.headers.get("Content-Type") ?? "")) throw new Error(String(answer.status));
    const told = await answer.json();
    this.field.removeAttribute("aria-invalid");
    if (answer.ok) {
      this.stored = text;
      this.version = told.version;
      this.keep();
      this.say(told.message);
    } else if (answer.status === 409) {
      this.offer(told);
    } else if (answer.status === 401) {
      this.isStopped = true;
      this.say(told.message, told.login_url);
    } else {
      this.isStopped = true;
      this.field.setAttribute("aria-invalid", "true");
      this.say(told.message);
    }
  }

  /** Somebody – oneself, elsewhere – has changed the note. Both texts are there, and nothing is saved before a choice. */
  offer({ message, stored, version }) {
    const { dataset } = this.form;
    this.isStopped = true;
    this.say(message);
    const heading = document.createElement("p");
    heading.append(Object.assign(document.createElement("strong"), { textContent: stored ? dataset.stored : dataset.deleted }));
    const text = Object.assign(document.createElement("div"), { className: "reflection-stored", textContent: stored });
    const choices = Object.assign(document.createElement("div"), { className: "reflection-choices" });
    const choose = (label, becomes) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "ds-button", textContent: label });
      button.dataset.variant = "secondary";
      button.dataset.size = "sm";
      button.addEventListener("click", () => {
        this.conflict.hidden = true;
        this.isStopped = false;
        this.stored = stored;
        this.version = version;
        this.field.value = becomes();
        this.keep();
        this.field.focus();
        if (this.isChanged) this.save();
        else this.say("");
      });
      choices.append(button);
    };
    choose(dataset.keepMine, () => this.field.value);
    choose(dataset.keepStored, () => stored);
    if (stored) choose(dataset.keepBoth, () => `${stored}\n\n${this.field.value}`);
    this.conflict.replaceChildren(heading, ...(stored ? [text] : []), choices);
    this.conflict.hidden = false;
  }
}

for (const form of document.querySelectorAll("[data-reflection]")) new Note(form);

// The page that gathers the notes sends what other pages could not, and says what must be looked at there.
for (const line of document.querySelectorAll("[data-reflection-waiting]")) {
  const { account, one, many } = line.dataset;
  const token = line.querySelector("input[name=csrfmiddlewaretoken]").value;
  let waiting = 0;
  let sent = 0;
  for (const key of store.keys(account)) {
    const { action, ...draft } = store.read(key) ?? {};
    if (!action) continue;
    try {
      const answer = await send(action, { ...draft, account, csrfmiddlewaretoken: token });
      if (!answer.ok) throw new Error(String(answer.status));
      store.remove(key);
      sent += 1;
    } catch {
      waiting += 1;
    }
  }
  if (waiting) {
    line.append(waiting === 1 ? one : many.replace("{count}", waiting));
    line.hidden = false;
  } else if (sent) {
    location.reload();
  }
}
