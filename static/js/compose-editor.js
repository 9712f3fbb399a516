// The text area becomes Trix, when one begins to write or at once on a page for writing; without this it is a plain
// text area. What is pasted from Word, Outlook and Teams loses its markup before the editor sees it.

const HEADINGS = "h1, h2, h4, h5, h6";
const DROPPED = "style, script, title, meta, link, xml, img, svg, object, iframe, video, audio";

/** Word's lists are paragraphs with a level and a sign; they become lists in lists. */
const makeLists = (root) => {
  let stack = [];
  for (const item of root.querySelectorAll("p, h1, h2, h3")) {
    const level = Number(/mso-list:[^;]*level(\d)/i.exec(item.getAttribute("data-pasted-style") ?? "")?.[1] ?? 0);
    const previous = item.previousElementSibling;
    if (!level) continue;
    const signs = [...item.querySelectorAll("[data-pasted-style]")].filter((each) => /mso-list:\s*ignore/i.test(each.getAttribute("data-pasted-style")));
    const kind = /^\(?(\d{1,3}|[a-z]{1,2})[.)]/i.test(signs[0]?.textContent.trim() ?? "") ? "ol" : "ul";
    for (const sign of signs) sign.remove();
    if (!previous || stack[0]?.list !== previous) stack = [];
    while (stack.length && stack.at(-1).level > level) stack.pop();
    if (!stack.length || stack.at(-1).level < level) {
      const list = root.ownerDocument.createElement(kind);
      if (stack.length) stack.at(-1).list.lastElementChild.append(list);
      else item.before(list);
      stack.push({ level, list });
    }
    const entry = root.ownerDocument.createElement("li");
    entry.append(...item.childNodes);
    stack.at(-1).list.append(entry);
    item.remove();
  }
};

/** Emphasis that is a style becomes an element, and bold that the style takes back (Google's) none. */
const makeMarks = (root) => {
  for (const element of root.querySelectorAll("span, b, strong")) {
    const style = element.getAttribute("data-pasted-style") ?? "";
    if (element.localName !== "span") {
      if (/font-weight:\s*(normal|[1-5]00)/i.test(style)) element.replaceWith(...element.childNodes);
      continue;
    }
    const marks = [/font-weight:\s*(bold|[6-9]00)/i.test(style) && "strong", /font-style:\s*italic/i.test(style) && "em"];
    for (const name of marks.filter(Boolean)) {
      const mark = root.ownerDocument.createElement(name);
      mark.append(...element.childNodes);
      element.append(mark);
    }
  }
};

