"""Answer questions from an index."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from embeddings.calibration import Calibration, Judged, judge, judge_plainly, reading_of
from embeddings.errors import REBUILD_HINT, QuestionError, SnapshotError
from embeddings.folding import folded, taking_turns
from embeddings.fusion import RECIPROCAL_RANK_CONSTANT, Scores
from embeddings.highlights import Highlighter
from embeddings.protocols import Encoder
from embeddings.question_reader import QuestionReader, ReadQuestion
from embeddings.ranker import CANDIDATES, Ranker, Ranking
from embeddings.records import (
    Answer,
    FloatArray,
    IndexInfo,
    Query,
    Result,
    RowArray,
    SearchOptions,
    StoredPassage,
    TokenVectors,
)
from embeddings.store.passage_store import PassageStore
from embeddings.tuning import Reranking, Tuning

# The whole order of results that paging goes through: what one side's candidates fill at least.
MAX_RESULTS = 100
# How many times further down is looked where too many of the candidates are copies of one another.
_DEEPER = 10
# Bump when the same index would answer differently, for whatever reason in the code.
_SEARCH_VERSION = 3
_SETTINGS_CHARACTERS = 16
# A score means no more than that; rounded here, so that whoever asks is told the same.
_SCORE_DIGITS = 4


def settings_hash(inputs: str) -> str:
    """Return what identifies all that answers follow from, given the same of an index's content."""
    settings = (inputs, _SEARCH_VERSION, CANDIDATES, MAX_RESULTS, RECIPROCAL_RANK_CONSTANT)
    return hashlib.sha256(json.dumps(settings).encode("utf-8")).hexdigest()[:_SETTINGS_CHARACTERS]


@dataclass(frozen=True, slots=True)
class Found:
    """Hold what was found for a question, before a page of it is shown.

    `offset` is the question's vector less the mean of questions. `shown` are the rows of the whole
    order, copies folded, with the scores that ranked them.
    """

    read: ReadQuestion
    query: Query
    offset: FloatArray
    ranking: Ranking
    shown: RowArray
    scores: Scores


