"""Define the records that cross file borders between passages and answers."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.records import Edit

FloatArray = NDArray[np.float32]
RowArray = NDArray[np.int64]


class Mode(Enum):
    """Which side of the search ranks the passages."""

    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


@dataclass(frozen=True, slots=True)
class Prompts:
    """Hold what is put in front of a question and of a passage before encoding."""

    query: str = ""
    passage: str = ""


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """Describe an encoder; two encoders with one fingerprint give the same vectors."""

    name: str
    fingerprint: str
    dimension: int
    max_tokens: int
    prompts: Prompts


@dataclass(frozen=True, slots=True)
class ArticleInfo:
    """Hold what a result says of the article that its passage comes from."""

    id: str
    title: str
    path: str
    source: str | None
    author: str | None
    url: str | None
    published: str | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """Hold an article with its original text; `file_hash` is that of `corpus.records.Article`."""

    info: ArticleInfo
    original: str
    file_hash: str


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """Hold a passage as a reader is shown it; `start` and `end` count in the original, as its edits do."""

    id: str
    start: int
    end: int
    text: str
    headings: tuple[str, ...]
    article: ArticleInfo
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """Hold rows of the index, best first, with the score that ranked them.

    Equal scores are in order of row, so that a ranking never depends on chance.
    """

    rows: RowArray
    scores: FloatArray


@dataclass(frozen=True, slots=True)
class Result:
    """Hold one passage of an answer: its rank from 1, its score in [0, 1], and both sides' scores.

    `lexical` is None where the passage shares no term with the question, or it was not asked for.
    `also_in` are the passages that say the same in nearly the same words, in order of row; none of
    them is a result of its own.
    """

    rank: int
    score: float
    passage: StoredPassage
    dense: float
    lexical: float | None
    also_in: tuple[StoredPassage, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """Name what answers: the snapshot, its encoder, and how many articles and passages it holds.

    `settings` identifies all that its answers follow from: two indexes with the same settings
    give the same answers.
    """

    snapshot: str
    encoder: str
    articles: int
    passages: int
    settings: str


class SimilarPair(NamedTuple):
    """Name two of a sequence of texts by their places, with the Jaccard similarity of their shingles."""

    first: int
    second: int
    similarity: float
