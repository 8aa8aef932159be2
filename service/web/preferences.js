// Keep how the page looks: language, theme and the / key, and nothing about questions.
// Who forbids storage has them for as long as the page is open.

const held = new Map();

export function preference(name) {
  try {
    return localStorage.getItem(`zhaiwen.${name}`) ?? "";
  } catch {
    return held.get(name) ?? "";
  }
}

export function prefer(name, value) {
  held.set(name, value);
  try {
    if (value) localStorage.setItem(`zhaiwen.${name}`, value);
    else localStorage.removeItem(`zhaiwen.${name}`);
  } catch {
    // Held in memory above.
  }
}
