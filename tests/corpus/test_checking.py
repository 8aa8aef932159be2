"""Checking articles as an editor would."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.checking import check_about, check_article
from corpus.cleaning import clean
from corpus.link_checking import LinkChecker
from corpus.reading import read_article
from corpus.records import Article, Limits

LIMITS = Limits(2, 60, datetime.date(2026, 11, 22))
GOOD = """---
id: visits
title: 上门
source: 某某编写
url: https://example.org/visits
published: 2026-11-22
tags: [上门]
---

开头。

## 证件

要看**证件**，见[电话](calls.md)和[次数](sub/more.md#一天-几次)。
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "calls.md").write_text("## 电话\n一天三次。", encoding="utf-8")
    (tmp_path / "sub").mkdir()
    (tmp_path / "UPPER.MD").write_text("## 证件\n文", encoding="utf-8")
    (tmp_path / "twice.md").write_text("## 甲\n### 细\n一。\n## 乙\n### 细\n二。", encoding="utf-8")
    (tmp_path / "gb.md").write_bytes(
        "---\n# 次数\ntitle: 上门\n---\n## 见[电话](calls.md)\n一天三次。".encode("gb18030")
    )
    (tmp_path / "broken.md").write_text("---\n[\n---\n## x\n文", encoding="utf-8")
    (tmp_path / "a&b.md").write_text("文", encoding="utf-8")
    (tmp_path / "loop.md").symlink_to("loop.md")
    (tmp_path / "sub" / "table.txt").write_text("x", encoding="utf-8")
    (tmp_path / "sub" / "latin.md").write_text("## First Step\ntext", encoding="utf-8")
    (tmp_path / "sub" / "more.md").write_text("## 一天，几次？\n三次。", encoding="utf-8")
    return tmp_path


def findings(folder: Path, text: str, name: str = "visits.md") -> Iterator[str]:
    (folder / name).write_text(text, encoding="utf-8")
    article = read_article(folder / name, name)
    found = [*check_about(article, LIMITS.today), *check_article(clean(article), LinkChecker(folder), LIMITS)]
    return (str(finding) for finding in found)


def test_a_good_article(folder: Path) -> None:
    assert list(findings(folder, GOOD)) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "id: visits\n",
            "",
            "visits.md: it lacks id; in Markdown and text, add lines such as `id: …` to the front matter",
        ),
        ("title: 上门\nsource: 某某编写\n", "", "visits.md: it lacks title, source; in"),
        ("tags: [上门]\n", "", "visits.md: it lacks tags; in"),
        ("id: visits", "id: vis its", "visits.md: the id 'vis its' is no path of letters, digits"),
        ("id: visits", "id: ..", "visits.md: the id '..' is no path of letters, digits"),
        ("id: visits", "id: a//b", "visits.md: the id 'a//b' is no path of letters, digits"),
        ("id: visits", f"id: {'a' * 201}", f"visits.md: the id '{'a' * 80}' is no path of letters"),
        ("tags: [上门]", "tags: ['']", "visits.md: it lacks tags; in"),
        ("https://example.org/visits", "http://[::1", "visits.md: url is 'http://[::1', an address with"),
        ("https://example.org/visits", "https:visits", "visits.md: url is 'https:visits', an address with"),
        ("## 证件", "## 空\n\n---\n\n## 证件", "visits.md:12: nothing stands below '空'; fill the section"),
        ("calls.md", "a%00b.md", "visits.md:14: the link to a%00b.md is no address that can be followed"),
        ("calls.md", "http://[::1", "visits.md:14: the link to http://[::1 is no address that can be followed"),
        ("calls.md", "a" * 1500 + ".md", f"visits.md:14: the link to {'a' * 80} is no address that can be followed"),
        ("calls.md", "loop.md", "visits.md:14: the link to loop.md is no address that can be followed"),
        ("calls.md", "broken.md#x", "visits.md:14: the link to broken.md#x leads to what cannot be read (line 3: the"),
        ("calls.md", "UPPER.MD#细", "visits.md:14: the link to UPPER.MD#细 names no heading there"),
        ("calls.md", "twice.md#细-2", "visits.md:14: the link to twice.md#细-2 names no heading there"),
        ("calls.md", "gb.md#次数", "visits.md:14: the link to gb.md#次数 names no heading there"),
        ("id: visits", "id: vis#its", "visits.md: the id 'vis#its' is no path of letters, digits"),
        ("2026-11-22", "2026-11-23", "visits.md: published is 2026-11-23, after today (2026-11-22); correct"),
        ("2026-11-22", "2027-01-01", "visits.md: published is 2027-01-01, after today (2026-11-22); correct"),
        ("https://", "ftp://", "visits.md: url is 'ftp://example.org/visits', an address with http or https"),
        ("https://example.org/", "javascript:alert", "visits.md: url is 'javascript:alertvisits', an address"),
        ("开头。", "长" * 61, "visits.md: it has 73 Chinese characters, 2 to 60 were wanted; split it"),
        ("## 证件\n", "", "visits.md: it has no heading, so it is one section; begin each"),
        ("## 证件", "##", "visits.md:12: a heading is empty; name the section"),
        ("## 证件", f"## {'a' * 41}", "visits.md:12: a heading has 41 characters, at most 40 were wanted; shorten"),
        ("## 证件", "## 证件\n文\n\n#### 细", "visits.md:15: '细' is of level 4 below one of level 2; leave no"),
        ("## 证件", "## 空\n\n## 证件", "visits.md:12: nothing stands below '空'; fill the section or take it out"),
        ("## 证件", "## 证件\n文\n\n## 证件", "visits.md:15: '证件' names a second section here; give each"),
        ("calls.md", "cals.md", "visits.md:14: the link to cals.md leads nowhere; correct it"),
        ("calls.md", "/calls.md", "visits.md:14: the link to /calls.md leads out of the folder"),
        ("calls.md", "./sub", "visits.md:14: the link to ./sub leads nowhere; correct it"),
        ("calls.md", "../calls.md", "visits.md:14: the link to ../calls.md leads out of the folder"),
        ("calls.md", "#电话", "visits.md:14: the link to #电话 names no heading there; correct what follows #"),
        ("#一天-几次", "#一天几回", "visits.md:14: the link to sub/more.md#一天几回 names no heading there"),
    ],
)
def test_what_is_to_mend(folder: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    (found,) = findings(folder, GOOD.replace(old, new, 1))
    assert found.startswith(message)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("url: https://example.org/visits\n", ""),
        ("calls.md", "https://example.org/no"),
        ("calls.md", "#证件"),
        ("calls.md", "sub/../calls.md"),
        ("calls.md", "sub/%6Dore.md"),
        ("calls.md", "//example.org/no.md"),
        ("calls.md", "sub/more.md#%E4%B8%80%E5%A4%A9%EF%BC%8C%E5%87%A0%E6%AC%A1"),
        ("calls.md", "sub/table.txt#x"),
        ("calls.md", "twice.md#细-1"),
        ("calls.md", "gb.md#见电话"),
        ("calls.md", "a&amp;b.md"),
        ("id: visits", "id: visits.md-intro"),
        ("id: visits", "id: 2026/上门.v1"),
        ("calls.md", "sub/latin.md#first-STEP"),
        ("## 证件", f"## {'a' * 40}"),
        ("开头。", "长" * 48),
        ("calls.md)", "no.md"),
        ("## 证件", "## 甲\n\n### 细\n文\n\n## 乙\n\n### 细\n文\n\n## 证件"),
        ("## 证件", "1. 证件\n2. 电话\n\n## 证件"),
        ("要看", "一、证件\n\n要看\n\n一、证件\n\n要看"),
        ("开头。", "```\n[电话](no.md)\n## 空\n```"),
    ],
)
def test_what_is_good_as_it_is(folder: Path, old: str, new: str) -> None:
    assert old in GOOD
    assert list(findings(folder, GOOD.replace(old, new, 1))) == []


