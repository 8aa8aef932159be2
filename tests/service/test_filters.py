"""Filters come over the wire as lists and days."""

import pytest
from pydantic import ValidationError

from embeddings.filters import FilterError, Filters
from service.filters import FiltersIn


def test_filters_of_a_request() -> None:
    body = '{"tags": ["上門", "证件"], "source": ["协会"], "article": ["a/1"], "published_from": "2026-01-02"}'
    assert FiltersIn.model_validate_json(body).record() == Filters(
        tags=("上門", "证件"), sources=("协会",), articles=("a/1",), published_from="2026-01-02"
    )
    assert FiltersIn.model_validate_json('{"published_to": "2026-01-02"}').record() == Filters(
        published_to="2026-01-02"
    )


def test_an_empty_list_is_as_none() -> None:
    assert not FiltersIn.model_validate_json('{"tags": [], "published_from": null}').record().given
    assert not FiltersIn().record().given


@pytest.mark.parametrize("field", ["tags", "source", "article"])
def test_limits(field: str) -> None:
    FiltersIn.model_validate({field: ["字" * 200] * 50}).record()
    with pytest.raises(ValidationError, match="at most 50 items"):
        FiltersIn.model_validate({field: ["字"] * 51})
    with pytest.raises(ValidationError, match="at most 200 characters"):
        FiltersIn.model_validate({field: ["字" * 201]})


@pytest.mark.parametrize("body", [{"tag": ["上门"]}, {"tags": "上门"}, {"tags": [1]}, {"tags": [None]}, []])
def test_other_shapes_are_refused(body: object) -> None:
    with pytest.raises(ValidationError, match="1 validation error for FiltersIn"):
        FiltersIn.model_validate(body)


def test_a_day_that_is_none_is_found_out() -> None:
    with pytest.raises(FilterError, match="published_from is '明天', a day was wanted"):
        FiltersIn(published_from="明天").record()
