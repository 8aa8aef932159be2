"""Asking on the page: what an answer shows, and what it says where there is none."""

import re

import httpx2
import pytest
from playwright.sync_api import Browser

from tests.conftest import Served
from tests.service.web.visiting import ask, asked, complaints_of, first_mark, visit

QUESTION = "微粒贷逾期会上门吗"
NO_ANSWER = "火星上怎么种土豆"


def answer_of(served: Served, question: str, k: int = 5) -> dict[str, object]:
    body: dict[str, object] = httpx2.post(f"{served.url}/search", json={"query": question, "k": k}, timeout=30).json()
    return body


def test_the_question_box_has_the_focus_and_examples_ask(served: Served, browser: Browser) -> None:
    with visit(browser, served.url) as shown:
        page = shown.page
        assert page.evaluate("document.activeElement.id") == "question"
        example = page.locator("#examples a").first
        text = example.inner_text()
        example.click()
        page.locator(".card").first.wait_for()
        assert page.input_value("#question") == text
        assert not page.locator("#examples").is_visible()
        assert complaints_of(shown) == []


def test_a_result_says_what_where_from_and_how_likely(served: Served, browser: Browser) -> None:
    wanted = httpx2.post(f"{served.url}/search", json={"query": QUESTION}, timeout=30).json()
    first = wanted["results"][0]
    with visit(browser, served.url) as shown:
        ask(shown.page, QUESTION)
        assert shown.page.locator("#results h1").inner_text() == "找到 5 段可能回答你的原文"
        card = shown.page.locator(".card").first
        (span,) = first["highlights"]
        assert card.locator(".text mark").all_text_contents() == [first["text"][span["start"] : span["end"]]]
        assert card.locator(".text").text_content() == first["text"]
        assert card.locator("h2").inner_text() == first["article"]["title"]
        assert card.locator(".path").first.inner_text() == " › ".join(first["headings"])
        facts = card.locator(".facts").inner_text()
        assert f"截至 {first['article']['published']}" in facts
        assert f"来源：{first['article']['source']}" in facts
        assert card.locator(".tags a").all_text_contents() == first["article"]["tags"]
        percent = round(first["score"] * 100)
        assert card.locator(".score").inner_text().split("\n")[-1] == f"约 {percent}%"
        widths = card.locator(".score .bar").evaluate(
            "(bar) => bar.firstElementChild.getBoundingClientRect().width / bar.getBoundingClientRect().width"
        )
        assert widths == pytest.approx(percent / 100, abs=0.02)


def test_tables_and_lists_of_a_passage_are_shown_as_such(served: Served, browser: Browser) -> None:
    question = "国家标准和银行业协会的指引，比较起来有什么不同"
    results = answer_of(served, question, 10)["results"]
    assert isinstance(results, list)
    number, table = next((place, one["text"]) for place, one in enumerate(results) if "\n| --- |" in one["text"])
    with visit(browser, served.url, f"{asked(question)}&n=10") as shown:
        shown.page.locator(".card").nth(9).wait_for()
        text = shown.page.locator(".card .text").nth(number)
        assert text.text_content() == table
        assert not {"|", "---"} & set(text.inner_text().split())
        head = next(line for line in table.splitlines() if line.startswith("|"))
        assert text.locator("th").all_inner_texts() == [cell.strip() for cell in head.strip("|").split("|")]
        items = [line for one in results for line in one["text"].splitlines() if line.startswith("- ")]
        assert shown.page.locator(".card .text li.bullet").count() == len(items)
        assert complaints_of(shown) == []


def test_a_passage_between_two_lines_is_no_front_matter(served: Served, browser: Browser) -> None:
    text = "---\n证件\n---\n委托书"
    module = """([original]) => import(new URL('web/article_text.js', location)).then(({ ArticleText }) => {
        const shown = new ArticleText(original, { path: 'a.md', ranges: [], linkFor: () => null });
        return ['', '题头'].map((title) => {
            const holder = document.createElement('div');
            holder.append(...shown.blocks(title));
            return [holder.textContent, holder.querySelectorAll('details').length];
        });
    })"""
    with visit(browser, served.url) as shown:
        assert shown.page.evaluate(module, [text]) == [[text, 0], [f"题头{text}", 1]]


@pytest.mark.parametrize(
    ("score", "word"),
    [(1, "high"), (0.6, "high"), (0.599, "middle"), (0.35, "middle"), (0.15, "low"), (0.149, "little"), (0, "little")],
)
def test_the_words_of_a_score(served: Served, browser: Browser, score: float, word: str) -> None:
    with visit(browser, served.url) as shown:
        module = "import(new URL('web/score.js', location)).then((made) => made.wordFor(score))"
        assert shown.page.evaluate(f"(score) => {module}", score) == word


