// A place is what the page shows: a question, its filters, an article and a range in it. It stands in the address's
// fragment, which no browser sends anywhere: links can be shared, and going back works.

const RANGE = /^(\d{1,9})-(\d{1,9})$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
export const FIRST = 5;
// Of the service: it pages through so many results.
export const LAST = 100;

const day = (text) => (text && DAY.test(text) ? text : null);

export function parsePlace(fragment) {
  const given = new URLSearchParams(fragment.replace(/^#/, ""));
  const range = RANGE.exec(given.get("at") ?? "");
  const shown = Number.parseInt(given.get("n") ?? "", 10);
  return {
    question: given.get("q") ?? "",
    tags: given.getAll("tag"),
    sources: given.getAll("source"),
    from: day(given.get("from")),
    to: day(given.get("to")),
    shown: shown >= FIRST && shown <= LAST ? shown : FIRST,
    article: given.get("article"),
    range: range && Number(range[1]) < Number(range[2]) ? { start: Number(range[1]), end: Number(range[2]) } : null,
  };
}

export function formatPlace(place) {
  const written = new URLSearchParams();
  if (place.question) written.set("q", place.question);
  for (const tag of place.tags ?? []) written.append("tag", tag);
  for (const source of place.sources ?? []) written.append("source", source);
  if (place.from) written.set("from", place.from);
  if (place.to) written.set("to", place.to);
  if (place.shown > FIRST) written.set("n", String(place.shown));
  if (place.article !== null && place.article !== undefined) written.set("article", place.article);
  if (place.range) written.set("at", `${place.range.start}-${place.range.end}`);
  return `#${written}`;
}

export const isFiltered = (place) =>
  place.tags.length > 0 || place.sources.length > 0 || place.from !== null || place.to !== null;

// What an answer depends on: places that differ in nothing else show the same results.
export const sameSearch = (one, other) =>
  formatPlace({ ...one, shown: FIRST, article: null, range: null }) ===
  formatPlace({ ...other, shown: FIRST, article: null, range: null });
