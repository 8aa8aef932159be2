// Keep the page's own files, so that a reload while the service is down shows the page, which then says so.
// The network goes first, so that a new version is never held back; an answer is never kept.

const CACHE = "zhaiwen-page";
const PAGE = new URL("./", self.registration.scope).href;
const FOLDER = new URL("web/", PAGE).href;

const keeps = (request, url) =>
  request.method === "GET" &&
  (url === PAGE || (url.startsWith(FOLDER) && !url.includes("?")));

// Without its fragment, which holds the question.
const address = (request) => request.url.split("#")[0];

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(keepPage());
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// The page names its files; modules name each other in the list that it preloads.
async function keepPage() {
  const cache = await caches.open(CACHE);
  const page = await fetch(PAGE, { cache: "no-store" });
  const text = await page.clone().text();
  const files = [...text.matchAll(/(?:href|src)="(web\/[^"]+)"/g)].map((found) => new URL(found[1], PAGE).href);
  await cache.put(PAGE, page);
  await Promise.all([...new Set(files)].map((file) => cache.add(new Request(file, { cache: "no-store" }))));
}

self.addEventListener("fetch", (event) => {
  const url = address(event.request);
  if (keeps(event.request, url)) event.respondWith(newest(event.request, url));
});

async function newest(request, url) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(url, response.clone());
    // A proxy says so where the service behind it is down.
    if (response.status < 500) return response;
    return (await cache.match(url)) ?? response;
  } catch (error) {
    const kept = await cache.match(url);
    if (kept) return kept;
    throw error;
  }
}
