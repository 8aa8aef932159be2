// Write a citation, and give it to the clipboard.
import { formatPlace } from "./place.js";
import { element, plain, webAddress } from "./safe_text.js";
import { say } from "./texts.js";

// Without the question: who cites a passage does not mean to tell what was asked.
export function linkTo(article, range) {
  const here = new URL(location.href);
  here.hash = formatPlace({ article: article.id, range });
  here.search = "";
  return here.href;
}

export function citation({ article, headings, start, end }) {
  const origin = [article.source, article.published && say("as_of", { day: article.published })]
    .filter(Boolean)
    .map((part) => `${part}${say("citation_comma")}`)
    .join("");
  const text = say("citation", {
    title: article.title,
    headings: headings.length ? say("citation_headings", { headings: headings.join(" › ") }) : "",
    origin,
    start,
    end,
  });
  const links = [webAddress(article.url), linkTo(article, { start, end })].filter(Boolean);
  return `${plain(text)}${links.join(" ")}`;
}

// The clipboard is there in secure contexts only; in others the older command may still work.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = element("textarea", { readonly: true, class: "sr" });
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

export function citeButton(cited, announce) {
  const button = element("button", { type: "button", class: "plain cite" }, say("cite"));
  button.addEventListener("click", async () => {
    const text = citation(cited);
    const done = await copied(text);
    button.focus();
    announce(say(done ? "cited" : "cite_by_hand"), { seen: true });
    if (!done) showByHand(button, text);
  });
  return button;
}

function showByHand(button, text) {
  const field = element("textarea", { readonly: true, class: "by-hand", "aria-label": say("cite_by_hand") });
  field.value = text;
  button.after(field);
  field.focus();
  field.select();
}
