/* Narrow the glossary to what is typed. Without JavaScript the field stays hidden and the whole list stands. */

const field = document.querySelector("[data-glossary-filter]");
const status = document.querySelector("[data-glossary-status]");
const sections = [...document.querySelectorAll("[data-glossary-section]")];
const letters = document.querySelector("[data-glossary-letters]");

function narrow() {
  const wanted = field.value.trim().toLocaleLowerCase();
  let count = 0;
  for (const section of sections) {
    let shown = 0;
    for (const entry of section.querySelectorAll("[data-glossary-entry]")) {
      entry.hidden = !entry.textContent.toLocaleLowerCase().includes(wanted);
      shown += entry.hidden ? 0 : 1;
    }
    section.hidden = shown === 0;
    count += shown;
  }
  letters.hidden = wanted !== "";
  status.textContent = wanted === "" ? "" : status.dataset.text.replace("0", String(count));
}

field.closest("[hidden]").hidden = false;
field.addEventListener("input", narrow);
narrow();
