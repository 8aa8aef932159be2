// Say what went wrong and what to do; nothing that was written is lost.
import { element } from "./safe_text.js";
import { knows, say } from "./texts.js";

export function reason(error) {
  const known = `error_${error.code}`;
  const text = say(knows(known) ? known : "error_failed");
  return error.seconds ? `${text}${say("wait", { n: error.seconds })}` : text;
}

// `back` leads on where there is no question box above.
export function showProblem(holder, { title, error, back, again }) {
  const heading = element("h1", { tabindex: "-1" }, say(title));
  const button = element("button", { type: "button", class: "primary" }, say("again"));
  button.addEventListener("click", again);
  const way = back ? element("a", { class: "read", href: back.href }, say(back.key)) : "";
  const hint = back ? "" : element("p", {}, say("question_kept"));
  const actions = element("p", { class: "actions" }, button, way);
  const panel = element("div", { class: "panel problem" }, heading, element("p", {}, reason(error)), hint, actions);
  holder.replaceChildren(panel);
  heading.focus();
}
