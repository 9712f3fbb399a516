// What one writes saves itself as a draft. What is not stored yet lies on the device under the account it belongs to,
// and is taken away from there as soon as the server has it. Without this the form has a button.

const PREFIX = "flett:draft:";
const PAUSE = 1500; // milliseconds after the last key
const RETRY = 15000;
const MOST_KEPT_ALIVE = 60000; // bytes; a browser refuses a larger request that is to outlive the page

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
      // A full or forbidden store: the text is still in the form.
    }
  },
  remove(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // As above.
    }
  },
};

class Draft {
  constructor(form) {
    this.form = form;
    this.status = form.querySelector("[data-compose-status]");
    this.conflict = form.querySelector("[data-compose-conflict]");
    this.key = `${PREFIX}${form.elements.account.value}:${form.elements.place.value}`;
    this.stored = this.mark();
    this.timer = 0;
    this.isSending = false;
    this.isStopped = false; // there is a choice to make first, or the form is on its way
    this.isTouched = false;

    for (const name of ["input", "change", "trix-change"]) form.addEventListener(name, (event) => this.changed(event));
    form.addEventListener("submit", (event) => {
      clearTimeout(this.timer);
      this.isStopped = true;
      if (event.submitter?.value === "post") this.keep({ isSent: true });
    });
    form.addEventListener("trix-initialize", () => {
      if (!this.isTouched) this.stored = this.mark();
      this.restore();
    });
    addEventListener("online", () => this.save());
    addEventListener("pageshow", (event) => {
      if (event.persisted) this.isStopped = false;
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.save({ last: true });
    });
    // What was sent and came back is newer than what lies here, and without what it was stopped for.
    if ("returned" in form.dataset) store.remove(this.key);
    this.restore();
  }

  get editor() {
    return this.form.querySelector("trix-editor")?.editor;
  }

  get field() {
    return this.form.elements.source;
  }

  fields() {
    const data = new FormData(this.form);
    for (const name of ["file", "alt_text", "file_confirmed", "confirmed", "formatted", "do"]) data.delete(name);
    return data;
  }

  /** What tells one text from another. */
  mark() {
    const data = this.fields();
    for (const name of ["csrfmiddlewaretoken", "version", "submission", "source_format", "back"]) data.delete(name);
    return new URLSearchParams(data).toString();
  }

  changed(event) {
    if (event.target.name === "file" || event.target.name === "alt_text") return;
    this.isTouched = true;
    if (this.mark() === this.stored) return;
    this.keep();
    this.wait(PAUSE);
  }

  keep({ isSent = false } = {}) {
    if (this.mark() === this.stored && !isSent) return;
    const { title, content_warning: warning, source, version, submission } = this.form.elements;
    store.write(this.key, {
      title: title?.value ?? "",
      warning: warning.value,
      source: source.value,
      isHtml: Boolean(this.editor),
      version: version.value,
      submission: submission.value,
      isSent,
    });
  }

  /** Whether what lay on the device, sent from the form, has become a post. Then it has done its work. */
  async isPosted(kept) {
    const data = this.fields();
    data.set("source", kept.source);
    data.set("source_format", kept.isHtml ? "html" : "text");
    data.set("submission", kept.submission);
    data.set("is_question", "1");
    if (data.has("title")) data.set("title", kept.title);
    const answer = await fetch(this.form.dataset.saveUrl, {
      method: "POST",
      body: new URLSearchParams(data),
      headers: { Accept: "application/json" },
      credentials: "same-origin",
    });
    return answer.ok && (await answer.json()).is_posted;
  }