const TAG = /<[a-z](?:"[^"]*"|'[^']*'|[^"'>])*>?/gi;
const ATTRIBUTE = /([^\s"'<>/=]+)(\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))/g;

/** Pasted HTML without what the page's policy speaks up of when it is read: conditional comments, style sheets, and
 * styles and handlers by another name. */
const withoutStyles = (html) =>
  html
    .replace(/<!--\[if[\s\S]*?<!\[endif\]-->/g, "")
    .replace(/<style[\s\S]*?<\/style\s*>/gi, "")
    .replace(TAG, (tag) => tag.replace(ATTRIBUTE, (all, name, rest) => (/^(style|on.+)$/i.test(name) ? `data-pasted-${name}${rest}` : all)));

/** Plain structure of pasted HTML. The document it is read into runs and fetches nothing. */
const tidy = (html) => {
  const { body } = new DOMParser().parseFromString(withoutStyles(html), "text/html");
  for (const node of body.querySelectorAll(DROPPED)) node.remove();
  makeLists(body);
  makeMarks(body);
  for (const heading of body.querySelectorAll(HEADINGS)) {
    const ours = body.ownerDocument.createElement("h3");
    ours.append(...heading.childNodes);
    heading.replaceWith(ours);
  }
  for (const row of body.querySelectorAll("tr")) {
    const line = body.ownerDocument.createElement("p");
    line.textContent = [...row.cells].map((cell) => cell.textContent.trim().replace(/\s+/g, " ")).join(" | ");
    row.closest("table").before(line);
  }
  for (const table of body.querySelectorAll("table")) table.remove();
  for (const node of body.querySelectorAll("*")) {
    for (const { name } of [...node.attributes]) if (name !== "href") node.removeAttribute(name);
  }
  for (const node of body.querySelectorAll("p, div")) if (!node.textContent.replace(/\u00a0/g, " ").trim()) node.remove();
  return body.innerHTML;
};

let loading;

/** Trix itself, once, from our own address. Its style elements carry the page's nonce. */
const load = ({ trixJs, trixCss, nonce }) => {
  loading ??= new Promise((resolve, reject) => {
    document.head.append(Object.assign(document.createElement("meta"), { name: "trix-csp-nonce", content: nonce }));
    document.head.prepend(Object.assign(document.createElement("link"), { rel: "stylesheet", href: trixCss }));
    const script = Object.assign(document.createElement("script"), { src: trixJs });
    script.addEventListener("load", () => customElements.whenDefined("trix-editor").then(resolve));
    script.addEventListener("error", reject);
    document.addEventListener(
      "trix-before-initialize",
      () => {
        window.Trix.config.blockAttributes.heading1.tagName = "h3";
      },
      { once: true },
    );
    document.head.append(script);
  });
  return loading;
};

const say = (form, words) => {
  const status = form.querySelector("[data-compose-status]");
  if (status) status.textContent = words;
};

const upgrade = async (form) => {
  const area = form.querySelector(".compose-text");
  if (form.dataset.upgraded) return;
  form.dataset.upgraded = "true";
  try {
    await load(form.dataset);
  } catch {
    delete form.dataset.upgraded; // the text area still works
    return;
  }
  const hadFocus = document.activeElement === area;
  const caret = area.selectionStart;
  const value = Object.assign(document.createElement("input"), { type: "hidden", name: "source", id: "compose-source" });
  const typed = area.value !== area.defaultValue || !area.dataset.html;
  const plain = document.createElement("div");
  plain.textContent = area.value;
  value.value = typed ? plain.innerHTML.replace(/\n/g, "<br>") : area.dataset.html;
  const toolbar = Object.assign(document.createElement("trix-toolbar"), { id: "compose-toolbar" });
  toolbar.append(form.querySelector("[data-compose-toolbar]").content.cloneNode(true));
  const editor = document.createElement("trix-editor");
  form.querySelector("[data-compose-plain]")?.remove();
  const described = (area.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => document.getElementById(id)).join(" ");
  for (const [name, content] of Object.entries({
    id: "compose-editor",
    toolbar: toolbar.id,
    input: value.id,
    class: `ds-input prose compose-editor${area.rows < 8 ? " is-small" : ""}`,
    "aria-labelledby": "compose-label",
    "aria-describedby": described,
    "aria-multiline": "true",
  })) {
    if (content) editor.setAttribute(name, content);
  }
  if (area.getAttribute("aria-invalid")) editor.setAttribute("aria-invalid", "true");
  form.querySelector("#compose-label").addEventListener("click", () => editor.focus());
  form.querySelector("#compose-label").removeAttribute("for");
  form.elements.source_format.value = "html";
  form.querySelector("input[name=formatted]")?.remove();
  area.replaceWith(value, toolbar, editor);

  for (const button of toolbar.querySelectorAll("[data-trix-attribute]:not([data-trix-attribute=href])")) {
    const show = () => button.setAttribute("aria-pressed", String(button.hasAttribute("data-trix-active")));
    new MutationObserver(show).observe(button, { attributes: true, attributeFilter: ["data-trix-active"] });
    show();
  }
  toolbar.addEventListener("click", (event) => {
    const button = event.target.closest(".trix-button--icon");
    if (!button || event.detail) return; // Trix listens to the mouse alone; a key's click has no detail
    button.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true }));
  });
  // Trix would read the clipboard as it is, to see whether it is plain text, and the page's policy speaks up of each
  // style in it.
  editor.addEventListener(
    "paste",
    (event) => {
      const html = event.clipboardData?.getData("text/html");
      if (!html) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      editor.editor.recordUndoEntry("Paste");
      editor.editor.insertHTML(tidy(html));
    },
    { capture: true },
  );
  editor.addEventListener("trix-before-paste", ({ paste }) => {
    if (paste.type === "text/html" && paste.html) paste.html = tidy(paste.html);
  });
  editor.addEventListener("trix-file-accept", (event) => {
    event.preventDefault(); // files go through the form, with a description and a check of what is in them
    if (!form.elements.file) return; // a form that takes none
    const files = new DataTransfer();
    files.items.add(event.file);
    form.elements.file.files = files.files;
    for (const details of form.querySelectorAll("details:has(input[name=file])")) details.open = true;
    form.elements.file.dispatchEvent(new Event("change", { bubbles: true })); // upload.js takes it at once
    form.elements.file.focus();
    if (form.dataset.drop) say(form, form.dataset.drop);
  });
  if (!hadFocus) return;
  editor.focus();
  // Whoever has begun to write goes on where they were.
  editor.editor.setSelectedRange(Math.min(caret, editor.editor.getDocument().toString().length - 1));
};

for (const form of document.querySelectorAll("[data-compose]")) {
  if (form.dataset.compose === "now") upgrade(form);
  else form.querySelector(".compose-text").addEventListener("focus", () => upgrade(form), { once: true });
}

document.querySelector(".compose-error, .compose-question")?.focus();
