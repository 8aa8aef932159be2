// Show the answer to a question: what must be seen first, whether there is an answer, and the passages.
import { card } from "./card.js";
import { LAST, formatPlace } from "./place.js";
import { element, isolated, safe } from "./safe_text.js";
import { withTelephones } from "./telephone.js";
import { say } from "./texts.js";

const STEP = 5;
// One fills a telephone's screen. The others follow once it is painted: a slow phone shows it some 20 ms sooner so.
const SEEN_FIRST = 1;

// The service puts the notices of dangers first; the others are quiet.
export function splitNotices(answer) {
  const dangers = answer.dangers.length;
  return { urgent: answer.notices.slice(0, dangers), quiet: answer.notices.slice(dangers) };
}

export function showUrgent(holder, notices) {
  holder.replaceChildren(...notices.map((notice) => element("p", { class: "urgent" }, withTelephones(notice))));
}

function verdict(answer) {
  const n = answer.results.length;
  const title = (key) => element("h1", { tabindex: "-1" }, say(key, { n }));
  // Only filters leave nothing at all.
  if (n === 0) return [title("nothing"), element("p", { class: "hint" }, say("nothing_filtered"))];
  if (answer.answerable === false) return noAnswer(title("no_answer"));
  if (answer.answerable) return [title("found")];
  return [title("nearest"), element("p", { class: "hint" }, say("nearest_hint"))];
}

function noAnswer(title) {
  const steps = ["no_answer_rephrase", "no_answer_12378", "no_answer_12348"];
  const list = element("ul", {}, ...steps.map((step) => element("li", {}, withTelephones(say(step)))));
  const panel = element("div", { class: "panel no-answer" }, title, element("p", {}, say("no_answer_hint")), list);
  const near = element("div", { class: "near" });
  near.append(element("p", { class: "near-title" }, say("near")), element("p", { class: "hint" }, say("near_hint")));
  return [panel, near];
}

function corrections(changes) {
  return changes.map((change) => {
    const [before, rest] = say("corrected").split("{given}");
    const [between, after] = rest.split("{replacement}");
    const [given, replacement] = [change.given, change.replacement].map((word) => element("bdi", {}, safe(word)));
    return element("p", { class: "corrected" }, before, given, between, replacement, after);
  });
}

export class ResultsView {
  // `holder` shows it; `onMore` is asked for the results from an offset on; `announce` tells a screen reader.
  constructor(holder, { onMore, announce }) {
    this.holder = holder;
    this.onMore = onMore;
    this.announce = announce;
  }

  show(answer, place) {
    const { quiet } = splitNotices(answer);
    this.place = place;
    this.calibrated = answer.index.calibrated;
    this.list = element("ol", { class: answer.answerable === false ? "cards weak" : "cards", role: "list" });
    this.more = element("button", { type: "button", class: "more" });
    this.more.addEventListener("click", () => this.onMore(this.shown));
    this.holder.replaceChildren(
      ...corrections(answer.changes),
      ...verdict(answer),
      ...filterChips(place),
      this.list,
      this.more,
      ...quiet.map((notice) => element("p", { class: "quiet" }, withTelephones(notice))),
    );
    this.shown = answer.results.length;
    this.append(answer.results.slice(0, SEEN_FIRST));
    this.waiting = answer.results.slice(SEEN_FIRST);
    this.list.setAttribute("aria-busy", String(this.waiting.length > 0));
    afterPaint(() => this.addWaiting());
    this.offer(answer.results.length >= place.shown);
  }

  // Returns the first of them, which a reader goes to.
  add(results) {
    this.addWaiting();
    this.shown += results.length;
    return this.append(results);
  }

  addWaiting() {
    const { waiting } = this;
    this.waiting = [];
    this.append(waiting);
    this.list.setAttribute("aria-busy", "false");
  }

  append(results) {
    const parts = { place: this.place, calibrated: this.calibrated, announce: this.announce };
    const cards = results.map((result) => card(result, parts));
    this.list.append(...cards);
    return cards[0]?.querySelector("a.open") ?? null;
  }

  offer(hasMore) {
    const n = Math.min(STEP, LAST - this.shown);
    this.more.hidden = !hasMore || n <= 0;
    this.more.textContent = say("more", { n });
  }

  focusTitle() {
    this.holder.querySelector("h1")?.focus({ preventScroll: false });
  }

  focusResult(place) {
    const item = [...this.list.children].find((one) => one.dataset.place === place);
    item?.querySelector("a.open").focus();
    return item !== undefined;
  }
}

// A frame is painted once what was asked for it has run; a task after that comes after the paint.
function afterPaint(work) {
  requestAnimationFrame(() => setTimeout(work));
}

// Each leads to the same question without that filter.
function filterChips(place) {
  const chips = [];
  const add = (name, change) => {
    const href = formatPlace({ ...place, article: null, range: null, ...change });
    const remove = element("span", { class: "sr" }, say("filter_remove"));
    chips.push(element("a", { class: "chip", href }, remove, isolated(name), element("span", { "aria-hidden": "true" }, " ✕")));
  };
  for (const tag of place.tags) add(tag, { tags: place.tags.filter((one) => one !== tag) });
  for (const source of place.sources) add(source, { sources: place.sources.filter((one) => one !== source) });
  if (place.from) add(`${say("filter_from")} ${place.from}`, { from: null });
  if (place.to) add(`${say("filter_to")} ${place.to}`, { to: null });
  return chips.length ? [element("p", { class: "chips" }, ...chips)] : [];
}
