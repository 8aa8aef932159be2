"""Cut articles into passages at heading, block and sentence borders."""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from corpus.errors import CorpusError
from corpus.records import Article, Block, Passage
from corpus.structure import blocks

CountTokens = Callable[[Sequence[str]], list[int]]

# Provisional. nDCG@10 of the default model on the public sets, all questions, one passage size a
# row, dense / hybrid; cmrc2018-dev, then drcd-dev (`benchmarks/chunk_sizes.py`):
#   target 128, maximum 256    .983 / .989    .928 / .966
#   target 192, maximum 320    .978 / .989    .899 / .954
#   target 256, maximum 384    .976 / .986    .888 / .946
#   target 384, maximum 480    .972 / .985    not measured
TARGET_TOKENS = 128
MAX_TOKENS = 256
# What has fewer tokens than this part of the target is joined to its neighbour: a lone sentence
# that leads into a list says nothing by itself.
# A quarter, chosen by reading the shipped articles' passages; not measured.
SCRAP_DIVISOR = 4
# Below this a title and its headings would leave no room for a sentence.
_LEAST_TARGET = 16

# Where a text may be cut, the best places first: after a line, a sentence, a clause.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
# A sentence ends after 。！？!?；; or … and the quotation marks or brackets that close it.
_SENTENCE = re.compile(r"[^。！？!?；;…]*(?:[。！？!?；;…]+[”’」』）)\"]*|\Z)")
_CLAUSE = re.compile(r"[^，,、：:]*(?:[，,、：:]|\Z)")


@dataclass(frozen=True, slots=True)
class ChunkSizes:
    """Set how long passages are, in tokens of the encoder, headings and special tokens included.

    A passage is filled up to `target`: a longer paragraph is cut after sentences, a longer sentence
    after clauses. It may reach `maximum` where it would otherwise leave a scrap too short to stand
    alone, or where one clause is that long; a longer clause is cut between characters.
    """

    target: int = TARGET_TOKENS
    maximum: int = MAX_TOKENS

    def __post_init__(self) -> None:
        if not _LEAST_TARGET <= self.target <= self.maximum:
            raise CorpusError(
                f"passage sizes are target {self.target}, maximum {self.maximum}; "
                f"{_LEAST_TARGET} <= target <= maximum was wanted, in tokens; choose other sizes or another model"
            )

    def fitted_to(self, max_tokens: int) -> "ChunkSizes":
        """Return sizes that an encoder of so many tokens reads whole.

        Raises:
            CorpusError: the encoder reads fewer tokens than a passage needs.
        """
        return ChunkSizes(min(self.target, max_tokens), min(self.maximum, max_tokens))


@dataclass(frozen=True, slots=True)
class _Unit:
    start: int
    end: int
    tokens: int


def chunk(article: Article, sizes: ChunkSizes, count_tokens: CountTokens) -> tuple[Passage, ...]:
    """Cut one article into passages; none spans two sections, none is longer than the maximum.

    Args:
        article: the article to cut.
        sizes: target and maximum length.
        count_tokens: the encoder's own count, with the special tokens and prompt it adds.

    Raises:
        CorpusError: title and headings alone leave no room for text.
    """
    passages: list[Passage] = []
    for headings, section in groupby(blocks(article), key=lambda block: block.headings):
        prefix = _prefix(article.title, headings)
        cutter = _Cutter(article.original, prefix, sizes, count_tokens)
        for start, end in cutter.cut(list(section)):
            passages.append(_passage(article, start, end, headings, prefix))
    return tuple(passages)


def _prefix(title: str | None, headings: tuple[str, ...]) -> str:
    parts = (title, *headings) if title else headings
    return " ".join(parts) + "\n" if parts else ""


