// Make the help lines in a text links that a phone dials: who needs them should not have to copy a number.
import { element, safe } from "./safe_text.js";

// Whole numbers only: 12356 is a help line, 1123560 is a sum.
const EACH_NUMBER = /(\d+)/;
const LINES = new Set(["12356", "12378", "12348", "110", "120"]);

export function withTelephones(text) {
  const parts = document.createDocumentFragment();
  for (const part of text.split(EACH_NUMBER))
    if (LINES.has(part)) parts.append(element("a", { class: "telephone", href: `tel:${part}` }, part));
    else parts.append(safe(part));
  return parts;
}
