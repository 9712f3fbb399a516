// A case unfolds as one chooses: later parts wait until a choice leads to them. Without this, all parts
// are there and each choice links to the next.
for (const story of document.querySelectorAll("[data-case]")) {
  const steps = [...story.querySelectorAll("[data-case-step]")];
  const restart = story.querySelector("[data-case-restart]");

  const begin = () => {
    for (const choice of story.querySelectorAll("details")) choice.open = false;
    steps.forEach((step, place) => {
      step.hidden = place > 0;
    });
  };

  const goTo = (step) => {
    step.hidden = false;
    step.querySelector("h3").focus();
  };

  for (const link of story.querySelectorAll("[data-case-next]")) {
    const target = document.getElementById(link.hash.slice(1));
    if (!target) continue;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const from = steps.indexOf(link.closest("[data-case-step]"));
      const to = steps.indexOf(target);
      // A new choice higher up closes what an earlier choice had opened.
      steps.forEach((step, place) => {
        if (place > from && place !== to) step.hidden = true;
      });
      goTo(target);
    });
  }

  restart.hidden = false;
  restart.addEventListener("click", () => {
    begin();
    goTo(steps[0]);
  });
  begin();
}
