"""What a returned passage is right about."""

import pytest

from embeddings.evaluation.matching import (
    hits_of,
    holds,
    quote_names,
    quotes_of,
    ranked_names,
    ranked_quotes,
    ranked_sections,
)
from embeddings.evaluation.records import Judgement, Question, Returned, Section
from embeddings.evaluation.results import Hit

WHOLE_B = Section("b", None)
QUESTION = Question(
    "q1",
    "问",
    (Judgement(Section("a", ("一",)), 2), Judgement(Section("a", ("一", "细")), 1), Judgement(WHOLE_B, 1)),
)


def result(article: str, *headings: str, also_in: tuple[Section, ...] = (), text: str = "文") -> Returned:
    return Returned(f"{article} {headings}", Section(article, headings), article, text, 0.5, also_in)


def copy(article: str, *headings: str) -> Section:
    return Section(article, headings)


def test_passages_of_one_section_count_once_at_their_best_rank() -> None:
    results = (
        result("c", "x y"),
        result("a", "一", "粗"),
        result("a", "一"),
        result("a", "一", "细"),
        result("b", "z"),
    )
    assert names(QUESTION, *results) == ["c#x y", "a#一", "a#一#细", "b"]


def test_no_two_sections_share_a_name() -> None:
    sections = [
        Section("a", None),
        Section("a", ()),
        Section("a", ("甲", "乙")),
        Section("a", ("甲#乙",)),
        Section("a#甲", ("乙",)),
        Section("a", ("甲\\", "乙")),
        Section("a", ("甲\\#乙",)),
        Section("a\\", ("甲", "乙")),
    ]
    assert len({section.name for section in sections}) == len(sections)
    assert Section("a", ("甲", "乙")).name == "a#甲#乙"


def test_where_articles_are_judged_each_article_counts_once() -> None:
    question = Question("q1", "问", (Judgement(Section("d2", None), 1),))
    assert names(question, result("d1", "一"), result("d1", "二"), result("d2", "一")) == ["d1", "d2"]


def test_without_judgements_each_section_counts() -> None:
    question = Question("q1", "问", ())
    assert names(question, result("d1", "一"), result("d1", "二"), result("d1")) == ["d1#一", "d1#二", "d1#"]


def test_what_stands_above_the_headings_is_not_the_whole_article() -> None:
    question = Question("q1", "问", (Judgement(Section("a", ()), 2),))
    found = ranked_sections(question, [result("a", "一"), result("a")])
    assert found == [Section("a", ("一",)), Section("a", ())]


def test_a_section_is_not_its_namesake() -> None:
    assert names(QUESTION, result("a", "一二")) == ["a#一二"]


def test_a_judged_section_stands_for_what_lies_in_it_or_is_a_copy_of_it() -> None:
    lies_within, is_a_copy = result("a", "一", "粗"), result("c", "x", also_in=(copy("b", "w"),))
    assert ranked_sections(QUESTION, [lies_within, is_a_copy]) == [Section("a", ("一",)), WHOLE_B]


def names(question: Question, *results: Returned) -> list[str]:
    return ranked_names(question, results)


def test_a_judged_section_folded_under_its_copy_is_found_at_the_copys_place() -> None:
    copies = (copy("d", "z"), copy("a", "一", "粗"))
    assert names(QUESTION, result("e", "y"), result("c", "x", also_in=copies), result("f")) == [
        "e#y",
        "a#一",
        "f#",
    ]


def test_copies_that_nobody_judged_take_no_place() -> None:
    copies = (copy("d", "z"), copy("e", "y"))
    assert names(QUESTION, result("c", "x", also_in=copies), result("b", "w")) == ["c#x", "b"]


def test_no_section_counts_twice_whether_shown_or_folded() -> None:
    folded = result("c", "x", also_in=(copy("a", "一", "粗"), copy("a", "一"), copy("b", "w")))
    again = result("a", "一", also_in=(copy("b", "v"),))
    assert names(QUESTION, folded, again, result("c", "x")) == ["a#一", "b", "c#x"]