@dataclass(frozen=True, slots=True)
class Searcher:
    """Hold an index that is ready to answer; it never changes and threads may share it.

    All parts must speak of the same passages in the same order. Without a calibration, scores are
    good for ordering only. Who opened it may close it.
    """

    encoder: Encoder
    reader: QuestionReader
    ranker: Ranker
    passages: PassageStore
    highlighter: Highlighter
    info: IndexInfo
    calibration: Calibration | None = None
    answerable_from: float | None = None

    def __post_init__(self) -> None:
        vectors, lexical = self.ranker.vectors, self.ranker.lexical
        counts = {vectors.count, lexical.count, self.passages.count, self.info.passages}
        if len(counts) != 1:
            raise SnapshotError(
                f"the index disagrees on its number of passages (vectors {vectors.count}, "
                f"lexical {lexical.count}, texts {self.passages.count}, manifest {self.info.passages}); "
                f"{REBUILD_HINT}"
            )
        if vectors.dimension != self.encoder.info.dimension:
            raise SnapshotError(
                f"the index holds vectors of {vectors.dimension} components, its encoder "
                f"{self.encoder.info.name} gives {self.encoder.info.dimension}: another model made it; "
                f"{REBUILD_HINT}"
            )
        components = len(self.ranker.space.question_mean)
        if components != vectors.dimension:
            raise SnapshotError(
                f"the index holds vectors of {vectors.dimension} components, their space has {components}; "
                f"{REBUILD_HINT}"
            )
        models = self.calibration.modes.values() if self.calibration else ()
        if any(len(one.question.vector_weights) != vectors.dimension for one in models):
            raise SnapshotError(f"the calibration is of vectors of another dimension; {REBUILD_HINT}")

    def close(self) -> None:
        """Close the file of the texts; what is mapped into memory goes with the last reference to this.

        Only for when nobody searches any more. The encoder may serve another Searcher, and stays.
        """
        self.passages.close()

    def retuned(self, tuning: Tuning, encoder: Encoder) -> "Searcher":
        """Return an uncalibrated Searcher over the same index with other weights, for trying them.

        Args:
            tuning: whose passages have the sizes of the index; it may leave out what the index has,
                and not use what it has not.
            encoder: gives the same vectors.
        """
        corrector = self.reader.corrector if tuning.corrects else None
        reranker = None if tuning.reranking is Reranking.NONE else self.ranker.reranker
        return replace(
            self,
            encoder=encoder,
            reader=replace(self.reader, corrector=corrector, added_weight=tuning.added_weight),
            ranker=replace(self.ranker, tuning=tuning, reranker=reranker),
            calibration=None,
        )

    def search(self, question: str, options: SearchOptions) -> Answer:
        """Return the passages that answer a question, best first, of near-duplicates the best one.

        Args:
            question: free text in any language of the encoder.
            options: what is wanted; `k` from 1, and with `offset` no more than `MAX_RESULTS`.

        Raises:
            TextTooLongError: the question has more tokens than the encoder reads.
            QuestionError: a page is asked for that does not exist, or a filter that is none.
        """
        (answer,) = self.search_many([question], options)
        return answer

    def search_many(self, questions: Sequence[str], options: SearchOptions) -> list[Answer]:
        """Return for each question what `search` returns, encoding them together."""
        check_page(options)
        return [self.answer(found, options) for found in self.find_many(questions, options)]

    def find_many(self, questions: Sequence[str], options: SearchOptions) -> list[Found]:
        """Return for each question the whole order of what is found, whatever page is wanted of it."""
        read = [self.reader.read(question) for question in questions]
        encoded = self.encoder.encode_queries_by_token([one.text for one in read])
        return [self.find(one, tokens, options) for one, tokens in zip(read, encoded, strict=True)]

    def find(self, read: ReadQuestion, tokens: TokenVectors, options: SearchOptions) -> Found:
        """Return the whole order of what is found for a question that `reader` read and `encoder` encoded."""
        within = self.passages.rows_where(options.filters) if options.filters.given else None
        space = self.ranker.space
        query = Query(read.text, read.terms, space.place_question(tokens.vector), tokens)
        offset = tokens.vector - space.question_mean
        depth = CANDIDATES
        while True:
            ranking = self.ranker.rank(query, options.mode, within, depth)
            # Copies are folded last: what is ranked, and filtered, is each passage.
            places = folded(self.passages.groups.numbers(ranking.rows), MAX_RESULTS)
            if len(places) == MAX_RESULTS or len(ranking.rows) < depth:
                break
            depth *= _DEEPER
        return Found(read, query, offset, ranking, ranking.rows[places], ranking.scores[places])

    def answer(self, found: Found, options: SearchOptions) -> Answer:
        """Return a page of what was found."""
        calibration = self.calibration.modes[options.mode] if self.calibration else None
        judged = (
            judge_plainly(reading_of(options.mode, self.ranker.tuning), found.scores)
            if calibration is None
            else judge(calibration, found.scores, found.ranking.signals, found.offset)
        )
        order = self._order(found.shown, options.per_article)[options.offset : options.offset + options.k]
        results = self._results(found, judged, order, options)
        changes = found.read.changes
        # What was fitted knows the whole index, and nothing of what filters leave of it.
        probability = None if options.filters.given else judged.probability
        answerable = None
        if calibration is not None and not len(found.shown):
            answerable = False
        elif calibration is not None and probability is not None:
            answerable = self._is_answerable(probability, calibration.threshold)
        return Answer(
            results=results,
            # A mistake here would cost more than a wrong score.
            answerable=None if found.read.dangers and not answerable else answerable,
            probability=None if probability is None else round(probability, _SCORE_DIGITS),
            corrected=found.read.text if changes else None,
            changes=changes,
            dangers=found.read.dangers,
        )

    def _is_answerable(self, probability: float, threshold: float) -> bool:
        return probability >= (threshold if self.answerable_from is None else self.answerable_from)

    def _order(self, shown: RowArray, per_article: int | None) -> list[int]:
        """Return places in the whole order, as they are paged through."""
        if per_article is None:
            return list(range(len(shown)))
        articles = self.passages.articles_of(shown).tolist()
        return taking_turns(range(len(shown)), articles.__getitem__, per_article)

    def _results(
        self, found: Found, judged: Judged, places: Sequence[int], options: SearchOptions
    ) -> tuple[Result, ...]:
        rows = found.shown[list(places)]
        groups = [self.passages.groups[row] for row in rows.tolist() if row in self.passages.groups]
        members = self.passages.members(groups, options.filters)
        passages = self.passages.get(rows)
        texts = [(row, passage.text) for row, passage in zip(rows.tolist(), passages, strict=True)]
        highlights = self.highlighter.highlights(found.query, texts) if options.highlight else [()] * len(rows)
        explained = self.ranker.explain(found.query, found.ranking, rows) if options.explain else [()] * len(rows)
        return tuple(
            Result(
                rank=options.offset + number,
                score=round(float(judged.scores[place]), _SCORE_DIGITS),
                passage=passage,
                highlights=marked,
                also_in=_others(passage, members.get(self.passages.groups.get(row, ""), ())),
                stages=stages,
            )
            for number, (place, row, passage, marked, stages) in enumerate(
                zip(places, rows.tolist(), passages, highlights, explained, strict=True), start=1
            )
        )


def check_page(options: SearchOptions) -> None:
    """See that a page can be shown.

    Raises:
        QuestionError: it lies beyond `MAX_RESULTS`, or has no results by definition.
    """
    if options.k < 1 or options.offset < 0 or options.offset + options.k > MAX_RESULTS:
        raise QuestionError(
            f"k {options.k} and offset {options.offset} were given; k is 1 or more, and both together are at most "
            f"{MAX_RESULTS}; ask a narrower question rather than read on"
        )
    if options.per_article is not None and options.per_article < 1:
        raise QuestionError(f"per_article {options.per_article} was given, 1 or more was wanted; leave it out for all")


def _others(passage: StoredPassage, group: tuple[StoredPassage, ...]) -> tuple[StoredPassage, ...]:
    return tuple(member for member in group if member.id != passage.id)
