// The box that takes a question: it counts, refuses what is too long, and never cuts.
import { countPoints } from "./offsets.js";
import { say } from "./texts.js";

// What the service reads; it counts without the white space around.
export const MOST = 1000;
const TELL_FROM = 800;

export class QuestionBox {
  constructor({ form, box, counter, button }, onAsk) {
    Object.assign(this, { form, box, counter, button });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const problem = this.problem();
      if (problem) this.refuse(problem);
      else onAsk(this.text());
    });
    box.addEventListener("input", () => this.count());
    box.addEventListener("keydown", (event) => {
      // While a word is being composed, Enter chooses it.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
  }

  text() {
    return this.box.value.trim();
  }

  put(text) {
    if (this.text() !== text) this.box.value = text;
    this.count();
  }

  over() {
    return countPoints(this.text()) - MOST;
  }

  problem() {
    if (this.text() === "") return say("empty");
    return this.over() > 0 ? say("over", { n: this.over(), most: MOST }) : null;
  }

  refuse(problem) {
    this.show(problem, true);
    this.box.focus();
  }

  count() {
    const over = this.over();
    if (over > 0) this.show(say("over", { n: over, most: MOST }), true);
    else this.show(over > TELL_FROM - MOST ? say("left", { n: -over }) : "", false);
  }

  show(text, isWrong) {
    this.counter.textContent = text;
    this.counter.classList.toggle("wrong", isWrong);
    // Heard at once when something is wrong; a count with each key would be noise.
    if (isWrong) this.counter.setAttribute("role", "alert");
    else this.counter.removeAttribute("role");
    if (isWrong) this.box.setAttribute("aria-invalid", "true");
    else this.box.removeAttribute("aria-invalid");
  }

  busy(isBusy) {
    this.button.setAttribute("aria-disabled", String(isBusy));
    this.button.textContent = say(isBusy ? "searching" : "ask");
  }

  focus() {
    this.box.focus();
  }
}
