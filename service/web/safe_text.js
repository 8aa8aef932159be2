// Make elements. Whatever comes from articles and questions goes through `safe`: it becomes text, never markup,
// and its bidirectional controls, which could show a page in another order than it is written, are caged.

// Marks, embeddings, overrides and isolates of Unicode's bidirectional algorithm.
const CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const EACH_CONTROL = new RegExp(`(${CONTROLS.source})`);

// An inline-block is laid out by itself, so the character inside reorders nothing around it; the style
// sheet shows its name. The text of the document stays what it was.
function caged(control) {
  const cage = document.createElement("span");
  cage.className = "control";
  cage.dataset.code = `U+${control.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  cage.textContent = control;
  return cage;
}

export function safe(text) {
  const fragment = document.createDocumentFragment();
  for (const part of String(text).split(EACH_CONTROL))
    if (part) fragment.append(CONTROLS.test(part) ? caged(part) : part);
  return fragment;
}

// For places that hold no elements: titles of windows, clipboards.
export function plain(text) {
  return String(text).split(EACH_CONTROL).filter((part) => !CONTROLS.test(part)).join("");
}

// A stranger's text amid ours: right-to-left words in it order only themselves.
export function isolated(text, className = "") {
  const part = document.createElement("bdi");
  if (className) part.className = className;
  part.append(safe(text));
  return part;
}

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Only what a browser may open as a page; javascript: and data: are no addresses of sources.
export function webAddress(address) {
  try {
    const url = new URL(address);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}
