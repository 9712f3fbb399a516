// Putting things in order: each item moves up or down by a button, and says where it came to. The select that gives
// its place without this stays in the form and is filled in.
for (const list of document.querySelectorAll("[data-ordering]")) {
  const form = list.closest("form");
  const status = list.querySelector("[data-ordering-status]");
  const items = () => [...list.querySelectorAll("[data-ordering-item]")];
  const textOf = (item) => item.querySelector("[data-ordering-text]").textContent;

  const number = () => {
    const all = items();
    all.forEach((item, index) => {
      item.querySelector("select").value = String(index + 1);
      item.querySelector(".ordering-place").textContent = `${index + 1}.`;
      // Not `disabled`: the button that was pressed keeps the focus.
      item.querySelector("[data-move='-1']").setAttribute("aria-disabled", String(index === 0));
      item.querySelector("[data-move='1']").setAttribute("aria-disabled", String(index === all.length - 1));
    });
  };

  for (const item of items()) {
    item.querySelector("select").hidden = true;
    item.querySelector(".ordering-moves").hidden = false;
    // The label named the select; the buttons name themselves.
    item.querySelector("label").removeAttribute("for");
  }
  form.querySelector("[data-ordering-plain]").hidden = true;
  form.querySelector("[data-ordering-moved]").hidden = false;
  list.classList.add("is-movable");
  number();

  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    const item = button.closest("[data-ordering-item]");
    const all = items();
    const from = all.indexOf(item);
    const to = from + Number(button.dataset.move);
    if (to > from) all[to].after(item);
    else all[to].before(item);
    number();
    button.focus();
    status.textContent = list.dataset.moved
      .replace("{item}", textOf(item))
      .replace("{place}", to + 1)
      .replace("{count}", all.length);
  });
}
