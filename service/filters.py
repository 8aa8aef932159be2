"""Define how filters go over the wire."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from embeddings.filters import Filters

# Of a field; bound the work that a stranger can cause.
MAX_VALUES = 50
MAX_VALUE_CHARACTERS = 200

_Values = Annotated[list[Annotated[str, Field(max_length=MAX_VALUE_CHARACTERS)]], Field(max_length=MAX_VALUES)]

# Checked with the other filters.
_Day = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]


class FiltersIn(BaseModel):
    """Only passages of articles that fit every field which is given; an empty list is as none."""

    model_config = ConfigDict(extra="forbid")

    tags: Annotated[
        _Values, Field(description="Any of these; script, width and case do not matter.", examples=[["上门"]])
    ] = []
    source: Annotated[
        _Values, Field(description="Any of these; compared as tags are.", examples=[["中国互联网金融协会"]])
    ] = []
    article: Annotated[_Values, Field(description="Ids of articles, any of these.", examples=[["home-visits"]])] = []
    published_from: Annotated[_Day | None, Field(description="The first day, as 2026-03-01.")] = None
    published_to: Annotated[
        _Day | None, Field(description="The last day; an article without a date is in no range.")
    ] = None

    def record(self) -> Filters:
        """Return what the search takes.

        Raises:
            FilterError: a date is none, the range is empty, or a text is no valid Unicode.
        """
        return Filters(
            tags=tuple(self.tags),
            sources=tuple(self.source),
            articles=tuple(self.article),
            published_from=self.published_from,
            published_to=self.published_to,
        )
