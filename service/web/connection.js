// Tell when the service cannot be reached, before somebody asks in vain; ask its health check, which says nothing.
import { isAlive } from "./api.js";
import { element } from "./safe_text.js";
import { say } from "./texts.js";

const AGAIN_MS = 5_000;

export function watchConnection(holder) {
  let lost = false;
  let bell = null;
  async function look() {
    clearTimeout(bell);
    const alive = await isAlive();
    if (alive === lost) {
      lost = !alive;
      holder.replaceChildren(element("p", { class: lost ? "offline" : "online" }, say(lost ? "offline" : "online")));
    }
    if (lost) bell = setTimeout(look, AGAIN_MS);
    else bell = setTimeout(() => holder.replaceChildren(), AGAIN_MS);
  }
  window.addEventListener("online", look);
  window.addEventListener("offline", look);
  look();
}
