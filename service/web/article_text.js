// Show an article's original, or a passage of it: every character is in the page, in order, so that what is marked is
// what stands there. Signs of Markdown are in it too, but hidden where headings, lists, tables and links show what they
// mean.
import { element, safe, webAddress } from "./safe_text.js";

const MARKDOWN = /\.(md|markdown|html?|docx)$/i;
const FRONT = /^\ufeff?---\r?\n[\s\S]*?\n---[ \t]*(\r?\n|$)/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+/;
const ITEM = /^([ \t]*)(?:([-*+])[ \t]+|\d{1,9}[.)][ \t]+)/;
const QUOTE = /^ {0,3}>[ \t]?/;
const ROW = /^ *\|/;
const RULER = /^ *\|[ \t:|-]+\|? *\r?\n?$/;
// A link, an image, or the signs of bold; nothing else of Markdown is common enough to earn its code.
const INLINE = /!?\[([^\]\n]*)\]\(([^()\s]*)(?:[ \t]+"[^"\n]*")?\)|\*\*/g;

const blank = (line) => line.trim() === "";

// `ranges` are marked, in order, in UTF-16 units; `linkFor` says where a link of an article leads, null for nowhere.
export class ArticleText {
  constructor(original, { path, ranges, linkFor }) {
    this.original = original;
    this.markdown = MARKDOWN.test(path);
    this.ranges = ranges;
    this.linkFor = linkFor;
    this.marks = [];
  }

  // Returns the blocks, in order. Only with a title for it is there a front matter: a passage may begin with a line.
  blocks(frontTitle = "") {
    const made = [];
    let at = 0;
    const front = this.markdown && frontTitle ? FRONT.exec(this.original) : null;
    if (front) {
      made.push(this.front(front[0].length, frontTitle));
      at = front[0].length;
    }
    const lines = this.linesFrom(at);
    while (lines.length) made.push(this.block(lines));
    return made;
  }

  linesFrom(at) {
    const lines = [];
    for (const [text] of this.original.slice(at).matchAll(/[^\n]*\n|[^\n]+$/g)) {
      lines.push({ text, start: at, end: at + text.length });
      at += text.length;
    }
    return lines;
  }

  front(end, title) {
    const text = element("pre", { class: "source" }, this.piece(0, end));
    return element("details", { class: "front" }, element("summary", {}, title), text);
  }

  block(lines) {
    const { text } = lines[0];
    if (blank(text)) return this.hidden(lines.shift());
    if (this.markdown && HEADING.test(text)) return this.heading(lines.shift());
    if (this.markdown && ITEM.test(text)) return this.items(lines);
    if (this.markdown && ROW.test(text)) return this.table(lines);
    return this.paragraph(lines);
  }

  hidden({ start, end }) {
    return element("span", { class: "source syntax" }, this.piece(start, end));
  }

  heading(line) {
    const sign = HEADING.exec(line.text);
    const level = Math.min(6, Math.max(2, sign[1].length));
    return this.filled(element(`h${level}`, { class: "source" }), line, sign[0].length);
  }

  paragraph(lines) {
    if (this.markdown && QUOTE.test(lines[0].text)) return this.quote(lines);
    const { start } = lines[0];
    return this.filled(element("p", { class: "source" }), { start, end: this.paragraphEnd(lines) }, 0);
  }

  // Takes the lines of a paragraph, and returns where the last one ends.
  paragraphEnd(lines) {
    let { end } = lines.shift();
    while (lines.length && this.continues(lines[0].text)) end = lines.shift().end;
    return end;
  }

  quote(lines) {
    const block = element("blockquote", { class: "source" });
    while (lines.length && QUOTE.test(lines[0].text)) {
      const line = lines.shift();
      this.filled(block, line, QUOTE.exec(line.text)[0].length);
      // The last line end is hidden; those between lines are not.
      if (lines.length && QUOTE.test(lines[0].text)) block.append(element("br"));
    }
    return block;
  }

  continues(text) {
    if (blank(text)) return false;
    return !this.markdown || ![HEADING, ITEM, ROW, QUOTE].some((sign) => sign.test(text));
  }

  items(lines) {
    const list = element("ul", { role: "list", class: "source" });
    while (lines.length && ITEM.test(lines[0].text)) {
      const [sign, indent, bullet] = ITEM.exec(lines[0].text);
      const item = element("li", { class: bullet ? "bullet" : "numbered" });
      if (indent.length > 1) item.classList.add("deeper");
      const { start } = lines[0];
      const end = this.paragraphEnd(lines);
      // The number of an item is part of what it says; a bullet is drawn.
      list.append(this.filled(item, { start, end }, bullet ? sign.length : indent.length));
    }
    return list;
  }

  table(lines) {
    const body = element("table");
    let isHead = lines.length > 1 && RULER.test(lines[1].text);
    while (lines.length && ROW.test(lines[0].text)) {
      const line = lines.shift();
      if (RULER.test(line.text)) body.append(element("tr", { class: "syntax" }, this.cell("td", line.start, line.end)));
      else body.append(this.row(line, isHead));
      isHead = false;
    }
    return element("div", { class: "source wide", tabindex: "0", role: "group" }, body);
  }

  row(line, isHead) {
    const row = element("tr");
    const ends = [...line.text.matchAll(/\|/g)].map((bar) => line.start + bar.index + 1).slice(1);
    // A row may end without a bar; what follows the last one otherwise belongs to the last cell.
    if (ends.length === 0 || !blank(this.original.slice(ends.at(-1), line.end))) ends.push(line.end);
    ends[ends.length - 1] = line.end;
    let at = line.start;
    for (const end of ends) {
      row.append(this.cell(isHead ? "th" : "td", at, end));
      at = end;
    }
    return row;
  }

  cell(name, start, end) {
    const text = this.original.slice(start, end);
    const before = /^[ |]*/.exec(text)[0].length;
    const after = /[ |\r\n]*$/.exec(text.slice(before))[0].length;
    const cell = element(name);
    cell.append(this.syntax(start, start + before), this.inline(start + before, end - after), this.syntax(end - after, end));
    return cell;
  }

  // The sign in front and the line ends behind are hidden.
  filled(block, { start, end }, sign) {
    const text = this.original.slice(start, end);
    const tail = /[\r\n]*$/.exec(text)[0].length;
    block.append(this.syntax(start, start + sign), this.inline(start + sign, end - tail), this.syntax(end - tail, end));
    return block;
  }

  syntax(start, end) {
    return start < end ? element("span", { class: "syntax" }, this.piece(start, end)) : "";
  }

  inline(start, end) {
    if (!this.markdown) return this.piece(start, end);
    const parts = document.createDocumentFragment();
    let at = start;
    for (const found of this.original.slice(start, end).matchAll(INLINE)) {
      const from = start + found.index;
      parts.append(this.piece(at, from), found[0] === "**" ? this.syntax(from, from + 2) : this.link(found, from));
      at = from + found[0].length;
    }
    parts.append(this.piece(at, end));
    return parts;
  }

  link([whole, label, target], start) {
    const end = start + whole.length;
    const from = start + whole.indexOf("[") + 1;
    const parts = document.createDocumentFragment();
    const words = this.piece(from, from + label.length);
    const outside = webAddress(target);
    const href = whole.startsWith("!") ? null : (outside ?? this.linkFor(target));
    const attributes = outside ? { href, target: "_blank", rel: "noopener noreferrer" } : { href };
    parts.append(this.syntax(start, from), href ? element("a", attributes, words) : words);
    parts.append(this.syntax(from + label.length, end));
    return parts;
  }

  // A range of the original, with what of it is marked.
  piece(start, end) {
    const parts = document.createDocumentFragment();
    let at = start;
    for (const range of this.ranges) {
      const [from, to] = [Math.max(at, range.start), Math.min(end, range.end)];
      if (from >= to) continue;
      const mark = element("mark", {}, safe(this.original.slice(from, to)));
      this.marks.push(mark);
      parts.append(safe(this.original.slice(at, from)), mark);
      at = to;
    }
    parts.append(safe(this.original.slice(at, end)));
    return parts;
  }
}
