// Offer the tags and sources of the index, and days, to choose the articles that are searched.
import { element, isolated } from "./safe_text.js";
import { sameSearch } from "./place.js";
import { language, say } from "./texts.js";

const FEW = 12;

export class Filters {
  // `onChange` is told the chosen filters.
  constructor({ toggle, controls, load }, onChange) {
    Object.assign(this, { toggle, controls, load, onChange });
    this.known = { tags: [], sources: [] };
    this.failed = false;
    controls.addEventListener("change", () => this.onChange(this.chosen()));
    toggle.addEventListener("click", () => this.open(controls.hidden));
  }

  async open(isOpen) {
    this.controls.hidden = !isOpen;
    this.toggle.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) return;
    try {
      this.known = await this.load();
      this.failed = false;
    } catch {
      this.failed = true;
    }
    this.show(this.place);
  }

  // Who chooses stays here while the results change.
  hasFocus() {
    return this.controls.contains(document.activeElement) || document.activeElement === this.toggle;
  }

  chosen() {
    const checked = (name) => [...this.controls.querySelectorAll(`input[name=${name}]:checked`)].map((one) => one.value);
    const day = (name) => this.controls.querySelector(`input[name=${name}]`)?.value || null;
    return { tags: checked("tag"), sources: checked("source"), from: day("from"), to: day("to") };
  }

  show(place) {
    const n = place.tags.length + place.sources.length + [place.from, place.to].filter(Boolean).length;
    this.place = place;
    this.toggle.textContent = n ? say("filters_on", { n }) : say("filters");
    // What is shown already stays, and with it the focus of who just chose.
    const shown = JSON.stringify([this.known, this.failed, language()]);
    if (shown !== this.shown || !sameSearch({ ...place, ...this.chosen() }, place)) this.build(place);
    this.shown = shown;
    this.controls.querySelector(".clear").hidden = n === 0;
  }

  build(place) {
    const open = this.controls.querySelector("details")?.open;
    const parts = [this.choices("tag", this.known.tags, place.tags), this.choices("source", this.known.sources, place.sources)];
    if (this.failed) parts.unshift(element("p", { class: "hint" }, say("filter_failed")));
    this.controls.replaceChildren(...parts, this.days(place), this.clear());
    if (open) this.controls.querySelector("details")?.setAttribute("open", "");
  }

  // Those that are chosen are shown though the index may not know them: a link may bring them.
  choices(name, known, chosen) {
    const names = known.map((one) => one.name);
    const all = [...chosen.filter((one) => !names.includes(one)), ...names];
    if (all.length === 0) return "";
    const count = new Map(known.map((one) => [one.name, one.articles]));
    const made = all.map((one) => this.choice(name, one, { checked: chosen.includes(one), count: count.get(one) }));
    const legend = element("legend", {}, say(name === "tag" ? "filter_tags" : "filter_sources"));
    const group = element("fieldset", {}, legend, element("div", { class: "choices-list" }, ...made.slice(0, FEW)));
    if (made.length <= FEW) return group;
    const more = element("summary", {}, say("filter_more", { n: made.length - FEW }));
    group.append(element("details", {}, more, element("div", { class: "choices-list" }, ...made.slice(FEW))));
    return group;
  }

  choice(name, value, { checked, count }) {
    const box = element("input", { type: "checkbox", name, value, checked });
    const number = element("span", { class: "count" }, count === undefined ? "" : ` ${count}`);
    return element("label", { class: "check", lang: "zh" }, box, " ", isolated(value), number);
  }

  days(place) {
    const day = (name, value, key) =>
      element("label", {}, `${say(key)} `, element("input", { type: "date", name, value, max: "9999-12-31" }));
    return element("div", { class: "days" }, day("from", place.from, "filter_from"), day("to", place.to, "filter_to"));
  }

  clear() {
    const button = element("button", { type: "button", class: "plain clear" }, say("filter_clear"));
    button.addEventListener("click", () => {
      this.onChange({ tags: [], sources: [], from: null, to: null });
      this.toggle.focus();
    });
    return button;
  }
}
