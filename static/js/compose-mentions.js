// «@Ka» shows people one may mention. Choosing writes the whole name; without this one writes it oneself.

const LEAST = 2;
const PAUSE = 200;

class Names {
  constructor(form) {
    this.form = form;
    this.box = form.querySelector("[data-compose-names]");
    this.list = Object.assign(document.createElement("ul"), { id: "compose-names" });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", form.dataset.names);
    this.box.append(this.list);
    this.chosen = -1;
    this.timer = 0;
    form.addEventListener("trix-selection-change", () => this.look());
    form.addEventListener("trix-blur", () => setTimeout(() => this.close(), 200));
    form.addEventListener("keydown", (event) => this.key(event), true);
  }

  get element() {
    return this.form.querySelector("trix-editor");
  }

  /** What stands after the last @ before the caret. */
  get begun() {
    const { editor } = this.element;
    const [start, end] = editor.getSelectedRange();
    if (start !== end) return null;
    const before = editor.getDocument().toString().slice(0, start);
    return /(?:^|[^\p{L}\d@./])@(\p{L}[^\n@]{0,40})$/u.exec(before)?.[1] ?? null;
  }

  look() {
    clearTimeout(this.timer);
    const begun = this.element && this.begun;
    if (!begun || begun.length < LEAST || begun === this.last) {
      if (begun !== this.last) this.close();
      return;
    }
    this.timer = setTimeout(() => this.ask(begun), PAUSE);
  }

  async ask(begun) {
    const address = new URL(this.form.dataset.namesUrl, location.href);
    address.searchParams.set("place", this.form.elements.place.value);
    address.searchParams.set("q", begun);
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (!answer.ok || this.begun !== begun) return;
      this.show((await answer.json()).names, begun);
    } catch {
      this.close();
    }
  }

  show(names, begun) {
    this.list.replaceChildren(
      ...names.map((name, place) => {
        const option = Object.assign(document.createElement("li"), { id: `compose-name-${place}`, textContent: name });
        option.setAttribute("role", "option");
        option.addEventListener("mousedown", (event) => {
          event.preventDefault();
          this.choose(name, begun);
        });
        return option;
      }),
    );
    this.names = names;
    this.begunWith = begun;
    this.box.hidden = !names.length;
    this.mark(names.length ? 0 : -1);
  }

  mark(place) {
    this.chosen = place;
    for (const [index, option] of [...this.list.children].entries()) option.setAttribute("aria-selected", String(index === place));
    if (place < 0) this.element?.removeAttribute("aria-activedescendant");
    else {
      this.element.setAttribute("aria-activedescendant", `compose-name-${place}`);
      this.element.setAttribute("aria-controls", "compose-names");
    }
  }

  key(event) {
    if (this.box.hidden || event.target !== this.element) return;
    const count = this.names.length;
    if (event.key === "ArrowDown") this.mark((this.chosen + 1) % count);
    else if (event.key === "ArrowUp") this.mark((this.chosen - 1 + count) % count);
    else if (event.key === "Enter" || event.key === "Tab") this.choose(this.names[this.chosen], this.begunWith);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  choose(name, begun) {
    const { editor } = this.element;
    const [, end] = editor.getSelectedRange();
    editor.setSelectedRange([end - begun.length, end]);
    editor.insertString(`${name} `);
    this.last = name;
    this.close();
  }

  close() {
    clearTimeout(this.timer);
    this.box.hidden = true;
    this.mark(-1);
  }
}

for (const form of document.querySelectorAll("[data-compose]")) new Names(form);