def test_links_start_from_the_articles_own_folder(folder: Path) -> None:
    text = GOOD.replace("sub/more.md#一天-几次", "more.md").replace("calls.md", "../calls.md")
    assert list(findings(folder, text, name="sub/visits.md")) == []
    (found,) = findings(folder, text.replace("../calls.md", "calls.md"), name="sub/visits.md")
    assert found == "sub/visits.md:14: the link to calls.md leads nowhere; correct it"


def test_as_few_characters_as_wanted_are_enough(folder: Path) -> None:
    text = "---\nid: a\ntitle: a\nsource: a\npublished: 2026-01-01\ntags: [a]\n---\n## a\n甲乙"
    assert list(findings(folder, text)) == []
    assert len(list(findings(folder, text.replace("乙", "")))) == 1


def test_too_short(folder: Path) -> None:
    (found,) = findings(folder, "---\nid: a\ntitle: a\nsource: a\npublished: 2026-01-01\ntags: [a]\n---\n## a\nb")
    assert found == "visits.md: it has 0 Chinese characters, 2 to 60 were wanted; say more, or join it with another"


def test_the_last_heading_has_nothing_below(folder: Path) -> None:
    (found,) = findings(folder, f"{GOOD}\n## 末\n\n")
    assert found == "visits.md:16: nothing stands below '末'; fill the section or take it out"


def test_lines_count_in_the_original(folder: Path) -> None:
    """Cleaning took lines out above what is told."""
    text = GOOD.replace("开头。", "首页 > 正文\n\n版权所有：某某网\n\n开头。").replace("calls.md", "cals.md")
    (found,) = findings(folder, text)
    assert found.startswith("visits.md:18: the link to cals.md")


def test_text_has_neither_headings_nor_links(folder: Path) -> None:
    found = list(findings(folder, "上门\n\n[电话](no.md)\n", name="visits.txt"))
    assert len(found) == 1
    assert found[0].startswith("visits.txt: it lacks id, title, source, published, tags; in Markdown and text")


def test_lines_end_as_the_file_ends_them(folder: Path) -> None:
    front, body = GOOD.replace("calls.md", "cals.md").split("\n\n", 1)
    for end in ("\r\n", "\r"):
        (folder / "visits.md").write_bytes((front + "\n\n" + body.replace("\n", end)).encode())
        article = read_article(folder / "visits.md", "visits.md")
        (found,) = map(str, check_article(clean(article), LinkChecker(folder), LIMITS))
        assert found.startswith("visits.md:14: the link to cals.md")


def test_a_target_is_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counting(path: Path, name: str, within: Path | None = None) -> Article:
        read.append(name)
        return read_article(path, name, within)

    monkeypatch.setattr("corpus.link_checking.read_article", counting)
    links = "、".join("[次数](sub/more.md#一天几次)" for _ in range(20))
    assert list(findings(folder, GOOD.replace("开头。", links))) == []
    assert read == ["more.md"]


def test_what_is_extracted_has_no_lines_of_its_file(folder: Path) -> None:
    page = "<html><body><article><h1>上门</h1><h2>证件</h2><p>{}</p><h2>证件</h2><p>{}</p></article></body></html>"
    text = page.format("来的人要先出示工作证和委托书，再说要谈什么。", "夜里十点以后不能来，除非你自己同意过。")
    found = list(findings(folder, text, name="page.html"))
    assert "page.html: '证件' names a second section here; give each a heading of its own" in found
