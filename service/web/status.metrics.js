// Read Prometheus's text format, and say what happened between two readings of it.

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([^ ]+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

// Returns a map: name → [{ labels, value }].
export function parseMetrics(text) {
  const found = new Map();
  for (const line of text.split("\n")) {
    const match = LINE.exec(line);
    if (!match) continue;
    const labels = Object.fromEntries([...(match[2] ?? "").matchAll(LABEL)].map(([, name, value]) => [name, value]));
    const samples = found.get(match[1]) ?? [];
    samples.push({ labels, value: Number(match[3]) });
    found.set(match[1], samples);
  }
  return found;
}

export function total(metrics, name, wanted = {}) {
  const fits = ({ labels }) => Object.entries(wanted).every(([key, value]) => labels[key] === value);
  return (metrics.get(name) ?? []).filter(fits).reduce((sum, { value }) => sum + value, 0);
}

// A counter that is lower than before belongs to a process that was started since.
export const grown = (before, now, name, wanted) => {
  const [old, current] = [total(before, name, wanted), total(now, name, wanted)];
  return current >= old ? current - old : current;
};

// Estimated within the bucket that holds it, as Prometheus's histogram_quantile does; in seconds, null of nothing.
export function quantile(share, before, now, name, wanted) {
  const bounds = new Set((now.get(`${name}_bucket`) ?? []).map(({ labels }) => labels.le));
  const counts = [...bounds]
    .map((le) => ({
      le: le === "+Inf" ? Infinity : Number(le),
      count: grown(before, now, `${name}_bucket`, { ...wanted, le }),
    }))
    .sort((one, other) => one.le - other.le);
  const all = counts.at(-1)?.count ?? 0;
  if (all === 0) return null;
  const place = counts.findIndex(({ count }) => count >= share * all);
  const [low, below] = place > 0 ? [counts[place - 1].le, counts[place - 1].count] : [0, 0];
  const { le, count } = counts[place];
  return le === Infinity ? low : low + ((le - low) * (share * all - below)) / (count - below);
}
