// Files chosen for a form are sent at once, piece by piece, with a progress bar. A broken line goes on where it was, and
// so does a page that was loaded again, when the same file is chosen. Without this the form sends its files itself.

const PREFIX = "flett:upload:";
const AT_ONCE = 2;
const PAUSES = [1000, 2000, 4000, 8000, 15000]; // milliseconds between tries on a broken line
const TOLD_EACH = 20; // percent between what a screen reader is told

/** The number of the form this tab has open, from before it was loaded again. */
const store = {
  read(key) {
    try {
      return sessionStorage.getItem(key);
    } catch {
      return null;
    }
  },
  write(key, value) {
    try {
      sessionStorage.setItem(key, value);
    } catch {
      // A full or forbidden store: what has come is forgotten when the page is loaded again.
    }
  },
  remove(key) {
    try {
      sessionStorage.removeItem(key);
    } catch {
      // As above.
    }
  },
};

/** The server, or the file itself, has said no: trying again changes nothing before somebody has done something. */
class Stopped extends Error {
  constructor(said) {
    super(said.message ?? said.question);
    this.said = said;
  }
}

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

class Uploads {
  constructor(box) {
    this.box = box;
    this.form = box.closest("form");
    this.rows = box.querySelector("[data-upload-rows]");
    this.status = box.querySelector("[data-upload-status]");
    this.key = `${PREFIX}${location.pathname}${location.search}`;
    this.sendings = new Set();
    this.held = null; // the button that waits until all files are here

    box.querySelector("[data-upload-without]").hidden = true;
    box.querySelector("[data-upload-drop]").hidden = false;
    const field = box.querySelector("input[type=file]");
    field.addEventListener("change", () => {
      const chosen = [...field.files];
      field.value = "";
      this.add(chosen);
    });
    box.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      box.classList.add("is-over");
    });
    box.addEventListener("dragleave", (event) => {
      if (!box.contains(event.relatedTarget)) box.classList.remove("is-over");
    });
    box.addEventListener("drop", (event) => {
      event.preventDefault();
      box.classList.remove("is-over");
      this.add([...event.dataTransfer.files]);
    });
    box.addEventListener("click", (event) => {
      const button = event.target.closest("button[value^='remove:']");
      if (!button) return;
      event.preventDefault();
      const key = button.value.slice("remove:".length);
      this.remove(`${box.dataset.url}${key}/`, button.closest("li"), button.parentElement.querySelector("a").textContent);
    });
    this.form.addEventListener("submit", (event) => this.submitted(event));
    this.restore();
  }

  get submission() {
    return this.form.elements.submission;
  }

  say(text) {
    this.status.textContent = text;
  }

  word(name, values = {}) {
    return fill(this.box.dataset[name], values);
  }

  make(name, values = {}) {
    const made = this.box.querySelector(`template[data-upload-${name}]`).content.firstElementChild.cloneNode(true);
    for (const [part, text] of Object.entries(values)) {
      for (const place of made.querySelectorAll(`[data-${part}]`)) place.textContent = text;
    }
    return made;
  }

  show(row) {
    this.rows.append(row);
    this.rows.hidden = false;
  }

  add(files) {
    for (const file of files) {
      const isHere = [...this.sendings].some((each) => each.isOf(file));
      if (!isHere) this.sendings.add(new Sending(this, file));
    }
    store.write(this.key, this.submission.value);
    this.next();
  }

  /** Begin those there is room for; when all have come, what was held goes on. */
  next() {
    const all = [...this.sendings];
    const free = AT_ONCE - all.filter((each) => each.isGoing).length;
    for (const each of all.filter((waiting) => waiting.isWaiting).slice(0, Math.max(free, 0))) each.run();
    if (!this.held || [...this.sendings].some((each) => each.isWaiting || each.isGoing)) return;
    const { held } = this;
    this.held = null;
    if (this.sendings.size) [...this.sendings][0].row.querySelector("button:not([hidden])").focus();
    else this.form.requestSubmit(held);
  }

  submitted(event) {
    const blocks = [...this.sendings].filter((each) => !each.isRefused);
    if (!blocks.length) return;
    event.preventDefault();
    this.held = event.submitter;
    this.say(this.word("hold"));
    this.next();
  }

  /** What lies beside the form that this tab had open before it was loaded again. */
  async restore() {
    const kept = store.read(this.key);
    if (!kept) return;
    let told;
    try {
      told = await this.ask("GET", `${this.box.dataset.url}?submission=${encodeURIComponent(kept)}`);
    } catch {
      return; // signed out, or no line: the form is new
    }
    if (told.is_used || this.sendings.size) {
      store.remove(this.key);
      return;
    }
    this.submission.value = kept;
    for (const file of told.files) {
      if (!this.box.querySelector(`button[value="remove:${file.key}"]`)) this.keep(file, []);
    }
    for (const upload of told.uploads) {
      const row = this.make("row", { name: upload.name });
      const percent = Math.floor((100 * upload.received) / upload.size);
      row.querySelector("progress").value = percent;
      row.querySelector("progress").setAttribute("aria-label", upload.name);
      row.querySelector("[data-text]").textContent = this.word("partial", { percent });
      row.dataset.partial = upload.url;
      row.querySelector("[data-cancel]").addEventListener("click", () => this.remove(upload.url, row, upload.name));
      this.show(row);
    }
  }

  keep(file, notices) {
    const row = this.make("kept", { name: file.name, size: file.size });
    row.querySelector("[data-link]").href = file.url;
    row.querySelector("[data-remove]").addEventListener("click", () => this.remove(file.upload_url, row, file.name));
    for (const message of notices) row.append(this.make("notice", { message }));
    this.show(row);
    return row;
  }

  async remove(url, row, name) {
    try {
      await this.ask("DELETE", url);
    } catch {
      this.say(this.word("failed"));
      return;
    }
    this.away(row);
    this.say(this.word("removed", { name }));
  }

  away(row) {
    const hadFocus = row.contains(document.activeElement);
    row.remove();
    this.rows.hidden = !this.rows.children.length;
    if (hadFocus) this.box.querySelector("input[type=file]").focus();
  }

  /** The answer's JSON, or null where it has none. Throws Stopped for a refusal; anything else that fails is the line's. */
  async ask(method, url, { body, headers = {}, signal, isAgain = false } = {}) {
    const token = this.form.elements.csrfmiddlewaretoken;
    const answer = await fetch(url, {
      method,
      body,
      signal,
      headers: { ...headers, Accept: "application/json", "X-CSRFToken": token.value },
      credentials: "same-origin",
    });
    if (answer.status === 204) return null;
    const told = /json/.test(answer.headers.get("Content-Type") ?? "") ? await answer.json() : {};
    if (answer.ok) return told;
    if (answer.status === 403 && told.token && !isAgain) {
      token.value = told.token; // the page's own had grown old
      return this.ask(method, url, { body, headers, signal, isAgain: true });
    }
    if (answer.status === 409) return told;
    if (answer.status >= 500) throw new Error(String(answer.status));
    throw new Stopped(told.message || told.question ? told : { message: this.word("failed"), isGone: answer.status === 404 });
  }
}

