// Films: what has really been played (never what was jumped over) is told small and often, and a film goes on where it
// was left, on this device or another. Nothing is told for a reader who is not signed in.
const EVERY = 10;
const WORTH_RESUMING = 2;
const NEAR_THE_END = 3;
const GAP = 1;

const article = document.querySelector("article[data-lesson]");

function word(name) {
  return document.getElementById("flett-words")?.content.querySelector(`[data-word="${name}"]`)?.textContent ?? "";
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// As the server counts (learning/segments.py): a gap of less than a second is a player's rounding.
function secondsIn(segments, length) {
  let total = 0;
  let reached = 0;
  for (const [start, end] of [...segments].sort((one, other) => one[0] - other[0])) {
    if (end <= start) continue;
    const from = start - reached < GAP ? reached : Math.max(start, reached);
    const to = length - end < GAP ? length : Math.min(end, length);
    if (to > from) {
      total += to - from;
      reached = to;
    }
  }
  return Math.min(total, length);
}

function follow(video) {
  const section = video.closest(".film");
  const state = section?.querySelector("[data-film-state]");
  if (!article || !state) return;
  const { block, film } = video.dataset;
  const share = state.querySelector("[data-film-share]");
  const resume = state.querySelector("[data-film-resume]");
  const view = `${block}:${Math.random().toString(36).slice(2)}`;
  let saved = JSON.parse(state.dataset.segments || "[]");
  let toldAt = 0;
  let told = "";
  let ended = false;
  let isUsed = false;

  const played = () => {
    const ranges = [];
    for (let place = 0; place < video.played.length; place += 1) {
      const [start, end] = [video.played.start(place), video.played.end(place)];
      if (end > start) ranges.push([Number(start.toFixed(2)), Number(end.toFixed(2))]);
    }
    return ranges;
  };

  const paint = () => {
    const length = Number(video.dataset.length) || video.duration;
    if (!share || !(length > 0)) return;
    const percent = Math.floor((100 * secondsIn([...saved, ...played()], length)) / length);
    if (percent > 0) share.textContent = word("film-share").replace("{n}", String(percent));
  };

  const tell = ({ urgent = false } = {}) => {
    const segments = played();
    const position = Number(video.currentTime.toFixed(2));
    const now = JSON.stringify([segments, position, ended]);
    if (!isUsed || !segments.length || now === told) return;
    told = now;
    toldAt = video.currentTime;
    const detail = {
      kind: "film",
      lesson: article.dataset.lesson,
      path: article.dataset.path ?? "",
      block,
      film,
      segments,
      position,
      ended,
      view,
      urgent,
    };
    document.dispatchEvent(new CustomEvent("flett:record", { detail }));
  };

  const goOn = () => {
    const position = Number(state.dataset.position);
    if (isUsed || !(position >= WORTH_RESUMING) || position > video.duration - NEAR_THE_END) return;
    video.currentTime = position;
    resume.querySelector("[data-film-place]").textContent = word("film-resume").replace("{place}", clock(position));
    resume.hidden = false;
  };

  resume?.querySelector("button").addEventListener("click", () => {
    video.currentTime = 0;
    resume.hidden = true;
    video.focus();
  });
  video.addEventListener("play", () => {
    if (!isUsed) toldAt = video.currentTime;
    isUsed = true;
  });
  video.addEventListener("timeupdate", () => {
    paint();
    if (resume && Math.abs(video.currentTime - Number(state.dataset.position)) >= EVERY) resume.hidden = true;
    if (!video.paused && Math.abs(video.currentTime - toldAt) >= EVERY) tell();
  });
  video.addEventListener("pause", () => tell());
  video.addEventListener("seeked", () => {
    if (video.paused) tell();
  });
  video.addEventListener("ended", () => {
    ended = true;
    paint();
    tell();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") tell();
  });
  window.addEventListener("pagehide", () => tell({ urgent: true }));
  document.addEventListener("flett:progress", ({ detail }) => {
    const found = detail.films?.[block];
    if (!found) return;
    saved = found.segments;
    paint();
  });
  document.addEventListener("flett:refused", ({ detail }) => {
    if (detail.event.block === block && detail.reason === "unknown_film" && share) {
      share.textContent = word("film-replaced");
    }
  });
  if (video.readyState >= HTMLMediaElement.HAVE_METADATA) goOn();
  else video.addEventListener("loadedmetadata", goOn, { once: true });
}

for (const video of document.querySelectorAll("video[data-block]")) follow(video);
