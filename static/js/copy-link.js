/* «Kopier lenken»: shown only where the browser can copy, and says so when it has. */

const WORDS_LAST = 3000;

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    const words = button.textContent;
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = button.dataset.copied;
      setTimeout(() => {
        button.textContent = words;
      }, WORDS_LAST);
    });
  }
}
