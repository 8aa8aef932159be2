// Let the keyboard do it: / to the question, arrows between results, Esc back. Enter is the browser's own.

const isWriting = (target) => target.closest("input:not([type=checkbox]), textarea, select") !== null;

export function moveBetween(links, focused, step) {
  const now = links.indexOf(focused);
  const next = now < 0 ? (step > 0 ? 0 : -1) : now + step;
  return links[next] ?? null;
}

export function listenToKeys({ toQuestion, back, results, useSlash }) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") back();
    else if (isWriting(event.target)) return;
    else if (event.key === "/" && useSlash()) {
      event.preventDefault();
      toQuestion();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event, results);
  });
}

// Elsewhere on the page arrows scroll, as ever.
function move(event, results) {
  if (results.hidden || !results.contains(event.target)) return;
  const step = event.key === "ArrowDown" ? 1 : -1;
  const focused = event.target.closest(".card")?.querySelector("a.open") ?? event.target;
  const next = moveBetween([...results.querySelectorAll("a.open")], focused, step);
  if (next === null) return;
  event.preventDefault();
  next.focus();
  next.closest(".card").scrollIntoView({ block: "nearest" });
}
