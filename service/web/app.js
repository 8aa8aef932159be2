// Put the page together.
import { announcer } from "./announcing.js";
import { setKey } from "./api.js";
import { Catalogue } from "./catalogue.js";
import { watchConnection } from "./connection.js";
import { Filters } from "./filters.js";
import { listenToKeys } from "./keyboard.js";
import { FIRST, formatPlace } from "./place.js";
import { prefer, preference } from "./preferences.js";
import { QuestionBox } from "./question_box.js";
import { ReadingView } from "./reading_view.js";
import { ResultsView } from "./results_view.js";
import { element } from "./safe_text.js";
import { withTelephones } from "./telephone.js";
import { say, setLanguage } from "./texts.js";
import { Views } from "./views.js";

const NAMES = "asking results reading urgent welcome examples locked key filters";
const find = (id) => document.getElementById(id);
const elements = Object.fromEntries(NAMES.split(" ").map((name) => [name, find(name)]));

const announce = announcer(find("status"));
const catalogue = new Catalogue();
const box = new QuestionBox(
  { form: find("ask"), box: find("question"), counter: find("counter"), button: find("search") },
  (question) => {
    setKey(elements.key.value);
    views.answer = null;
    views.go({ ...views.place, question, shown: FIRST, article: null, range: null });
  },
);
const filters = new Filters(
  { toggle: find("filters-toggle"), controls: elements.filters, load: () => catalogue.load() },
  (chosen) => views.go({ ...views.place, ...chosen, shown: FIRST }),
);
const resultsView = new ResultsView(elements.results, { onMore: (offset) => views.more(offset), announce });
const readingView = new ReadingView(elements.reading, {
  announce,
  linkFor: (article, target) => {
    const id = catalogue.linked(article, target);
    return id === null ? null : formatPlace({ ...views.place, article: id, range: null });
  },
});
const views = new Views({ elements, announce, catalogue, box, filters, resultsView, readingView });

function showExamples() {
  const link = (question) => element("a", { href: formatPlace({ question }) }, question);
  const items = say("example_questions").map((question) => element("li", {}, link(question)));
  elements.examples.querySelector("ul").replaceChildren(...items);
}

function speak(language) {
  setLanguage(language);
  showExamples();
  find("danger").replaceChildren(withTelephones(say("danger")));
  box.count();
}

function listen() {
  find("language").addEventListener("change", ({ target }) => {
    prefer("language", target.value === "zh-Hans" ? "" : target.value);
    speak(target.value);
    views.redraw();
  });
  find("theme").addEventListener("change", ({ target }) => {
    prefer("theme", target.value);
    if (target.value) document.documentElement.dataset.theme = target.value;
    else delete document.documentElement.dataset.theme;
  });
  // An article that a link leads to is asked for again; a question is sent by the form.
  elements.key.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || views.place.article === null) return;
    event.preventDefault();
    setKey(elements.key.value);
    views.show();
  });
  find("slash").addEventListener("change", ({ target }) => prefer("slash", target.checked ? "" : "off"));
  // The fragment is taken by what is shown: this link moves the focus instead.
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    find("main").focus();
  });
  window.addEventListener("hashchange", () => views.show());
  listenToKeys({
    toQuestion: () => views.toQuestion(),
    back: () => views.back(),
    results: elements.results,
    useSlash: () => preference("slash") !== "off",
  });
}

find("language").value = preference("language") || "zh-Hans";
find("theme").value = preference("theme");
find("slash").checked = preference("slash") !== "off";
speak(preference("language"));
listen();
views.show();
watchConnection(find("connection"));
navigator.serviceWorker?.register("worker.js").catch(() => {
  // Without it the page works; only a reload while the service is down shows the browser's own page.
});
