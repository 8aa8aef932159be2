// Show what a place says: the start, results, or an article.
import { ask, readArticle } from "./api.js";
import { FIRST, LAST, formatPlace, parsePlace, sameSearch } from "./place.js";
import { reason, showProblem } from "./problem.js";
import { showUrgent, splitNotices } from "./results_view.js";
import { say } from "./texts.js";

export class Views {
  // `parts` are the elements and the smaller views that app.js made.
  constructor(parts) {
    Object.assign(this, parts);
    this.place = parsePlace(location.hash);
    // The last answer, so that coming back from an article shows it as it was.
    this.answer = null;
    this.opened = null;
    this.stop = new AbortController();
  }

  // Goes to a place, where that is another one; else shows it anew.
  go(place) {
    const address = formatPlace(place);
    if (address === formatPlace(parsePlace(location.hash))) this.show();
    else location.hash = address;
  }

  show() {
    const before = this.place;
    this.place = parsePlace(location.hash);
    this.stop.abort();
    this.stop = new AbortController();
    this.box.busy(false);
    if (this.place.article !== null) return this.showArticle(before);
    if (this.place.question) return this.showAnswer();
    return this.showStart(before);
  }

  reveal(view) {
    const { asking, results, reading, welcome, examples } = this.elements;
    asking.hidden = view === "reading";
    welcome.hidden = examples.hidden = view !== "start";
    results.hidden = view !== "results";
    reading.hidden = view !== "reading";
    document.body.dataset.view = view;
  }

  title(text) {
    document.title = text ? `${text} · ${say("brand")}` : say("title");
  }

  showStart(before) {
    if (before.question) this.box.put("");
    this.answer = null;
    showUrgent(this.elements.urgent, []);
    this.filters.show(this.place);
    this.title("");
    this.reveal("start");
    this.box.focus();
  }

  async showAnswer() {
    const { place } = this;
    this.box.put(place.question);
    this.filters.show(place);
    if (this.answer && sameSearch(this.answer.place, place)) return this.showAgain();
    return this.search(place);
  }

  showAgain() {
    this.title(this.elements.results.querySelector("h1")?.textContent);
    this.reveal("results");
    this.lead(() => this.resultsView.focusResult(this.opened) || this.resultsView.focusTitle());
  }

  async search(place) {
    const { stop } = this;
    const isFiltering = this.filters.hasFocus();
    this.answer = null;
    this.reveal("asking");
    showUrgent(this.elements.urgent, []);
    this.announce(say("searching"));
    this.box.busy(true);
    try {
      const answer = await ask(place, { k: place.shown, offset: 0 }, stop.signal);
      this.answer = { place, answer };
      this.elements.locked.hidden = true;
      this.draw(isFiltering);
    } catch (error) {
      if (!stop.signal.aborted) this.failed(error, "problem");
    } finally {
      if (!stop.signal.aborted) this.box.busy(false);
    }
  }

  draw(isFiltering = false) {
    const { answer, place } = this.answer;
    showUrgent(this.elements.urgent, splitNotices(answer).urgent);
    this.resultsView.show(answer, place);
    const heading = this.elements.results.querySelector("h1").textContent;
    this.title(heading);
    this.announce(heading);
    this.reveal("results");
    if (this.elements.urgent.childElementCount) this.elements.urgent.scrollIntoView();
    else if (!isFiltering) this.lead(() => this.resultsView.focusTitle());
  }

  async more(offset) {
    const { stop, place } = this;
    try {
      const k = Math.min(FIRST, LAST - offset);
      const answer = await ask(place, { k, offset }, stop.signal);
      const first = this.resultsView.add(answer.results);
      this.answer.answer.results.push(...answer.results);
      const all = this.answer.answer.results.length;
      this.resultsView.offer(answer.results.length >= k);
      this.place = this.answer.place = { ...place, shown: all };
      history.replaceState(null, "", formatPlace(this.place));
      this.announce(say("more_found", { n: answer.results.length, all }), { seen: true });
      first?.focus();
    } catch (error) {
      if (!stop.signal.aborted) this.failed(error, "problem");
    }
  }

  async showArticle(before) {
    const { place, stop } = this;
    const held = this.article?.article.id === place.article ? this.article : null;
    // Where coming back begins to read: at the result that was opened, whatever was read after it.
    if (before.article === null) this.opened = formatPlace({ article: place.article, range: place.range });
    if (place.question) this.box.put(place.question);
    this.elements.reading.replaceChildren();
    this.reveal("reading");
    try {
      if (!held) this.announce(say("loading"));
      const known = this.catalogue.load().catch(() => null);
      this.article = held ?? (await readArticle(place.article, stop.signal));
      // Links between articles need the catalogue; without it they are words.
      await known;
      if (stop.signal.aborted) return;
      this.readingView.show(this.article, place);
      this.readingView.focus(place);
    } catch (error) {
      if (!stop.signal.aborted) this.failed(error, "problem_read");
    }
  }

  failed(error, title) {
    if (!error.code) throw error;
    if (error.code === "unauthorized") this.elements.locked.hidden = false;
    const isReading = title === "problem_read";
    const holder = isReading && error.code !== "unauthorized" ? this.elements.reading : this.elements.results;
    this.reveal(holder === this.elements.reading ? "reading" : "results");
    this.answer = null;
    this.title(say(title));
    const back = isReading && { href: this.outOfArticle(), key: this.place.question ? "back_results" : "back_ask" };
    showProblem(holder, { title, error, back, again: () => this.show() });
    this.announce(reason(error));
    if (error.code === "unauthorized") this.elements.key.focus();
  }

  // Says everything anew, in the language that was just chosen.
  redraw() {
    this.filters.show(this.place);
    if (this.place.article !== null && this.article) this.readingView.show(this.article, this.place);
    else if (this.answer) this.draw(true);
    else this.show();
  }

  toQuestion() {
    if (this.place.article === null) return this.box.focus();
    this.isAsking = true;
    return this.back();
  }

  // Whoever pressed / wants to write; others read on where `rest` leads.
  lead(rest) {
    if (this.isAsking) this.box.focus();
    else rest();
    this.isAsking = false;
  }

  outOfArticle() {
    return formatPlace({ ...this.place, article: null, range: null });
  }

  back() {
    if (this.place.article !== null) location.hash = this.outOfArticle();
    else this.box.focus();
  }
}