  /** What lay on the device from before goes into the form, and on to the server, which knows whether it is too old. */
  async restore() {
    const kept = store.read(this.key);
    if (!kept || this.isTouched || !kept.source) return;
    try {
      if (kept.isSent && (await this.isPosted(kept))) store.remove(this.key);
    } catch {
      // Offline: better twice in the form than lost.
    }
    if (!store.read(this.key) || this.isTouched) return;
    if (kept.isHtml && !this.editor) {
      this.field.dispatchEvent(new FocusEvent("focus")); // the editor comes, and restores
      return;
    }
    if (this.editor) {
      const plain = document.createElement("div");
      plain.textContent = kept.source;
      this.editor.loadHTML(kept.isHtml ? kept.source : plain.innerHTML.replace(/\n/g, "<br>"));
    } else {
      this.field.value = kept.source;
    }
    if (this.form.elements.title && kept.title) this.form.elements.title.value = kept.title;
    if (kept.warning) this.form.elements.content_warning.value = kept.warning;
    if (this.mark() === this.stored) {
      store.remove(this.key);
      return;
    }
    this.form.elements.version.value = kept.version;
    this.isTouched = true;
    this.say(this.form.dataset.restored);
    this.save();
  }

  wait(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), milliseconds);
  }

  say(message, link) {
    this.status.replaceChildren(document.createTextNode(message));
    if (!link) return;
    this.status.append(" ", Object.assign(document.createElement("a"), { href: link, textContent: this.form.dataset.login }));
  }

  async send(options) {
    const post = () => {
      const body = new URLSearchParams(this.fields());
      return fetch(this.form.dataset.saveUrl, {
        method: "POST",
        body,
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        keepalive: Boolean(options.last) && body.toString().length < MOST_KEPT_ALIVE,
      });
    };
    const answer = await post();
    if (answer.status !== 403 || !/json/.test(answer.headers.get("Content-Type") ?? "")) return answer;
    this.form.elements.csrfmiddlewaretoken.value = (await answer.json()).token; // the page's own had grown old
    return post();
  }

  async save(options = {}) {
    clearTimeout(this.timer);
    const sent = this.mark();
    if (!this.form.dataset.saveUrl || this.isSending || this.isStopped || !this.isTouched || sent === this.stored) return;
    if (!navigator.onLine && !options.last) {
      this.say(this.form.dataset.waiting);
      return;
    }
    this.isSending = true;
    this.say(this.form.dataset.saving);
    try {
      await this.take(await this.send(options), sent);
    } catch {
      this.say(navigator.onLine ? this.form.dataset.failed : this.form.dataset.waiting);
      this.wait(RETRY);
    } finally {
      this.isSending = false;
    }
    if (this.mark() !== sent && !this.isStopped) this.wait(PAUSE);
  }

  async take(answer, sent) {
    if (!/json/.test(answer.headers.get("Content-Type") ?? "")) throw new Error(String(answer.status));
    const told = await answer.json();
    if (told.is_posted) {
      this.isStopped = true;
      store.remove(this.key);
    } else if (answer.ok || told.is_masked) {
      this.stored = sent;
      this.form.elements.version.value = told.version;
      if (this.mark() === sent) store.remove(this.key);
      this.say(told.message);
    } else if (answer.status === 409) {
      this.offer(told);
    } else if (answer.status === 401) {
      this.isStopped = true;
      this.say(told.message, told.login_url);
    } else {
      this.say(told.message);
    }
  }

  /** Somebody – oneself, elsewhere – has changed the draft. Nothing is saved before a choice. */
  offer({ message, html, text, version }) {
    const { dataset } = this.form;
    this.isStopped = true;
    this.say(message);
    const choices = Object.assign(document.createElement("div"), { className: "button-row" });
    const choose = (label, act) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "ds-button", textContent: label });
      button.dataset.variant = "secondary";
      button.dataset.size = "sm";
      button.addEventListener("click", () => {
        this.conflict.hidden = true;
        this.isStopped = false;
        this.form.elements.version.value = version;
        act();
      });
      choices.append(button);
    };
    choose(dataset.keepMine, () => {
      this.stored = "";
      this.save();
    });
    choose(dataset.keepStored, () => {
      if (this.editor) this.editor.loadHTML(html);
      else this.field.value = text;
      this.stored = this.mark();
      store.remove(this.key);
      this.say("");
    });
    const shown = Object.assign(document.createElement("div"), { className: "compose-stale-text", textContent: text });
    const heading = Object.assign(document.createElement("strong"), { textContent: dataset.stored });
    this.conflict.replaceChildren(...(text ? [heading, shown] : []), choices);
    this.conflict.hidden = false;
  }
}

for (const form of document.querySelectorAll("[data-compose]")) new Draft(form);