def test_where_articles_are_judged_a_folded_one_counts_too() -> None:
    question = Question("q1", "问", (Judgement(Section("d2", None), 1), Judgement(Section("d4", None), 1)))
    results = (result("d1", "一"), result("d3", also_in=(copy("d2", "二"), copy("d5"))), result("d4"))
    assert names(question, *results) == ["d1", "d2", "d4"]


QUOTES = Question(
    "q2",
    "问",
    (
        Judgement(Section("a", ("一",)), 2, "可以不开门"),
        Judgement(Section("b", ("二",)), 2, "先看证件"),
        Judgement(Section("c", ()), 1, "只是有用"),
    ),
)


def test_quotes_are_found_at_the_first_passage_that_holds_them() -> None:
    returned = (
        result("x", text="没有"),
        result("b", "二", text="先看证件，可以不开门。"),
        result("a", "一", text="可以不开门"),
        result("y", text="只是有用"),
    )
    # The third passage only repeats what was found, and takes no place.
    assert ranked_quotes(QUOTES, returned) == ["x ()", "“可以不开门”", "“先看证件”", "y ()"]
    assert quotes_of(QUOTES) == ("可以不开门", "先看证件")
    assert quote_names(QUOTES) == ("“可以不开门”", "“先看证件”")


def test_a_quote_counts_wherever_it_stands() -> None:
    elsewhere = result("elsewhere", text="记住：可以不开门")
    assert ranked_quotes(QUOTES, [elsewhere]) == ["“可以不开门”"]
    # The section that it was judged for is another: none is found here.
    assert ranked_names(QUOTES, [elsewhere]) == ["elsewhere#"]
    assert hits_of(QUOTES, [elsewhere]) == (Hit("elsewhere ()", "elsewhere#", 0.5, None, holds_answer=True),)


@pytest.mark.parametrize("text", ["可以\n不开门", "可以 不开门", "可以不開門", "可以不开門！"])
def test_a_quote_in_other_characters_or_lines_is_the_same(text: str) -> None:
    assert holds(text, "可以不开门")
    assert holds(f"前{text}后", "可以不開門")


def test_a_quote_in_other_cases_is_the_same() -> None:
    assert holds("在APP里还款", "在app里还款")
    assert holds("在app里还款", "在ＡＰＰ里")


@pytest.mark.parametrize("text", ["可以开门", "可以不开", "不开门，可以"])
def test_other_words_are_another_quote(text: str) -> None:
    assert not holds(text, "可以不开门")


def test_what_is_known_of_each_passage() -> None:
    returned = [
        result("a", "一", "细", text="可以不开门"),
        result("c", text="只是有用"),
        result("d", "三", also_in=(copy("b", "二"),)),
        result("e", "四"),
    ]
    assert hits_of(QUOTES, returned) == (
        Hit("a ('一', '细')", "a#一", 0.5, 2, holds_answer=True),
        # Grade 1 helps: its quote is no answer.
        Hit("c ()", "c#", 0.5, 1, holds_answer=False),
        # It lies in a judged section through its copy; its own text holds no quote.
        Hit("d ('三',)", "b#二", 0.5, 2, holds_answer=False),
        Hit("e ('四',)", "e#四", 0.5, None, holds_answer=False),
    )


def test_of_two_judged_sections_in_one_result_the_better_grade_is_shown() -> None:
    (hit,) = hits_of(QUESTION, [result("a", "一", "细", also_in=(copy("a", "一"),))])
    assert (hit.section, hit.grade) == ("a#一", 2)


def test_where_no_section_is_named_whatever_holds_the_quote_is_right() -> None:
    question = Question("q3", "问", (Judgement(None, 2, "先看证件"), Judgement(Section("z", ("九",)), 1)))
    returned = [result("x", "一", text="无关"), result("y", "二", text="要先看证件"), result("w", text="先看证件")]
    assert ranked_names(question, returned) == ["x#一", "“先看证件”"]
    assert ranked_sections(question, returned) == [Section("x", ("一",)), Section("y", ("二",))]
    assert [hit.grade for hit in hits_of(question, returned)] == [None, 2, 2]
    assert ranked_quotes(question, returned) == ["x ('一',)", "“先看证件”"]
