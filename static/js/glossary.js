/* Narrow the glossary to what is typed. Without JavaScript the field stays hidden and the whole list stands. */

const field = document.querySelector("[data-glossary-filter]");
const status = document.querySelector("[data-glossary-status]");
const letters = document.querySelector("[data-glossary-letters]");
const sections = [...document.querySelectorAll("[data-glossary-section]")].map((section) => ({
  section,
  entries: [...section.querySelectorAll("[data-glossary-entry]")].map((entry) => ({ entry, text: textOf(entry) })),
}));

/* The words and what they mean; the names of the languages would make «dansk» find everything. */
function textOf(entry) {
  const parts = [...entry.querySelectorAll("[data-glossary-text]")];
  return parts.map((part) => part.textContent.toLocaleLowerCase()).join("\n");
}

function report(count) {
  const { none, one, many } = status.dataset;
  return [none, one][count] ?? many.replace("0", String(count));
}

function narrow() {
  const wanted = field.value.trim().toLocaleLowerCase();
  let count = 0;
  for (const { section, entries } of sections) {
    let shown = 0;
    for (const { entry, text } of entries) {
      entry.hidden = !text.includes(wanted);
      shown += entry.hidden ? 0 : 1;
    }
    section.hidden = shown === 0;
    count += shown;
  }
  letters.hidden = wanted !== "";
  status.textContent = wanted === "" ? "" : report(count);
}

field.closest("[hidden]").hidden = false;
field.addEventListener("input", narrow);
narrow();
