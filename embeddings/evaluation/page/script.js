// Everything that a stranger wrote is set as text, never as markup.
const NO_HELP = "no help";
// What a grade says → what is shown, and its class.
const BADGES = {
  answers: ["answers", "answers"],
  helps: ["helps", "helps"],
  [NO_HELP]: ["read, does not help", "read"],
  "not judged": ["not judged", "unjudged"],
};
const collator = new Intl.Collator("zh");
const lists = new Map();
let parsed;

// Read when the first row is opened: a large page is there sooner.
function data() {
  parsed ??= JSON.parse(document.querySelector("#data").textContent);
  return parsed;
}

function counted(questions) {
  return `${questions} question${questions === 1 ? "" : "s"}`;
}

function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

// Articles and questions are Chinese, but for some that are not.
function quote(name, className, text, shown = [text]) {
  const made = element(name, className, ...shown);
  if (/\p{Script=Han}/u.test(text)) made.lang = "zh";
  return made;
}

function badge(grade) {
  const [text, className] = BADGES[grade];
  return element("span", `grade ${className}`, text);
}

// The letters to compare, and where each stands: case, width and blanks say nothing.
function comparable(text) {
  const places = [];
  let letters = "";
  for (let place = 0; place < text.length; place += 1) {
    for (const letter of text[place].normalize("NFKC").toLowerCase().replace(/\s/g, "")) {
      letters += letter;
      for (let unit = 0; unit < letter.length; unit += 1) places.push(place);
    }
  }
  return { letters, places };
}

function quoted(text, quotes) {
  const { letters, places } = comparable(text);
  const found = [];
  for (const one of quotes) {
    const wanted = comparable(one).letters;
    for (let at = letters.indexOf(wanted); wanted && at >= 0; at = letters.indexOf(wanted, at + wanted.length)) {
      found.push([places[at], places[at + wanted.length - 1] + 1]);
    }
  }
  return found.sort(([one], [other]) => one - other);
}

function marked(text, quotes) {
  const parts = [];
  let end = 0;
  for (const [start, stop] of quoted(text, quotes)) {
    if (start < end) continue;
    parts.push(text.slice(end, start), element("mark", "", text.slice(start, stop)));
    end = stop;
  }
  return [...parts, text.slice(end)];
}

function hit([rank, place, score, grade, holdsAnswer], quotes) {
  const [title, headings, text] = data().passages[place];
  const path = element("p", "path", quote("bdi", "", title));
  for (const heading of headings) path.append(" › ", quote("bdi", "", heading));
  const head = element("div", "head", element("b", "rank", String(rank)), badge(grade));
  if (holdsAnswer) head.append(element("span", "grade holds", "holds the quote"));
  head.append(element("span", "score", score.toFixed(3)));
  return element("li", "", head, path, quote("p", "text", text, marked(text, quotes)));
}

function wish([section, grade, answer]) {
  const item = element("li", "", badge(grade));
  // Where no section was named, the quote stands for one.
  if (section !== `“${answer}”`) item.append(" ", quote("bdi", "", section));
  if (answer) item.append(" ", quote("q", "", answer));
  return item;
}

function wishes(wanted) {
  if (!wanted.length) return [element("p", "quiet", "Nothing: no article answers this question.")];
  const read = wanted.filter(([, grade]) => grade === NO_HELP);
  const right = wanted.filter(([, grade]) => grade !== NO_HELP);
  const lists = [element("ul", "wanted", ...right.map(wish))];
  if (read.length) {
    const summary = element("summary", "", `${read.length} read in vain`);
    lists.push(element("details", "", summary, element("ul", "wanted", ...read.map(wish))));
  }
  return lists;
}

function answer([name, hits], quotes) {
  const box = element("section", "answer", element("h3", "", name || "Returned"));
  if (hits.length) box.append(element("ol", "hits", ...hits.map((one) => hit(one, quotes))));
  else box.append(element("p", "quiet", "Nothing."));
  return box;
}

function details(row) {
  const [wanted, answers] = data().rows[Number(row.dataset.row)];
  const quotes = wanted.map(([, , answered]) => answered).filter(Boolean);
  const beside = element("div", "beside", ...answers.map((one) => answer(one, quotes)));
  const inner = element("div", "opened", element("h3", "", "Wanted"), ...wishes(wanted), beside);
  const cell = element("td", "", inner);
  cell.colSpan = row.cells.length;
  return element("tr", "details", cell);
}