def _passage(article: Article, start: int, end: int, headings: tuple[str, ...], prefix: str) -> Passage:
    text = article.original[start:end]
    key = "\x1e".join((article.id, str(start), str(end), text))
    digest = hashlib.sha256(key.encode("utf-8")).hexdigest()
    return Passage(digest[:16], article.id, start, end, text, headings, prefix + text)


class _Cutter:
    """Cut the blocks of one section, all of which share one prefix of headings."""

    def __init__(self, original: str, prefix: str, sizes: ChunkSizes, count_tokens: CountTokens) -> None:
        self._original = original
        self._prefix = prefix
        self._sizes = sizes
        self._count = count_tokens
        (self._overhead,) = count_tokens([prefix])
        if self._overhead > sizes.maximum // 2:
            raise CorpusError(
                f"its title and headings ({prefix.strip()[:60]}…) take {self._overhead} of {sizes.maximum} tokens; "
                "shorten them"
            )

    def cut(self, section: list[Block]) -> Iterator[tuple[int, int]]:
        """Yield the spans of the section's passages."""
        counts = self._count([self._prefix + self._original[block.start : block.end] for block in section])
        units: list[_Unit] = []
        for block, tokens in zip(section, counts, strict=True):
            if tokens <= self._sizes.target:
                units.append(_Unit(block.start, block.end, tokens))
            else:
                units.extend(self._pieces(block.start, block.end, (_LINE, _SENTENCE, _CLAUSE)))
        yield from self._spans(list(self._packed(units)))

    def _pieces(self, start: int, end: int, borders: tuple[re.Pattern[str], ...]) -> Iterator[_Unit]:
        """Yield pieces of a span, cut as coarsely as the sizes allow."""
        limit = self._sizes.target if len(borders) > 1 else self._sizes.maximum
        if not borders:
            yield from self._halves(start, end)
            return
        matches = [match for match in borders[0].finditer(self._original, start, end) if match[0].strip()]
        counts = self._count([self._prefix + match[0].strip() for match in matches])
        for match, tokens in zip(matches, counts, strict=True):
            if tokens <= limit:
                yield _Unit(match.start(), match.end(), tokens)
            else:
                yield from self._pieces(match.start(), match.end(), borders[1:])

    def _halves(self, start: int, end: int) -> Iterator[_Unit]:
        """Yield a span without any border, halved until it fits."""
        if not self._original[start:end].strip():
            return
        (tokens,) = self._count([self._prefix + self._original[start:end]])
        if tokens <= self._sizes.maximum or end - start == 1:
            yield _Unit(start, end, tokens)
            return
        middle = (start + end) // 2
        yield from self._halves(start, middle)
        yield from self._halves(middle, end)

    def _packed(self, units: list[_Unit]) -> Iterator[list[_Unit]]:
        """Yield as many units in a row as the target allows."""
        group: list[_Unit] = []
        total = 0
        scrap = self._sizes.target // SCRAP_DIVISOR
        for unit in units:
            own = unit.tokens - self._overhead
            limit = self._sizes.maximum if min(total, own) < scrap else self._sizes.target
            if group and self._overhead + total + own > limit:
                yield group
                group, total = [], 0
            group.append(unit)
            total += own
        if group:
            yield group

    def _spans(self, groups: list[list[_Unit]]) -> Iterator[tuple[int, int]]:
        """Yield the span of each group; one that turns out too long is halved.

        Tokens do not add up exactly: white space between units counts, and pieces of a word may
        join across it. So the whole is counted once more.
        """
        spans = [self._trimmed(group[0].start, group[-1].end) for group in groups]
        counts = self._count([self._prefix + self._original[start:end] for start, end in spans])
        for group, span, tokens in zip(groups, spans, counts, strict=True):
            if tokens <= self._sizes.maximum or len(group) == 1:
                yield span
            else:
                middle = len(group) // 2
                yield from self._spans([group[:middle], group[middle:]])

    def _trimmed(self, start: int, end: int) -> tuple[int, int]:
        text = self._original[start:end]
        return start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())
