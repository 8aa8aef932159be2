"""Cut articles into passages at heading, block and sentence borders."""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from corpus.errors import CorpusError
from corpus.normalising import normalise
from corpus.offsets import OffsetMap
from corpus.records import Block, BlockKind, CleanArticle, Passage
from corpus.sentences import SENTENCE
from corpus.structure import blocks

CountTokens = Callable[[Sequence[str]], list[int]]

# What a tuning says goes before these; `zhaiwen tune` tries sizes together with the rest of a search, and found
# none better than 128 by more than chance. They were first chosen by nDCG@10 of plain cosines, dense / fused by ranks,
# one passage size a row; cmrc2018-dev, drcd-dev, our dev set (845 passages at 128, the size that was pooled):
#   target 96,  maximum 192    .985 / .991    .937 / .969    .388 / .493
#   target 128, maximum 256    .981 / .989    .918 / .962    .368 / .486
#   target 192, maximum 320    .978 / .990    not measured   .346 / .471
#   target 256, maximum 384    .976 / .987    not measured   .348 / .466
# 96 gives half as many passages more, of 66 characters in our articles, too few to read by
# themselves, for a gain within chance in the mode that is asked by default.
TARGET_TOKENS = 128
MAX_TOKENS = 256
# What has fewer tokens than this part of the target is joined to its neighbour: a lone sentence
# that leads into a list says nothing by itself.
# A quarter, chosen by reading the shipped articles' passages; not measured.
SCRAP_DIVISOR = 4
# The last sentence of a passage is repeated in the next one of its section if it has at most so many
# tokens; longer ones would fill a passage with what was found already. It is there for the reader: nDCG@10
# with 32 and with 0, dense / hybrid, is .981 / .989 and .983 / .990 on cmrc2018-dev, and .918 / .962 and
# .919 / .961 on drcd-dev.
OVERLAP_TOKENS = 32
# A longer lead than this part of the target would crowd out what it leads.
LEAD_DIVISOR = 3
# Text without any border is cut into windows of so many characters a token before they are halved.
_WINDOW_CHARACTERS_PER_TOKEN = 8
_WHOLE = {BlockKind.ROW, BlockKind.ANSWER}
# Below this a title and its headings would leave no room for a sentence.
_LEAST_TARGET = 16

# Where a text may be cut, the best places first: after a line, a sentence, a clause.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_SENTENCE_END = re.compile(r"[。！？!?；;…][”’」』）)\"]*\Z")
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
    """A piece that is not cut further: its tokens without the prefix, what must be known to read it.

    `repeated` tells what stands in the passage before, too.
    """

    start: int
    end: int
    tokens: int
    kind: BlockKind = BlockKind.PARAGRAPH
    lead: tuple[int, int] | None = None
    repeated: bool = False

    def leads(self, other: "_Unit") -> bool:
        """Tell whether the other unit is understood through this one."""
        return other.lead is not None and self.start <= other.lead[0] and other.lead[1] <= self.end