class Sending {
  constructor(uploads, file) {
    this.uploads = uploads;
    this.file = file;
    this.state = "waiting"; // then going; then refused or asked, where somebody must do something
    this.url = "";
    this.received = 0;
    this.piece = 0;
    this.confirmed = "";
    this.tries = 0;
    this.told = -TOLD_EACH;
    this.stop = new AbortController();
    this.row = uploads.make("row", { name: file.name });
    this.bar = this.row.querySelector("progress");
    this.bar.setAttribute("aria-label", file.name);
    this.row.querySelector("[data-cancel]").addEventListener("click", () => this.cancel());
    this.row.querySelector("[data-again]").addEventListener("click", () => this.again());
    uploads.show(this.row);
  }

  get isWaiting() {
    return this.state === "waiting";
  }

  get isGoing() {
    return this.state === "going";
  }

  get isRefused() {
    return this.state === "refused";
  }

  isOf(file) {
    return this.file.name === file.name && this.file.size === file.size && this.file.lastModified === file.lastModified;
  }

  async run() {
    this.state = "going";
    while (this.isGoing) {
      try {
        await this.send();
        return;
      } catch (error) {
        if (!this.isGoing) return;
        if (error instanceof Stopped && error.said.isGone && this.url) this.url = ""; // it waited too long: begin anew
        else if (error instanceof Stopped) this.halt(error.said);
        else await this.wait();
      }
    }
  }

