// The words of the operators' page, in the languages of the others.

const simplified = {
  title: "运行状态", language: "语言", key: "密钥", show: "查看", as_table: "用表格看",
  key_hint: "只在这个页面打开时留在内存里，不会保存。",
  index: "正在使用的索引", charts: "打开本页以来，最近十分钟", stages: "各阶段用时（毫秒）",
  locked: "要有密钥才能查看。", unreachable: "连不上服务，稍后自动再试。", not_ready: "还没有可用的索引。",
  failed: "服务没有给出数据（{code}）。",
  snapshot: "快照", created: "建成", loaded: "载入", encoder: "编码器", size: "规模", duplicates: "近似重复",
  calibrated: "分数", gate: "上线检查", measured: "检查时的指标", reloads: "更换索引", left_out: "没能收入",
  dimension: "（{precision}，{dimension} 维）", counts: "{articles} 篇文章，{passages} 段",
  copies: "{copies} 段，分属 {groups} 组", yes: "已校准为概率", no: "未校准，只能排序", passed: "通过",
  forced: "未通过，强制上线：{reason}", outcomes: "成功 {loaded} 次，被拒 {refused} 次", files: "{n} 个文件或文章",
  ago: "（{time}前）", days: "{n} 天", hours: "{n} 小时", minutes: "{n} 分钟",
  latency: "回答用时 p50 / p95", rate: "每秒问题数", answerable: "有答案的比例", memory: "内存",
  scale: "{low} 到 {high}", at: "时刻", stage: "阶段", wait: "排队", encode: "编码", search: "检索", whole: "整个请求",
};
const traditional = {
  title: "運行狀態", language: "語言", key: "金鑰", show: "查看", as_table: "用表格看",
  key_hint: "只在這個頁面開啟時留在記憶體裡，不會儲存。",
  index: "正在使用的索引", charts: "開啟本頁以來，最近十分鐘", stages: "各階段用時（毫秒）",
  locked: "要有金鑰才能查看。", unreachable: "連不上服務，稍後自動再試。", not_ready: "還沒有可用的索引。",
  failed: "服務沒有給出資料（{code}）。",
  snapshot: "快照", created: "建成", loaded: "載入", encoder: "編碼器", size: "規模", duplicates: "近似重複",
  calibrated: "分數", gate: "上線檢查", measured: "檢查時的指標", reloads: "更換索引", left_out: "沒能收入",
  dimension: "（{precision}，{dimension} 維）", counts: "{articles} 篇文章，{passages} 段",
  copies: "{copies} 段，分屬 {groups} 組", yes: "已校準為機率", no: "未校準，只能排序", passed: "通過",
  forced: "未通過，強制上線：{reason}", outcomes: "成功 {loaded} 次，被拒 {refused} 次", files: "{n} 個檔案或文章",
  ago: "（{time}前）", days: "{n} 天", hours: "{n} 小時", minutes: "{n} 分鐘",
  latency: "回答用時 p50 / p95", rate: "每秒問題數", answerable: "有答案的比例", memory: "記憶體",
  scale: "{low} 到 {high}", at: "時刻", stage: "階段", wait: "排隊", encode: "編碼", search: "檢索", whole: "整個請求",
};
const english = {
  title: "Status", language: "Language", key: "Key", show: "Show", as_table: "As a table",
  key_hint: "Kept in memory while this page is open, and nowhere else.",
  index: "The index in use", charts: "Since this page was opened, the last ten minutes", stages: "Time by stage (ms)",
  locked: "A key is needed here.", unreachable: "The service cannot be reached; trying again.", not_ready: "No index is loaded.",
  failed: "The service gave no data ({code}).",
  snapshot: "Snapshot", created: "Built", loaded: "Loaded", encoder: "Encoder", size: "Size", duplicates: "Near-duplicates",
  calibrated: "Scores", gate: "Gate", measured: "Measured there", reloads: "Reloads", left_out: "Left out",
  dimension: " ({precision}, {dimension} dimensions)", counts: "{articles} articles, {passages} passages",
  copies: "{copies} passages in {groups} groups", yes: "calibrated probabilities", no: "not calibrated, for ordering only",
  passed: "passed", forced: "refused, and published by force: {reason}", outcomes: "{loaded} loaded, {refused} refused",
  files: "{n} files or articles", ago: " ({time} ago)", days: "{n} days", hours: "{n} hours", minutes: "{n} minutes",
  latency: "Time to answer, p50 / p95", rate: "Questions a second", answerable: "Share with an answer", memory: "Memory",
  scale: "{low} to {high}", at: "Time", stage: "Stage", wait: "waiting", encode: "encoding", search: "searching",
  whole: "whole request",
};
const LANGUAGES = { "zh-Hans": simplified, "zh-Hant": traditional, en: english };
let current = "zh-Hans";

export function setLanguage(name) {
  current = Object.hasOwn(LANGUAGES, name) ? name : "zh-Hans";
  document.documentElement.lang = current;
  for (const item of document.querySelectorAll("[data-text]")) item.textContent = say(item.dataset.text);
}

export const say = (key, values = {}) =>
  LANGUAGES[current][key].replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