function detailsOf(row) {
  const next = row.nextElementSibling;
  return next?.classList.contains("details") ? [next] : [];
}

function toggle(row, open) {
  for (const shown of detailsOf(row)) shown.remove();
  if (open) row.after(details(row));
  row.querySelector(".open").setAttribute("aria-expanded", String(open));
}

function ownRows(table) {
  return [...table.tBodies[0].rows].filter((row) => !row.classList.contains("details"));
}

function text(cell) {
  return cell.textContent.trim();
}

function key(cell, isNumber) {
  return isNumber ? Number.parseFloat(text(cell).replace("−", "-").replace("<", "")) : text(cell);
}

// What has no number comes last, whichever way the others are sorted.
function compare(one, other, sign) {
  if (typeof one === "string") return sign * collator.compare(one, other);
  if (Number.isNaN(one) || Number.isNaN(other)) return Number(Number.isNaN(one)) - Number(Number.isNaN(other));
  return sign * (one - other);
}

function sort(table, head) {
  const order = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
  for (const cell of head.parentElement.cells) cell.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
  const isNumber = head.classList.contains("number");
  const keyed = ownRows(table).map((row) => [key(row.cells[head.cellIndex], isNumber), row]);
  keyed.sort(([one], [other]) => compare(one, other, order === "ascending" ? 1 : -1));
  const sorted = document.createDocumentFragment();
  for (const [, row] of keyed) sorted.append(...[row, ...detailsOf(row)]);
  table.tBodies[0].append(sorted);
  lists.get(table)?.refresh();
}

function makeSortable(table) {
  for (const head of table.tHead.rows[0].cells) {
    const button = element("button", "sort", ...head.childNodes);
    button.type = "button";
    button.addEventListener("click", () => sort(table, head));
    head.append(button);
  }
}

function plain(text) {
  return text.normalize("NFKC").toLowerCase();
}

// Shows of a table's rows those that fit the form, and of these the first; all of thousands are slow to lay out.
class List {
  constructor(form) {
    this.form = form;
    this.table = document.getElementById(form.dataset.table);
    this.shown = Number(form.dataset.shown);
    this.texts = new Map(ownRows(this.table).map((row) => [row, plain([...row.cells].slice(0, 3).map(text).join(" "))]));
    this.more = element("button", "more");
    this.more.type = "button";
    this.more.addEventListener("click", () => this.showAll());
    this.table.parentElement.after(this.more);
    form.addEventListener("input", () => this.refresh());
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    this.refresh();
  }

  showAll() {
    this.shown = Infinity;
    this.refresh();
  }

  clear() {
    this.form.reset();
    this.refresh();
  }

  refresh() {
    const { text: words, kind } = this.form.elements;
    const wanted = plain(words.value.trim());
    let fitting = 0;
    for (const row of ownRows(this.table)) {
      const fits = this.texts.get(row).includes(wanted) && (!kind?.value || row.dataset.kind === kind.value);
      fitting += Number(fits);
      for (const part of [row, ...detailsOf(row)]) {
        part.hidden = !fits;
        part.classList.toggle("later", fits && fitting > this.shown);
      }
    }
    const all = this.texts.size;
    this.form.querySelector("output").value = fitting === all ? counted(all) : `${fitting} of ${counted(all)}`;
    this.more.hidden = fitting <= this.shown;
    this.more.textContent = `Show all ${fitting}`;
  }
}

// A link to a question opens it, even where it is not shown.
function follow() {
  const row = document.getElementById(location.hash.slice(1));
  if (!row?.dataset.row) return;
  if (row.hidden) lists.get(row.closest("table")).clear();
  row.classList.remove("later");
  toggle(row, true);
  row.scrollIntoView();
  row.querySelector(".open").focus({ preventScroll: true });
}

document.documentElement.classList.add("live");
for (const table of document.querySelectorAll("table.sortable")) makeSortable(table);
for (const form of document.querySelectorAll("form.filter")) {
  const list = new List(form);
  lists.set(list.table, list);
}
document.addEventListener("click", (event) => {
  const button = event.target.closest(".open");
  if (button) toggle(button.closest("tr"), button.getAttribute("aria-expanded") !== "true");
});
addEventListener("hashchange", follow);
follow();
