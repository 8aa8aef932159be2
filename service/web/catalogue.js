// Know the articles of the index: their tags and sources for the filters, their paths for links between them.
import { listArticles } from "./api.js";

// The most that the service lists at once.
const LISTED = 100;

export class Catalogue {
  constructor() {
    this.paths = new Map();
    this.asked = null;
  }

  // Asks the service once; again after it failed.
  load() {
    this.asked ??= listArticles(LISTED).then(
      (list) => {
        this.paths = new Map(list.articles.map((article) => [article.path, article.id]));
        return { tags: list.tags, sources: list.sources };
      },
      (error) => {
        this.asked = null;
        throw error;
      },
    );
    return this.asked;
  }

  // The id of the article that a link in another one leads to, null where there is none that is known.
  linked(article, target) {
    if (/^[a-z][a-z0-9+.-]*:|^[/?#]/i.test(target)) return null;
    try {
      const base = `file:///${article.path.split("/").map(encodeURIComponent).join("/")}`;
      const path = decodeURIComponent(new URL(target, base).pathname.slice(1));
      return this.paths.get(path) ?? null;
    } catch {
      return null;
    }
  }
}
