// Talk to the service. Questions are posted, so that they stand in no address, history or log.

const PATIENCE_MS = 30_000;
// Kept while the page is open: in no cookie and no storage.
let key = "";

export function setKey(text) {
  key = text.trim();
}

export class ServiceError extends Error {
  constructor(code, seconds = null) {
    super(code);
    this.code = code;
    this.seconds = seconds;
  }
}

async function send(address, options = {}, stop = null) {
  const headers = { ...options.headers };
  if (key) headers.Authorization = `Bearer ${key}`;
  const patience = new AbortController();
  const bell = setTimeout(() => patience.abort(), PATIENCE_MS);
  stop?.addEventListener("abort", () => patience.abort());
  let response;
  let body;
  try {
    response = await fetch(address, { ...options, headers, signal: patience.signal });
    body = await response.text();
  } catch (error) {
    if (stop?.aborted) throw error;
    throw new ServiceError(patience.signal.aborted ? "timeout" : "unreachable");
  } finally {
    clearTimeout(bell);
  }
  return read(response, body);
}

function read(response, body) {
  let content = null;
  try {
    content = JSON.parse(body);
  } catch {
    // A proxy's page about a service that is down, or no answer of ours at all.
  }
  if (response.ok && content !== null) return content;
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const code = content?.error?.code ?? (response.status >= 500 ? "unreachable" : "failed");
  throw new ServiceError(code, Number.isNaN(seconds) ? null : seconds);
}

export function ask(place, page, stop) {
  const filters = { tags: place.tags, source: place.sources };
  if (place.from) filters.published_from = place.from;
  if (place.to) filters.published_to = place.to;
  const body = JSON.stringify({ query: place.question, ...page, filters });
  return send("search", { method: "POST", headers: { "Content-Type": "application/json" }, body }, stop);
}

export const readArticle = (id, stop) => send(`articles/${encodeURIComponent(id)}`, {}, stop);

export const listArticles = (limit) => send(`articles?offset=0&limit=${limit}`);

export const isAlive = () =>
  send("healthz").then(
    () => true,
    (error) => error.code !== "unreachable" && error.code !== "timeout",
  );
