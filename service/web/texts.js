// Say the page's own words in the language that was chosen. Articles stay as they are.
import simplified from "./texts/zh-hans.js";
import traditional from "./texts/zh-hant.js";
import english from "./texts/en.js";

const LANGUAGES = { "zh-Hans": simplified, "zh-Hant": traditional, en: english };
const FALLBACK = "zh-Hans";
let current = FALLBACK;

export function setLanguage(name) {
  current = Object.hasOwn(LANGUAGES, name) ? name : FALLBACK;
  document.documentElement.lang = current;
  for (const item of document.querySelectorAll("[data-text]")) item.textContent = say(item.dataset.text);
  for (const item of document.querySelectorAll("[data-label]"))
    item.setAttribute("aria-label", say(item.dataset.label));
  for (const item of document.querySelectorAll("[data-placeholder]"))
    item.setAttribute("placeholder", say(item.dataset.placeholder));
}

export const language = () => current;

export function say(key, values = {}) {
  const text = LANGUAGES[current][key];
  if (typeof text !== "string") return text;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}

export const knows = (key) => Object.hasOwn(LANGUAGES[current], key);
