// Show an operator how the service does: what it serves, and how fast, from /index and /metrics.
import { prefer, preference } from "./preferences.js";
import { element, safe } from "./safe_text.js";
import { chart } from "./status.chart.js";
import { grown, parseMetrics, quantile, total } from "./status.metrics.js";
import { say, setLanguage } from "./status.texts.js";

const EVERY_MS = 5_000;
const KEPT = 120; // ten minutes
const ROUTE = { route: "/search" };
// Of some twenty, those that tell most: how good the first ten are, where the first right one stands, how many there are.
const MEASURES = ["nDCG@10", "RR@10", "R@10", "Success@5"];
const find = (id) => document.getElementById(id);

let key = "";
let index = null;
// Each with the time, the metrics as they were read, and what came between them and those before.
const readings = [];

class Refused extends Error {}

async function get(address) {
  const response = await fetch(address, { headers: key ? { Authorization: `Bearer ${key}` } : {} });
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  throw new Refused(body?.error?.code ?? String(response.status));
}

async function look() {
  try {
    const metrics = parseMetrics(await (await get("metrics")).text());
    index = await (await get("index")).json();
    take(metrics);
    tell("");
    find("locked").hidden = true;
    draw();
  } catch (error) {
    if (!(error instanceof Refused)) tell(say("unreachable"));
    else if (error.message === "unauthorized") lock();
    else tell(error.message === "not_ready" ? say("not_ready") : say("failed", { code: error.message }));
  }
}

function lock() {
  tell(say("locked"));
  find("locked").hidden = false;
}

// Said once: a screen reader must not hear the same every five seconds.
function tell(text) {
  if (find("trouble").textContent !== text) find("trouble").textContent = text;
}

function take(metrics) {
  const now = { time: new Date(), metrics };
  const before = readings.at(-1);
  if (before) {
    const answered = grown(before.metrics, metrics, "zhaiwen_answers_total");
    const yes = grown(before.metrics, metrics, "zhaiwen_answers_total", { answerable: "yes" });
    const no = grown(before.metrics, metrics, "zhaiwen_answers_total", { answerable: "no" });
    now.rate = (answered * 1000) / (now.time - before.time);
    now.answerable = yes + no ? yes / (yes + no) : null;
    for (const [name, share] of [["p50", 0.5], ["p95", 0.95]])
      now[name] = quantile(share, before.metrics, metrics, "zhaiwen_request_seconds", ROUTE);
    now.memory = total(metrics, "process_resident_memory_bytes");
  }
  readings.push(now);
  if (readings.length > KEPT + 1) readings.shift();
}

const milliseconds = (seconds) => (seconds === null ? "–" : `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms`);
const percent = (share) => (share === null ? "–" : `${Math.round(share * 100)} %`);
const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
const perSecond = (rate) => rate.toFixed(1);

function ago(moment) {
  const minutes = Math.max(Math.round((Date.now() - moment) / 60_000), 0);
  if (minutes < 120) return say("ago", { time: say("minutes", { n: minutes }) });
  if (minutes < 2_880) return say("ago", { time: say("hours", { n: Math.round(minutes / 60) }) });
  return say("ago", { time: say("days", { n: Math.round(minutes / 1_440) }) });
}

function when(text) {
  const moment = new Date(text);
  const known = text && !Number.isNaN(moment.getTime());
  return known ? `${moment.toLocaleString(document.documentElement.lang)}${ago(moment)}` : "–";
}

function facts() {
  const metrics = readings.at(-1).metrics;
  const outcome = (name) => total(metrics, "zhaiwen_reloads_total", { outcome: name });
  const { build } = index;
  const rows = [
    ["snapshot", index.snapshot],
    ["created", when(index.created)],
    ["loaded", when(index.loaded)],
    ["encoder", index.encoder],
    ["size", say("counts", index)],
    ["calibrated", say(index.calibrated ? "yes" : "no")],
    ["reloads", say("outcomes", { loaded: outcome("loaded"), refused: outcome("refused") }), outcome("refused") > 0],
  ];
  if (build) {
    rows[3][1] += say("dimension", build);
    rows.push(["duplicates", say("copies", { copies: build.duplicate_passages, groups: build.duplicate_groups })]);
    rows.push(["gate", build.forced ? say("forced", { reason: build.forced }) : say("passed"), Boolean(build.forced)]);
    for (const refusal of build.refusals) rows.push(["", refusal, true]);
    const measured = MEASURES.filter((name) => name in build.measured).map((name) => `${name} ${build.measured[name].toFixed(3)}`);
    if (measured.length) rows.push(["measured", measured.join(", ")]);
    if (build.left_out) rows.push(["left_out", say("files", { n: build.left_out }), true]);
  }
  return rows;
}

function draw() {
  find("index").hidden = false;
  find("index").querySelector("dl").replaceChildren(
    ...facts().flatMap(([name, value, bad = false]) => [
      element("dt", {}, name && say(name)),
      element("dd", { class: bad && "bad" }, safe(value)),
    ]),
  );
  const shown = readings.slice(1);
  if (!shown.length) return;
  find("charts").hidden = false;
  const values = (name) => shown.map((reading) => reading[name]);
  const scale = (low, high) => say("scale", { low, high });
  find("charts").querySelector(".charts").replaceChildren(
    chart({ title: say("latency"), lines: [values("p50"), values("p95")], show: milliseconds, scale }),
    chart({ title: say("rate"), lines: [values("rate")], show: perSecond, scale }),
    chart({ title: say("answerable"), lines: [values("answerable")], show: percent, top: 1, scale }),
    chart({ title: say("memory"), lines: [values("memory")], show: megabytes, scale }),
  );
  fill(find("stages"), ["stage", "p50", "p95"], stages());
  // One a minute, the latest first.
  const minutes = shown.filter((_, place) => (shown.length - 1 - place) % (60_000 / EVERY_MS) === 0).reverse();
  fill(
    find("minutes"),
    ["at", "p50", "p95", "rate", "answerable", "memory"],
    minutes.map((one) => [
      one.time.toLocaleTimeString(document.documentElement.lang), milliseconds(one.p50), milliseconds(one.p95), perSecond(one.rate),
      percent(one.answerable), megabytes(one.memory),
    ]),
  );
}

function stages() {
  const [first, last] = [readings[0].metrics, readings.at(-1).metrics];
  const row = (title, name, wanted) => [
    say(title),
    ...[0.5, 0.95].map((share) => milliseconds(quantile(share, first, last, name, wanted))),
  ];
  const inside = ["wait", "encode", "search"].map((stage) => row(stage, "zhaiwen_stage_seconds", { stage }));
  return [...inside, row("whole", "zhaiwen_request_seconds", ROUTE)];
}

function fill(table, head, rows) {
  const titles = head.map((name) => (/^p\d/.test(name) ? name : say(name)));
  table.tHead.replaceChildren(element("tr", {}, ...titles.map((title) => element("th", { scope: "col" }, title))));
  table.tBodies[0].replaceChildren(
    ...rows.map(([first, ...others]) =>
      element("tr", {}, element("th", { scope: "row" }, first), ...others.map((text) => element("td", {}, text))),
    ),
  );
}

find("locked").addEventListener("submit", (event) => {
  event.preventDefault();
  key = find("key").value.trim();
  look();
});
find("language").value = preference("language") || "zh-Hans";
setLanguage(find("language").value);
find("language").addEventListener("change", ({ target }) => {
  prefer("language", target.value === "zh-Hans" ? "" : target.value);
  setLanguage(target.value);
  if (index) draw();
});
await look();
setInterval(() => document.hidden || look(), EVERY_MS);