  async send() {
    const { uploads, file } = this;
    const { signal } = this.stop;
    const begin = { submission: uploads.submission.value, name: file.name, size: file.size, stamp: Math.floor(file.lastModified) };
    const begun = this.url
      ? await uploads.ask("GET", this.url, { signal })
      : await uploads.ask("POST", uploads.box.dataset.url, { body: new URLSearchParams(begin), signal });
    if (begun.file) {
      this.done(begun);
      return;
    }
    this.url = begun.url;
    this.piece = begun.piece;
    this.received = begun.received;
    uploads.rows.querySelector(`[data-partial="${this.url}"]`)?.remove();
    this.progress();
    while (this.received < file.size) {
      const body = await this.read(this.received);
      const headers = { "Upload-Offset": String(this.received), "Content-Type": "application/offset+octet-stream" };
      const { received } = await uploads.ask("PATCH", this.url, { body, headers, signal });
      this.received = received;
      this.tries = 0;
      this.progress();
    }
    const text = uploads.word("looking", { name: file.name });
    this.write(text);
    uploads.say(text);
    const body = new URLSearchParams({ confirmed: this.confirmed });
    this.done(await uploads.ask("POST", this.url, { body, signal }));
  }

  async read(start) {
    try {
      return await this.file.slice(start, start + this.piece).arrayBuffer();
    } catch {
      throw new Stopped({ message: this.uploads.word("unreadable") });
    }
  }

  wait() {
    const { uploads } = this;
    this.write(uploads.word("waiting"));
    if (this.tries === 0) uploads.say(uploads.word("waiting"));
    const pause = PAUSES[Math.min(this.tries, PAUSES.length - 1)];
    this.tries += 1;
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        removeEventListener("online", go);
        this.stop.signal.removeEventListener("abort", go);
        resolve();
      };
      const timer = setTimeout(go, pause);
      addEventListener("online", go);
      this.stop.signal.addEventListener("abort", go);
    });
  }

  write(text) {
    this.row.querySelector("[data-text]").textContent = text;
  }

  progress() {
    const { uploads, file } = this;
    const percent = file.size ? Math.floor((100 * this.received) / file.size) : 0;
    this.bar.value = percent;
    this.write(uploads.word("percent", { percent }));
    if (percent < this.told + TOLD_EACH) return;
    this.told = percent;
    uploads.say(uploads.word("going", { name: file.name, percent }));
  }

  /** Refused, or asked about. The file stays chosen: it can be tried again, confirmed, or taken away. */
  halt(said) {
    const { uploads, file, row } = this;
    const made = uploads.make(said.question ? "question" : "error", { message: said.question ?? said.message });
    if (said.login_url) {
      const link = Object.assign(document.createElement("a"), { href: said.login_url, target: "_blank", textContent: uploads.box.dataset.login });
      made.querySelector("[data-message]").append(" ", link);
    }
    made.querySelector("[data-confirm]")?.addEventListener("click", () => {
      this.confirmed = "1";
      this.again();
    });
    const place = row.querySelector("[data-said]");
    place.replaceChildren(made);
    place.hidden = false;
    this.bar.hidden = true;
    this.write("");
    this.row.querySelector("[data-cancel-word]").textContent = uploads.word("away");
    this.state = said.question ? "asked" : "refused";
    row.querySelector("[data-again]").hidden = Boolean(said.question);
    uploads.say(uploads.word(said.question ? "asked" : "refused", { name: file.name }));
    uploads.next();
  }

  again() {
    const hadFocus = this.row.contains(document.activeElement);
    this.row.querySelector("[data-said]").hidden = true;
    this.row.querySelector("[data-again]").hidden = true;
    this.bar.hidden = false;
    this.tries = 0;
    this.state = "waiting";
    if (hadFocus) this.row.querySelector("[data-cancel]").focus();
    this.uploads.next();
  }

  done({ file, notices }) {
    const { uploads, row } = this;
    const hadFocus = row.contains(document.activeElement);
    this.state = "done";
    uploads.sendings.delete(this);
    const kept = uploads.keep(file, notices);
    row.replaceWith(kept);
    if (hadFocus) kept.querySelector("[data-remove]").focus();
    uploads.say(uploads.word("kept", { name: file.name }));
    uploads.next();
  }

  cancel() {
    this.state = "cancelled";
    this.stop.abort();
    this.uploads.sendings.delete(this);
    this.uploads.away(this.row);
    this.uploads.say(this.uploads.word("removed", { name: this.file.name }));
    if (this.url) this.uploads.ask("DELETE", this.url).catch(() => {}); // else it is forgotten after two days
    this.uploads.next();
  }
}

for (const box of document.querySelectorAll("[data-upload]")) new Uploads(box);
