"""Measure the page on a slow phone: the CPU throttled four times, at 360 pixels.

How long after an answer has come its results are painted, and how long the first paint of the page takes.

usage: python benchmarks/page.py INDEX [QUESTIONS]
"""

import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

THROTTLING = 4
QUESTION_FILE = Path(__file__).parent.parent / "corpus" / "questions" / "dev.jsonl"
# The first answers run code that has not been compiled yet; they count, too.
# A message that is sent as a frame begins is received once the frame has been drawn.
WATCH = """
    new MutationObserver(() => {
        const results = document.getElementById('results');
        const first = results?.querySelector('.card');
        if (!first || results.hidden || first === window.lastSeen) return;
        window.lastSeen = first;
        requestAnimationFrame(() => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => {
                const painted = performance.now();
                const answers = performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/search'));
                window.paintedAfter = painted - answers.at(-1).responseEnd;
                performance.clearResourceTimings();
            };
            channel.port2.postMessage(null);
        });
    }).observe(document, { subtree: true, childList: true, attributes: true });
"""


def painted_after(page: Page, question: str) -> float:
    """Return the milliseconds from the end of the response to the paint of its results."""
    page.evaluate("() => { window.paintedAfter = null; }")
    page.fill("#question", question)
    page.click("#search")
    page.wait_for_function("() => window.paintedAfter !== null && window.paintedAfter !== undefined")
    return float(page.evaluate("window.paintedAfter"))


def measure(address: str, questions: list[str]) -> tuple[float, list[float]]:
    """Return the milliseconds to the first paint of the page, and to that of each question's results."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("chromium is not installed, and the page is measured in a real browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 360, "height": 740})
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": THROTTLING})
        page.add_init_script(WATCH)
        page.goto(address)
        page.locator("#examples a").first.wait_for()
        first = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        times = [painted_after(page, question) for question in questions]
        browser.close()
    return float(first), times


def main(index: str, count: int) -> None:
    """Print both, for the first questions of the dev set."""
    lines = QUESTION_FILE.read_text(encoding="utf-8").splitlines()[:count]
    questions = [json.loads(line)["question"] for line in lines]
    command = [sys.executable, "-m", "scripts.serve", "--index", index, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline() if process.stdout else ""
        first, times = measure(line.split("open ")[1].split("  ")[0], questions)
        process.terminate()
    slow = statistics.quantiles(times, n=20)[-1]
    print(f"CPU throttled {THROTTLING} times, {len(times)} questions")
    print(f"first paint of the page, ms       {first:.0f}")
    middle = statistics.median(times)
    print(f"response to painted results, ms   median {middle:.0f}   p95 {slow:.0f}   max {max(times):.0f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 50)  # noqa: PLR2004
