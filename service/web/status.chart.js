// Draw lines over the time that the page has been open. What they show is written beside them, and in the table.

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [300, 80];

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// Moments in which nothing was asked have no latency: the line is parted there.
function path(values, highest) {
  const step = WIDTH / Math.max(values.length - 1, 1);
  let pen = "M";
  return values
    .map((value, place) => {
      if (value === null) {
        pen = "M";
        return "";
      }
      // So that a lone point is seen, as a dot.
      const point = `${pen}${(place * step).toFixed(1)} ${(HEIGHT * (1 - value / highest)).toFixed(1)}h.1`;
      pen = "L";
      return point;
    })
    .join("");
}

export function chart({ title, lines, show, top = null, scale }) {
  const known = lines.flat().filter((value) => value !== null);
  const highest = top ?? Math.max(...known, Number.MIN_VALUE);
  const latest = lines.map((values) => values.findLast((value) => value !== null) ?? null);
  const written = latest.map((value) => (value === null ? "–" : show(value))).join(" / ");
  const drawing = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  drawing.setAttribute("aria-label", `${title}: ${written}`);
  for (const height of [0, HEIGHT]) drawing.append(shape("line", { class: "axis", x1: 0, x2: WIDTH, y1: height, y2: height }));
  lines.forEach((values, number) =>
    drawing.append(shape("path", { class: number ? "line second" : "line", d: path(values, highest) })),
  );
  const figure = document.createElement("figure");
  const [caption, name, value, ends] = ["figcaption", "span", "strong", "p"].map((tag) => document.createElement(tag));
  name.textContent = title;
  value.textContent = written;
  caption.append(name, value);
  ends.className = "scale";
  ends.textContent = known.length ? scale(show(0), show(highest)) : "";
  figure.append(caption, drawing, ends);
  return figure;
}
