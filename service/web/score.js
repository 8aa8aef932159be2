// Say a calibrated score in words and as a bar. The borders are told, and were chosen, in README.md.
import { element } from "./safe_text.js";
import { say } from "./texts.js";

const WORDS = [
  { from: 0.6, name: "high" },
  { from: 0.35, name: "middle" },
  { from: 0.15, name: "low" },
  { from: 0, name: "little" },
];

export const wordFor = (score) => WORDS.find((word) => score >= word.from).name;

export function scoreLine(score) {
  const name = wordFor(score);
  const percent = Math.round(score * 100);
  const filled = element("span", { class: "filled" });
  filled.style.inlineSize = `${percent}%`;
  return element(
    "p",
    { class: `score ${name}` },
    element("span", { class: "bar", "aria-hidden": "true" }, filled),
    element("span", { class: "words" }, say(`score_${name}`)),
    element("span", { class: "percent" }, say("percent", { n: percent })),
  );
}
