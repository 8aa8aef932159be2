"""Define the records that cross file borders between passages and answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.records import Danger, Edit
from embeddings.filters import Filters

FloatArray = NDArray[np.float32]
RowArray = NDArray[np.int64]
IdArray = NDArray[np.int32]
NO_FILTERS = Filters()


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


class Precision(StrEnum):
    """Say what an encoder multiplies: floating-point numbers of 32 bits, or whole ones of eight."""

    FP32 = "fp32"
    INT8 = "int8"


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """Describe an encoder; two encoders with one fingerprint and precision give the same vectors.

    `token_dimension` is None where the model gives a vector for the whole text only.
    """

    name: str
    fingerprint: str
    dimension: int
    max_tokens: int
    prompts: Prompts
    token_dimension: int | None
    precision: Precision = Precision.FP32


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """Hold what an encoder makes of one text: its unit vector, and a vector for each token of it.

    The tokens of the prompt and those that the tokenizer adds are left out. `tokens` has shape
    (n, token dimension), and its rows any length; `ids` are n numbers in the tokenizer's vocabulary;
    `offsets` has shape (n, 2): `text[start:end]`, of the text without prompt, is what a token stands for.
    """

    vector: FloatArray
    tokens: FloatArray
    ids: IdArray
    offsets: IdArray


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
class PassagePlace:
    """Hold where a passage stands in its article's original, without its text."""

    id: str
    start: int
    end: int
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Hold a passage between those that stand before and after it in its article."""

    passage: StoredPassage
    before: StoredPassage | None
    after: StoredPassage | None


@dataclass(frozen=True, slots=True)
class Ranked:
    """Hold rows of the index, best first, with the score that ranked them.

    Equal scores are in order of row, so that a ranking never depends on chance.
    """

    rows: RowArray
    scores: FloatArray


@dataclass(frozen=True, slots=True)
class Query:
    """Hold a question ready to be searched for.

    `terms` have a weight each; `vector` is placed in the index's vector space; `tokens` are as the
    encoder gives them.
    """

    text: str
    terms: Sequence[tuple[str, float]]
    vector: FloatArray
    tokens: TokenVectors


class Span(NamedTuple):
    """Mark `text[start:end]`."""

    start: int
    end: int


class Stage(Enum):
    """Name the steps that decide where a passage stands, in their order."""

    DENSE = "dense"
    LEXICAL = "lexical"
    FUSION = "fusion"
    RERANK = "rerank"


class Standing(NamedTuple):
    """Tell where a passage stood after one stage, from 1, and by what score.

    The rank is None where the stage did not rank the passage: it was not among its candidates.
    """

    stage: Stage
    rank: int | None
    score: float


@dataclass(frozen=True, slots=True)
class Result:
    """Hold one passage of an answer: its rank from 1 in the whole order, and its score in [0, 1].

    The score is the probability that it answers the question where the index is calibrated, else
    good for ordering only. `highlights` mark in its text what answers best. `also_in` are the
    passages that say the same in nearly the same words, in order of row; none of them is a result
    of its own. `stages` are there where an explanation was asked for.
    """

    rank: int
    score: float
    passage: StoredPassage
    highlights: tuple[Span, ...] = ()
    also_in: tuple[StoredPassage, ...] = ()
    stages: tuple[Standing, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """Say what is wanted of a search.

    `k` results are returned from the `offset`-th on, both counted in the whole order, which depends
    on neither. Of one article at most `per_article` passages come before the next ones of other
    articles; None sets no limit. `filters` choose the passages before they are searched.
    """

    k: int = 5
    mode: Mode = Mode.HYBRID
    offset: int = 0
    per_article: int | None = None
    filters: Filters = NO_FILTERS
    highlight: bool = True
    explain: bool = False


class Change(NamedTuple):
    """Say which characters of a question were replaced by what."""

    start: int
    end: int
    given: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what a search found.

    `probability` is that the index holds an answer at all, and `answerable` whether it reaches the
    threshold; both are None while nothing is calibrated, and where filters leave a part of the index
    only. `corrected` is the question as it was searched for where typos were corrected, `changes`
    what was. `dangers` are those that the question tells of; where there are any, `answerable` is
    never False, but None.
    """

    results: tuple[Result, ...]
    answerable: bool | None = None
    probability: float | None = None
    corrected: str | None = None
    changes: tuple[Change, ...] = ()
    dangers: tuple[Danger, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildReport:
    """Hold what is known of how a snapshot was built.

    `duplicate_passages` are in `duplicate_groups`; `left_out` counts the files and articles that gave no passage.
    `measured` are the measures of the questions that the gate asked, by name; `refusals` is what it had against the
    snapshot, and `forced` why it was published all the same, "" where the gate let it through.
    """

    precision: Precision
    dimension: int
    duplicate_groups: int
    duplicate_passages: int
    left_out: int
    measured: Mapping[str, float]
    refusals: tuple[str, ...]
    forced: str


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """Name what answers: the snapshot, its encoder, and how many articles and passages it holds.

    `settings` identifies all that its answers follow from: two indexes with the same settings
    give the same answers. `calibrated` tells whether scores are probabilities, `created` when the
    snapshot was built, in ISO 8601, "" where nobody knows; `build` is None there, too.
    """

    snapshot: str
    encoder: str
    articles: int
    passages: int
    settings: str
    calibrated: bool = False
    created: str = ""
    build: BuildReport | None = None


class SimilarPair(NamedTuple):
    """Name two of a sequence of texts by their places, with the Jaccard similarity of their shingles."""

    first: int
    second: int
    similarity: float
