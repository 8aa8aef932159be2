// Tell what has happened: screen readers read the line out, and it is seen for a while where nothing else shows it.

const SHOWN_MS = 6_000;

export function announcer(line) {
  let bell = null;
  return (text, { seen = false } = {}) => {
    line.textContent = text;
    line.classList.toggle("sr", !seen);
    clearTimeout(bell);
    bell = setTimeout(() => {
      line.textContent = "";
    }, SHOWN_MS);
  };
}
