const form = document.querySelector("#ask");
const box = document.querySelector("#question");
const locked = document.querySelector("#locked");
const key = document.querySelector("#key");
const button = form.querySelector("button");
const status = document.querySelector("#status");
const list = document.querySelector("#results");
const template = document.querySelector("#result");
const SHOWN = 5;
const REASONS = {
  invalid_question: "问题是空的，或者太长（最多 1000 字）",
  question_too_long: "问题太长了，请删到 500 字左右",
  unauthorized: "要有密钥才能提问，请在下面填上",
  rate_limited: "问得太快了，请过一会儿再试",
  not_ready: "索引还没有准备好，请过几秒再试",
};

// Positions count characters, as Python does; JavaScript counts an emoji as two.
function marked(text, highlights) {
  const characters = [...text];
  const parts = [];
  let end = 0;
  for (const span of highlights) {
    const mark = document.createElement("mark");
    mark.textContent = characters.slice(span.start, span.end).join("");
    parts.push(characters.slice(end, span.start).join(""), mark);
    end = span.end;
  }
  return [...parts, characters.slice(end).join("")];
}

function notice(text) {
  const item = document.createElement("li");
  item.className = "notice";
  item.textContent = text;
  return item;
}

function summary(answer) {
  const corrected = answer.corrected === null ? "" : `已按“${answer.corrected}”查找。`;
  const found = answer.results.length;
  if (answer.answerable === false)
    return `${corrected}这些文章里大概没有你要的答案。下面是最接近的 ${found} 段原文，请不要当作回答：`;
  return `${corrected}最接近的 ${found} 段原文，不一定都回答了你的问题：`;
}

// Everything from an article is set as text, never as markup.
function card(result) {
  const item = template.content.cloneNode(true);
  const { article } = result;
  item.querySelector("h2").textContent = article.title;
  item.querySelector(".path").textContent = result.headings.join(" › ");
  item.querySelector(".text").replaceChildren(...marked(result.text, result.highlights));
  const published = article.published ? `，${article.published}` : "";
  item.querySelector(".source").textContent =
    `${article.source ?? article.path}${published}；原文第 ${result.start}–${result.end} 字`;
  return item;
}

async function ask(query) {
  const headers = { "Content-Type": "application/json" };
  // Kept in the box only: in no cookie and no storage.
  if (key.value) headers.Authorization = `Bearer ${key.value.trim()}`;
  // Posted, so that the question stands in no address, history or log.
  const response = await fetch("search", {
    method: "POST",
    headers,
    body: JSON.stringify({ query, k: SHOWN }),
  });
  const body = await response.json();
  if (response.status === 401) locked.hidden = false;
  if (!response.ok) throw new Error(REASONS[body.error.code] ?? "服务出了问题");
  return body;
}

async function submit(event) {
  event.preventDefault();
  if (button.disabled) return;
  button.disabled = true;
  status.textContent = "正在查找……";
  list.replaceChildren();
  try {
    const answer = await ask(box.value);
    list.replaceChildren(...answer.notices.map(notice), ...answer.results.map(card));
    status.textContent = summary(answer);
  } catch (error) {
    const reason = error instanceof TypeError ? "连不上服务" : error.message;
    status.textContent = `没有查成：${reason}。你的问题还在上面，可以再试一次。`;
  } finally {
    button.disabled = false;
  }
}

form.addEventListener("submit", submit);
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
