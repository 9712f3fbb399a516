/* What stands far down on a page is fetched when the reader comes near it. Until then, and without this, a link. */

const NEAR = "400px";

async function fetchLater(place) {
  const answer = await fetch(place.dataset.later, {
    headers: { "X-Flett-Part": place.dataset.part },
    credentials: "same-origin",
    redirect: "error",
  });
  if (answer.ok) {
    const part = document.createRange().createContextualFragment(await answer.text());
    place.replaceChildren(part);
  }
}

const watcher = new IntersectionObserver(
  (entries) => {
    for (const entry of entries.filter((each) => each.isIntersecting)) {
      watcher.unobserve(entry.target);
      fetchLater(entry.target).catch(() => {}); // the link stands
    }
  },
  { rootMargin: NEAR },
);

for (const place of document.querySelectorAll("[data-later]")) {
  watcher.observe(place);
}
