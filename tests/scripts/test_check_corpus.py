"""Checking a folder of articles on the command line."""

from pathlib import Path

import pytest

from scripts.cli import main
from tests.conftest import write_lines

ARTICLE = """---
id: {id}
title: 上门
source: 某某编写
published: 2026-01-01
tags: [上门]
---
## {heading}

{text}
"""
LONG = "来人先隔着门说明身份，再出示工作证和授权委托书，你可以拨打官方客服核对。"
OTHER = "夜里十点到早上八点之间，没有你的同意不应打来，接通的一天不超过三回。"


def write(folder: Path, id_: str, text: str = LONG, heading: str = "证件") -> None:
    (folder / f"{id_}.md").write_text(ARTICLE.format(id=id_, heading=heading, text=text), encoding="utf-8")


def check(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[str]]:
    code = main(["check-corpus", *map(str, arguments)])
    return code, capsys.readouterr().out.splitlines()


def test_the_shipped_articles_are_clean(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = check(capsys)
    assert code == 0
    assert lines == ["48 articles, 453 sections: clean"]


def test_no_two_shipped_sections_share_a_fifth(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(capsys, "--similar", 20)[0] == 0


def test_a_clean_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a")
    write(tmp_path, "b", OTHER)
    assert check(capsys, tmp_path, "--least", 10) == (0, ["2 articles, 2 sections: clean"])
    code, lines = check(capsys, tmp_path)
    assert code == 1
    assert lines[0] == "a.md: it has 35 Chinese characters, 700 to 2000 were wanted; say more, or join it with another"
    assert lines[-1] == "2 articles, 2 sections: 2 to mend"
    code, lines = check(capsys, tmp_path, "--least", 10, "--most", 20)
    assert lines[0] == "a.md: it has 35 Chinese characters, 10 to 20 were wanted; split it"


def test_what_is_wrong_is_told_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a")
    write(tmp_path, "b", LONG.replace("工作证", "身份证"), heading="要看什么")
    (tmp_path / "c.md").write_text(ARTICLE.format(id="a", heading="次数", text=OTHER), encoding="utf-8")
    (tmp_path / "d.md").write_text("---\npublished: 昨天\n---\n", encoding="utf-8")
    write(tmp_path, "e", "见[电话](calls.md)。" + OTHER)
    code, lines = check(capsys, tmp_path, "--least", 10)
    assert code == 1
    assert lines == [
        "c.md: its id 'a' is that of a.md too; give each article an id of its own",
        "d.md: published in the front matter is '昨天', a date was wanted; write it as 2026-03-01",
        "e.md:10: the link to calls.md leads nowhere; correct it",
        "a#证件: b#要看什么 says nearly the same (85%); let one of them say it",
        "3 articles, 3 sections: 4 to mend",
    ]


def test_parts_of_one_section_are_taken_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a", f"{LONG}\n\n{OTHER}")
    write(tmp_path, "b", OTHER)
    code, lines = check(capsys, tmp_path, "--least", 10, "--similar", 40)
    assert (code, len(lines)) == (1, 2)
    # The section of the first is about twice as long, and all of the second stands in it.
    assert lines[0].startswith("a#证件: b#证件 says nearly the same (4")
    assert check(capsys, tmp_path, "--least", 10, "--similar", 60) == (0, ["2 articles, 2 sections: clean"])


def test_half_of_the_text_is_too_much_by_default(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a", f"{LONG}\n\n{OTHER}")
    (tmp_path / "b.txt").write_text(OTHER, encoding="utf-8")
    code, lines = check(capsys, tmp_path, "--least", 10)
    assert code == 1
    assert lines[0].startswith("b.txt: it lacks id, title, source, published, tags; in Markdown and text, add lines")
    assert lines[1].startswith("a#证件: b.txt says nearly the same (4")
    assert len(lines) == 3


def test_all_of_an_articles_problems_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a", "见[电话](calls.md)和[短信](sms.md)。" + LONG)
    text = (tmp_path / "a.md").read_text(encoding="utf-8")
    (tmp_path / "a.md").write_text(text.replace("2026-01-01", "9999-12-30"), encoding="utf-8")
    code, lines = check(capsys, tmp_path, "--least", 10)
    assert (code, len(lines), lines[-1]) == (1, 4, "1 articles, 1 sections: 3 to mend")
    assert lines[0].startswith("a.md: published is 9999-12-30, after today (20")


@pytest.mark.parametrize("percent", ["0", "101", "33.3"])
def test_no_percentage(percent: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["check-corpus", "--similar", percent])
    assert (
        f"argument --similar: '{percent}' was given, a whole number from 1 to 100 was wanted" in capsys.readouterr().err
    )


def test_jsonl_tells_which_article(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_lines(tmp_path / "ALL.JSONL", {"_id": "x", "content": LONG, "title": "上门"}, {"content": "短"})
    code, lines = check(capsys, tmp_path, "--jsonl-fields", "id=_id,text=content", "--least", 10)
    advice = "in Markdown and text, add lines such as `id: …` to the front matter"
    assert code == 1
    assert lines == [
        f"ALL.JSONL, x: it lacks source, published, tags; {advice}",
        f"ALL.JSONL, ALL.JSONL:2: it lacks id, title, source, published, tags; {advice}",
        "ALL.JSONL, ALL.JSONL:2: it has 1 Chinese characters, 10 to 2000 were wanted; "
        "say more, or join it with another",
        "2 articles, 2 sections: 3 to mend",
    ]


def test_one_jsonl_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = {"id": "x", "text": LONG, "title": "上门", "source": "某某", "published": "2026-01-01", "tags": ["上门"]}
    write_lines(tmp_path / "all.jsonl", line)
    assert check(capsys, tmp_path / "all.jsonl", "--least", 10) == (0, ["1 articles, 1 sections: clean"])


def test_bounds_the_wrong_way_round(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-corpus", "--least", "2001"]) == 2
    assert "--least 2001 is more than --most 2000; give a smaller one" in capsys.readouterr().err


def test_a_hostile_folder_is_checked_to_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a", f"见[电话](a%00b.md)、[短信](http://[::1)、[门](\x1b[31m.md)。{LONG}")
    write(tmp_path, "b\x1b[31m", OTHER)
    write(tmp_path, "c", "见[电话](no.md)。" + OTHER)
    code, lines = check(capsys, tmp_path, "--least", 10)
    assert code == 1
    assert any(line.startswith("c.md:10: the link to no.md leads nowhere") for line in lines)
    assert all(line.isprintable() for line in lines)
    assert lines[-1] == "2 articles, 2 sections: 5 to mend"


def test_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-corpus", str(tmp_path / "no")]) == 2
    assert "there is no such folder; name a folder of articles" in capsys.readouterr().err