def chunk(clean: CleanArticle, sizes: ChunkSizes, count_tokens: CountTokens) -> tuple[Passage, ...]:
    """Cut one article into passages; none spans two sections, none is longer than the maximum.

    Where a section must be cut, a list goes on under the line that leads into it, a table under its
    head and an answer under its question: in the indexed form, since a reader sees only what stands
    in one place. Between paragraphs the last sentence is repeated if it is short.

    Args:
        clean: the article to cut, cleaned.
        sizes: target and maximum length.
        count_tokens: the encoder's own count, with the special tokens and prompt it adds.
    """
    passages: list[Passage] = []
    offsets = OffsetMap(clean.edits, clean.article.body_start)
    sections = blocks(clean.text, clean.article.markup)
    for headings, section in groupby(sections, key=lambda block: block.headings):
        prefix = _prefix(clean.article.about.title, headings, sizes.maximum // 2, count_tokens)
        cutter = _Cutter(clean.text, prefix, sizes, count_tokens, offsets)
        for begin, stop, lead in cutter.cut(list(section)):
            start, end = offsets.widened(begin, stop)
            text = clean.text[start:end]
            first, last = offsets.source(start, end)
            passages.append(
                Passage(
                    id=_passage_id(clean.article.id, first, last, text),
                    article_id=clean.article.id,
                    start=first,
                    end=last,
                    text=text,
                    headings=headings,
                    indexed=normalise(prefix + lead + text),
                    edits=offsets.edits(first, last),
                )
            )
    return tuple(passages)


def _prefix(title: str | None, headings: tuple[str, ...], most: int, count_tokens: CountTokens) -> str:
    """Return what is put in front of a section's passages: title and headings, fewer where they are long.

    Args:
        title: of the article.
        headings: of the section, from the top.
        most: how many tokens it may take.
        count_tokens: the encoder's own count.
    """
    whole = (title, *headings) if title else headings
    choices = [" ".join(parts) + "\n" for parts in (whole, headings, headings[-1:]) if parts]
    counts = count_tokens([normalise(choice) for choice in choices])
    return next((choice for choice, tokens in zip(choices, counts, strict=True) if tokens <= most), "")


def _passage_id(article_id: str, start: int, end: int, text: str) -> str:
    key = "\x1e".join((article_id, str(start), str(end), text))
    return hashlib.sha256(key.encode("utf-8")).hexdigest()[:16]


class _Cutter:
    """Cut the blocks of one section, all of which share one prefix of headings."""

    def __init__(
        self, text: str, prefix: str, sizes: ChunkSizes, count_tokens: CountTokens, offsets: OffsetMap
    ) -> None:
        self._text = text
        self._prefix = prefix
        self._sizes = sizes
        self._count_tokens = count_tokens
        self._offsets = offsets
        self._lead_lengths: dict[tuple[int, int] | None, int] = {}
        self._overhead = 0
        (self._overhead,) = self._count([""])

    def cut(self, section: list[Block]) -> Iterator[tuple[int, int, str]]:
        """Yield the range of each of the section's passages, and the lead to put in front of it."""
        counts = self._count([self._text[block.start : block.end] for block in section])
        units: list[_Unit] = []
        for block, tokens in zip(section, counts, strict=True):
            limit = self._sizes.maximum if block.kind in _WHOLE else self._sizes.target
            if self._overhead + tokens <= limit:
                units.append(_Unit(block.start, block.end, tokens, block.kind, block.lead))
            else:
                pieces = self._pieces(block.start, block.end, (_LINE, SENTENCE, _CLAUSE))
                units += [replace(piece, kind=block.kind, lead=block.lead) for piece in pieces]
        yield from self._spans(list(self._overlapping(self._packed(units))))

    def _count(self, texts: list[str]) -> list[int]:
        """Return how many tokens each text adds to the prefix, in the form that is indexed."""
        counts = self._count_tokens([normalise(self._prefix + text) for text in texts])
        return [tokens - self._overhead for tokens in counts]

    def _pieces(self, start: int, end: int, borders: tuple[re.Pattern[str], ...]) -> Iterator[_Unit]:
        """Yield pieces of a range, cut as coarsely as the sizes allow."""
        if not borders:
            yield from self._windows(start, end)
            return
        limit = self._sizes.target if len(borders) > 1 else self._sizes.maximum
        ends = [self._offsets.uncut(match.end()) for match in borders[0].finditer(self._text, start, end)]
        ranges = [(a, b) for a, b in pairwise((start, *ends)) if self._text[a:b].strip()]
        counts = self._count([self._text[a:b].strip() for a, b in ranges])
        for (a, b), tokens in zip(ranges, counts, strict=True):
            if self._overhead + tokens <= limit:
                yield _Unit(a, b, tokens)
            else:
                yield from self._pieces(a, b, borders[1:])

    def _windows(self, start: int, end: int) -> Iterator[_Unit]:
        """Yield pieces of a range that holds no border, in time that grows with its length only."""
        width = self._sizes.maximum * _WINDOW_CHARACTERS_PER_TOKEN
        for begin in range(start, end, width):
            yield from self._halves(self._offsets.uncut(begin), self._offsets.uncut(min(begin + width, end)))

    def _halves(self, start: int, end: int) -> Iterator[_Unit]:
        """Yield a range, halved until it fits."""
        if not self._text[start:end].strip():
            return
        (tokens,) = self._count([self._text[start:end]])
        middle = self._offsets.uncut((start + end) // 2)
        if self._overhead + tokens <= self._sizes.maximum or middle <= start:
            yield _Unit(start, end, tokens)
            return
        yield from self._halves(start, middle)
        yield from self._halves(middle, end)

    def _packed(self, units: list[_Unit]) -> Iterator[list[_Unit]]:
        """Yield as many units in a row as the target allows; what leads goes with what it leads."""
        group: list[_Unit] = []
        total = 0
        for unit in units:
            if group and not self._fits(total, unit, group):
                kept = len(group) - 1 if len(group) > 1 and group[-1].leads(unit) else len(group)
                yield group[:kept]
                group = group[kept:]
                total = sum(member.tokens for member in group)
            if not group:
                total = self._lead_tokens(unit)
            group.append(unit)
            total += unit.tokens
        if group:
            yield group

    def _fits(self, total: int, unit: _Unit, group: list[_Unit]) -> bool:
        scrap = self._sizes.target // SCRAP_DIVISOR
        short = min(total, unit.tokens) < scrap
        # Without what it leads, a lead says nothing, and no more does a scrap before it.
        led = group[-1].leads(unit) and total - group[-1].tokens < scrap
        limit = self._sizes.maximum if short or led else self._sizes.target
        return self._overhead + total + unit.tokens <= limit

    def _lead_tokens(self, unit: _Unit) -> int:
        return self._tokens_of_lead(unit.lead) if self._lead([unit]) else 0

    def _lead(self, group: list[_Unit]) -> str:
        """Return what must be put in front of a group, "" where it holds what leads it or that is too long."""
        first = next(unit for unit in group if not unit.repeated)
        if first.lead is None or first.lead[0] >= first.start:
            return ""
        if self._tokens_of_lead(first.lead) > self._sizes.target // LEAD_DIVISOR:
            return ""
        return self._text[first.lead[0] : first.lead[1]] + "\n"

    def _tokens_of_lead(self, lead: tuple[int, int] | None) -> int:
        if lead not in self._lead_lengths:
            self._lead_lengths[lead] = self._count([self._text[lead[0] : lead[1]] + "\n"])[0] if lead else 0
        return self._lead_lengths[lead]

    def _overlapping(self, groups: Iterator[list[_Unit]]) -> Iterator[list[_Unit]]:
        """Yield the groups, each with the last sentence of the one before where that is short prose."""
        last: _Unit | None = None
        for group in groups:
            overlap = None
            if last is not None and last.kind is group[0].kind is BlockKind.PARAGRAPH:
                overlap = self._last_sentence(last)
            last = group[-1]
            tokens = sum(unit.tokens for unit in group) + (overlap.tokens if overlap else 0)
            fits = overlap is not None and self._overhead + tokens <= self._sizes.maximum
            yield [overlap, *group] if overlap is not None and fits else group

    def _last_sentence(self, unit: _Unit) -> _Unit | None:
        matches = [match for match in SENTENCE.finditer(self._text, unit.start, unit.end) if match[0].strip()]
        if _SENTENCE_END.search(matches[-1][0].rstrip()) is None:
            return None
        start = self._offsets.uncut(matches[-1].start())
        (tokens,) = self._count([self._text[start : unit.end]])
        return _Unit(start, unit.end, tokens, repeated=True) if tokens <= OVERLAP_TOKENS else None

    def _spans(self, groups: list[list[_Unit]]) -> Iterator[tuple[int, int, str]]:
        """Yield the range and the lead of each group; one that turns out too long is halved.

        Tokens do not add up exactly: white space between units counts, and pieces of a word may
        join across it. So the whole is counted once more.
        """
        ranges = [self._trimmed(group[0].start, group[-1].end) for group in groups]
        leads = [self._lead(group) for group in groups]
        counts = self._count([lead + self._text[a:b] for lead, (a, b) in zip(leads, ranges, strict=True)])
        for group, (start, end), lead, tokens in zip(groups, ranges, leads, counts, strict=True):
            if self._overhead + tokens <= self._sizes.maximum:
                yield start, end, lead
            elif group[0].repeated:
                yield from self._spans([group[1:]])
            elif len(group) > 1:
                middle = len(group) // 2
                yield from self._spans([group[:middle], group[middle:]])
            else:
                yield start, end, ""

    def _trimmed(self, start: int, end: int) -> tuple[int, int]:
        text = self._text[start:end]
        return start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())