def test_an_index_that_is_not_calibrated_gives_no_words(tiny_served: Served, browser: Browser) -> None:
    with visit(browser, tiny_served.url) as shown:
        ask(shown.page, "上门要带证件吗")
        assert shown.page.locator(".card").count() == 3
        assert shown.page.locator(".score").count() == 0
        assert shown.page.locator("#results h1").inner_text() == "最接近的 3 段原文"
        assert shown.page.locator(".more").is_hidden()


def test_more_results_come_on_demand_and_stay_in_the_link(served: Served, browser: Browser) -> None:
    wanted = answer_of(served, QUESTION, 10)["results"]
    assert isinstance(wanted, list)
    passages = [one["passage_id"] for one in wanted]
    with visit(browser, served.url, asked(QUESTION)) as shown:
        page = shown.page
        page.click(".more")
        page.locator(".card").nth(9).wait_for()
        shown_passages = "[...document.querySelectorAll('.card')].map((one) => one.dataset.passage)"
        assert page.evaluate(shown_passages) == passages
        # Who asked for more reads on at the first of them.
        assert page.evaluate("document.activeElement.closest('.card').dataset.passage") == passages[5]
        assert page.evaluate("new URLSearchParams(location.hash.slice(1)).get('n')") == "10"
        page.reload()
        page.locator(".card").nth(9).wait_for()
        assert page.evaluate(shown_passages) == passages


def test_the_first_result_waits_for_no_other_and_none_is_lost(served: Served, browser: Browser) -> None:
    wanted = answer_of(served, QUESTION, 10)["results"]
    assert isinstance(wanted, list)
    with visit(browser, served.url) as shown:
        page = shown.page
        # The paint after which the others are made never comes.
        page.evaluate("window.requestAnimationFrame = () => 0")
        page.fill("#question", QUESTION)
        page.click("#search")
        page.locator(".card").first.wait_for()
        assert page.locator(".card").count() == 1
        assert page.locator(".cards").get_attribute("aria-busy") == "true"
        page.click(".more")
        page.locator(".card").nth(9).wait_for()
        passages = page.locator(".card").evaluate_all("(cards) => cards.map((card) => card.dataset.passage)")
        assert passages == [one["passage_id"] for one in wanted]
        assert page.locator(".cards").get_attribute("aria-busy") == "false"


def test_no_answer_says_so_and_what_to_do_next(served: Served, browser: Browser) -> None:
    assert answer_of(served, NO_ANSWER)["answerable"] is False
    with visit(browser, served.url) as shown:
        ask(shown.page, NO_ANSWER)
        panel = shown.page.locator(".no-answer")
        assert panel.locator("h1").inner_text() == "没有找到可靠的答案"
        hrefs = panel.locator("a").evaluate_all("(links) => links.map((link) => link.getAttribute('href'))")
        assert hrefs == ["tel:12378", "tel:12348"]
        assert "换个说法" in panel.inner_text()
        assert shown.page.locator(".near").inner_text().startswith("相近的原文，不是答案")
        below = shown.page.locator(".near").bounding_box()
        card = shown.page.locator(".weak .card").first.bounding_box()
        assert below is not None
        assert card is not None
        assert card["y"] > below["y"]


def test_what_was_corrected_is_told(served: Served, browser: Browser) -> None:
    with visit(browser, served.url) as shown:
        ask(shown.page, "崔收上门要带什么证件")
        assert shown.page.locator(".corrected").inner_text() == "已把“崔收”当作“催收”来查。"


def test_a_long_story_is_counted_and_never_cut(served: Served, browser: Browser) -> None:
    story = "他们天天打电话。\n我很害怕😰" * 80
    with visit(browser, served.url) as shown:
        page = shown.page
        page.fill("#question", story)
        # Characters as Python counts them: an emoji is one.
        over = len(story) - 1000
        assert page.locator("#counter").inner_text().startswith(f"多了 {over} 字。最多 1000 字")
        page.click("#search")
        assert page.input_value("#question") == story
        assert page.evaluate("document.activeElement.id") == "question"
        assert page.get_attribute("#question", "aria-invalid") == "true"
        page.fill("#question", story[:990])
        assert page.locator("#counter").inner_text() == "还可以写 10 字"
        page.fill("#question", "上门")
        assert page.locator("#counter").inner_text() == ""
        assert not [note for note in shown.noted if "/search" in note]


def test_an_empty_question_is_not_sent(served: Served, browser: Browser) -> None:
    with visit(browser, served.url) as shown:
        shown.page.fill("#question", " \n ")
        shown.page.click("#search")
        assert shown.page.locator("#counter").inner_text() == "请先写下你的问题。"
        assert not [note for note in shown.noted if "/search" in note]


def test_a_copy_elsewhere_is_named_and_leads_there(copies_served: Served, browser: Browser) -> None:
    with visit(browser, copies_served.url) as shown:
        page = shown.page
        ask(page, "上门要出示委托书吗")
        page.click(".also-in summary")
        assert page.locator(".also-in summary").inner_text() == "另有 1 处说法几乎相同"
        page.click(".also-in a")
        first_mark(page)
        assert re.search(r"article=(one|two)&at=\d+-\d+", page.url)
