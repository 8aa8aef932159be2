// Show one result as it should be read: what it says first, then how likely it answers and where it stands.
import { ArticleText } from "./article_text.js";
import { citeButton } from "./citation.js";
import { inUnits } from "./offsets.js";
import { formatPlace } from "./place.js";
import { element, isolated } from "./safe_text.js";
import { scoreLine } from "./score.js";
import { say } from "./texts.js";

function passageText({ text, highlights, article }) {
  const ranges = highlights.map(({ start, end }) => ({ start: inUnits(text, start), end: inUnits(text, end) }));
  const shown = new ArticleText(text, { path: article.path, ranges, linkFor: () => null });
  return element("div", { class: "text prose", lang: "zh" }, ...shown.blocks());
}

export function headingPath(headings) {
  const path = element("p", { class: "path", lang: "zh" });
  headings.forEach((heading, number) => {
    if (number > 0) path.append(" › ");
    path.append(isolated(heading));
  });
  return path;
}

// An operator's text amid our words: set where the words say, and isolated.
export function withPart(key, name, text) {
  const [before, after = ""] = say(key).split(`{${name}}`);
  return [before, isolated(text), after];
}

export function about(article, showSource = true) {
  const facts = element("p", { class: "facts" });
  if (article.published)
    facts.append(element("time", { datetime: article.published }, say("as_of", { day: article.published })));
  if (showSource) facts.append(element("span", {}, ...withPart("source", "source", article.source ?? article.path)));
  if (article.author) facts.append(element("span", {}, ...withPart("author", "author", article.author)));
  return facts;
}

function tags(names, place) {
  const list = element("ul", { class: "tags", "aria-label": say("tags") });
  for (const tag of names) {
    const only = { ...place, tags: [tag], shown: 0, article: null, range: null };
    const link = element("a", { href: formatPlace(only), lang: "zh" }, isolated(tag));
    link.title = say("filter_tag", { tag });
    list.append(element("li", {}, link));
  }
  return list;
}

function alsoIn(copies, place) {
  const list = element("ul");
  for (const copy of copies) {
    const link = element("a", { href: placeOf(copy, place), lang: "zh" }, isolated(copy.article.title));
    list.append(element("li", {}, link, headingPath(copy.headings)));
  }
  const summary = element("summary", {}, say("also_in", { n: copies.length }));
  return element("details", { class: "also-in" }, summary, list);
}

export const placeOf = (passage, place) =>
  formatPlace({ ...place, article: passage.article.id, range: { start: passage.start, end: passage.end } });

export function card(result, { place, calibrated, announce }) {
  const { article } = result;
  const title = element("a", { class: "open", href: placeOf(result, place) }, isolated(article.title));
  const item = element("li", { class: "card", "data-passage": result.passage_id });
  item.dataset.place = placeOf(result, {});
  item.append(
    element("h2", { lang: "zh" }, title),
    headingPath(result.headings),
    passageText(result),
  );
  if (calibrated) item.append(scoreLine(result.score));
  item.append(about(article));
  if (article.tags.length) item.append(tags(article.tags, place));
  if (result.also_in.length) item.append(alsoIn(result.also_in, place));
  const read = element("a", { class: "read", href: placeOf(result, place), tabindex: "-1" }, say("open"));
  item.append(element("p", { class: "actions" }, read, citeButton(result, announce)));
  return item;
}
