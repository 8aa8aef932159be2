// Show a whole article with a passage marked in place, the way to its neighbours, and a table of contents.
import { ArticleText } from "./article_text.js";
import { about } from "./card.js";
import { citeButton } from "./citation.js";
import { inUnits } from "./offsets.js";
import { formatPlace } from "./place.js";
import { element, isolated, plain, webAddress } from "./safe_text.js";
import { say } from "./texts.js";

const sameHeadings = (one, other) => one.headings.join("\n") === other.headings.join("\n");

// The passage of a range, or the one that a range lies in: after a rebuild, borders may lie elsewhere.
export function passageAt(passages, range) {
  if (range === null) return -1;
  const exact = passages.findIndex((one) => one.start === range.start && one.end === range.end);
  return exact >= 0 ? exact : passages.findLastIndex((one) => one.start <= range.start && range.start < one.end);
}

export function contentsOf(passages) {
  return passages.filter(
    (one, number) => one.headings.length && (number === 0 || !sameHeadings(one, passages[number - 1])),
  );
}

export class ReadingView {
  constructor(holder, { announce, linkFor }) {
    this.holder = holder;
    this.announce = announce;
    this.linkFor = linkFor;
  }

  show(found, place) {
    const { article, original, passages } = found;
    const number = passageAt(passages, place.range);
    const range = place.range && {
      start: inUnits(original, place.range.start),
      end: inUnits(original, place.range.end),
    };
    const text = new ArticleText(original, {
      path: article.path,
      ranges: range ? [range] : [],
      linkFor: (to) => this.linkFor(article, to),
    });
    const body = element("div", { class: "original prose", lang: "zh" }, ...text.blocks(say("front")));
    this.marks = text.marks;
    this.holder.replaceChildren(
      this.bar(passages, number, place),
      this.head(found, place, passages[number]),
      this.contents(passages, number, place),
      body,
    );
    document.title = `${plain(article.title)} · ${say("brand")}`;
  }

  bar(passages, number, place) {
    const back = element("a", { class: "back", href: formatPlace({ ...place, article: null, range: null }) });
    back.append(say(place.question ? "back_results" : "back_ask"));
    const bar = element("nav", { class: "bar", "aria-label": say("passage_nav") }, back);
    if (number < 0) return bar;
    const step = (key, to) =>
      to ? element("a", { class: key, href: this.at(to, place) }, say(key)) : element("span", { class: key }, "");
    bar.append(step("previous", passages[number - 1]), step("next", passages[number + 1]));
    return bar;
  }

  at(passage, place) {
    return formatPlace({ ...place, range: { start: passage.start, end: passage.end } });
  }

  head({ article }, place, passage) {
    const head = element("header", { class: "head" });
    head.append(element("h1", { tabindex: "-1", lang: "zh" }, isolated(article.title)), about(article));
    const address = webAddress(article.url);
    if (address) {
      const link = element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, isolated(address));
      const [before, after] = say("original").split("{address}");
      head.append(element("p", { class: "facts" }, before, link, after, say("new_window")));
    }
    const print = element("button", { type: "button", class: "plain" }, say("print"));
    print.addEventListener("click", () => window.print());
    const cited = { article, headings: passage?.headings ?? [], ...place.range };
    const cite = place.range ? [citeButton(cited, this.announce)] : [];
    head.append(element("p", { class: "actions" }, ...cite, print));
    return head;
  }

  contents(passages, number, place) {
    const sections = contentsOf(passages);
    const list = element("ol", { role: "list" });
    for (const section of sections) {
      const isHere = number >= 0 && sameHeadings(section, passages[number]);
      const link = element("a", { href: this.at(section, place), lang: "zh", "aria-current": isHere && "location" });
      link.append(isolated(section.headings.at(-1)));
      list.append(element("li", { class: `depth-${Math.min(3, section.headings.length)}` }, link));
    }
    const title = element("summary", {}, say("contents"));
    const wide = window.matchMedia("(min-width: 64rem)").matches;
    const box = element("details", { open: wide }, title, list);
    return element("nav", { class: "contents", "aria-label": say("contents"), hidden: sections.length < 2 }, box);
  }

  // Where nothing is marked, reading begins at the title.
  focus(place) {
    // Signs that are hidden, such as that of a list, cannot have the focus.
    const first = this.marks.find((mark) => mark.getClientRects().length > 0);
    if (first) {
      first.tabIndex = -1;
      first.focus({ preventScroll: true });
      first.scrollIntoView({ block: "center" });
      this.announce(say("marked", place.range));
    } else {
      this.holder.querySelector("h1").focus();
      if (place.range) this.announce(say("marked_gone"));
    }
  }
}
