"""Filters choose articles as a reader would."""

from typing import Any

import pytest

from embeddings.errors import QuestionError
from embeddings.filters import ArticleFacets, ArticleFacts, FilterError, Filters

FACETS = ArticleFacets(
    [
        ArticleFacts("a", "银保监会", "2026-01-02", ("上门", "证件")),
        ArticleFacts("b", "銀保監會", "2026-03-01", ("上門",)),
        ArticleFacts("c", None, None, ("APP",)),
        ArticleFacts("A", "Bank", "2026-03-02", ()),
    ]
)


def matching(filters: Filters) -> str:
    return "".join(id_ for id_, matches in zip("abcA", FACETS.matching(filters), strict=True) if matches)


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        (Filters(), "abcA"),
        (Filters(tags=("上门",)), "ab"),
        (Filters(tags=("上門 ",)), "ab"),
        (Filters(tags=("ａｐｐ", "证件")), "ac"),
        (Filters(tags=("上",)), ""),
        (Filters(tags=("",)), ""),
        (Filters(sources=("银保监会",)), "ab"),
        (Filters(sources=("BANK", "银保监会")), "abA"),
        (Filters(articles=("a", "c", "d")), "ac"),
        (Filters(articles=("ａ",)), ""),
        (Filters(published_from="2026-03-01"), "bA"),
        (Filters(published_to="2026-03-01"), "ab"),
        (Filters(published_from="2026-03-01", published_to="2026-03-01"), "b"),
        (Filters(published_from="0001-01-01", published_to="9999-12-31"), "abA"),
        (Filters(tags=("上门",), sources=("银保监会",), articles=("b", "c"), published_from="2026-02-01"), "b"),
        (Filters(tags=("证件",), articles=("b",)), ""),
    ],
)
def test_which_articles_match(filters: Filters, wanted: str) -> None:
    assert matching(filters) == wanted


def test_tags_and_sources_are_counted_as_filters_compare_them() -> None:
    assert FACETS.tags == (("上门", 2), ("APP", 1), ("证件", 1))
    assert FACETS.sources == (("银保监会", 2), ("Bank", 1))
    for tag, articles in FACETS.tags:
        assert FACETS.matching(Filters(tags=(tag,))).sum() == articles
    often = ArticleFacets([ArticleFacts(str(n), None, None, (tag,)) for n, tag in enumerate(("上门", "上门", "上門"))])
    assert often.tags == (("上门", 3),)
    twice = ArticleFacets([ArticleFacts("a", None, None, ("上门", "上門"))])
    assert [count for _, count in twice.tags] == [1]
    assert ArticleFacets([]).tags == ArticleFacets([]).sources == ()


def test_more_values_than_a_database_takes() -> None:
    many = tuple(f"值{number}" for number in range(40_000))
    assert matching(Filters(articles=(*many, "c"), tags=(*many[:500], "app"))) == "c"


def test_no_articles() -> None:
    assert ArticleFacets([]).matching(Filters(tags=("上门",), published_to="2026-01-01")).shape == (0,)


def test_whether_any_field_is_given() -> None:
    assert not Filters().given
    for filters in (Filters(tags=("",)), Filters(sources=("a",)), Filters(articles=("a",))):
        assert filters.given
    assert Filters(published_from="2026-01-01").given
    assert Filters(published_to="2026-01-01").given


@pytest.mark.parametrize(
    "given", ["", "2026", "2026-02-30", "20260301", "2026-W09-7", "2026-03-01T00:00", "二〇二六年"]
)
def test_a_day_that_is_none(given: str) -> None:
    with pytest.raises(FilterError, match=f"^published_to is '{given}', a day was wanted; write it as 2026-03-01$"):
        Filters(published_to=given)
    with pytest.raises(FilterError, match="^published_from is "):
        Filters(published_from=given)


def test_a_range_that_ends_before_it_begins() -> None:
    Filters(published_from="2026-03-01", published_to="2026-03-01")
    with pytest.raises(
        FilterError, match=r"^published_from is 2026-03-02, after published_to, .*2026-03-01, .*; exchange"
    ):
        Filters(published_from="2026-03-02", published_to="2026-03-01")


@pytest.mark.parametrize("name", ["tags", "sources", "articles"])
def test_half_a_character(name: str) -> None:
    values: dict[str, Any] = {name: ("上门", "\ud800")}
    with pytest.raises(QuestionError, match=f"^{name} holds half a character .*send valid Unicode"):
        Filters(**values)
