"""Decide what a returned passage is right about: the sections it lies in, the quotes it holds."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from corpus.normalising import normalise
from embeddings.evaluation.records import ANSWERS, Judgement, Question, Returned, Section
from embeddings.evaluation.results import Hit

# Passages whose normalised form is kept while questions are asked; a few hundred bytes each.
_KEPT = 50_000


def ranked_names(question: Question, returned: Iterable[Returned]) -> list[str]:
    """Return the names of what `ranked_sections` returns.

    Where a judgement names no section, each passage that holds its quote is right, and counts by
    the judgement's name.
    """
    return list(_ranked(question, returned))


def ranked_sections(question: Question, returned: Iterable[Returned]) -> list[Section]:
    """Return the sections that the passages lie in, best first, each once.

    A passage stands for the judged section that holds it; where none does, for its own section,
    or for its article if the question's judgements are about whole articles, as in BEIR.

    A passage stands for its copies, too: who reads it has read them. So each judged section that it
    or a copy lies in is found at its place, and the copies that nobody judged take no place. Two
    judged sections in one result stand one after the other, as they would if nothing were folded.
    """
    return list(_ranked(question, returned).values())


def _ranked(question: Question, returned: Iterable[Returned]) -> dict[str, Section]:
    found: dict[str, Section] = {}
    for passage in returned:
        own = own_section(question, passage.section)
        judged = _judged(question, passage)
        for judgement in judged:
            found.setdefault(judgement.name, judgement.section or own)
        if not judged:
            found.setdefault(own.name, own)
    return found


def ranked_quotes(question: Question, returned: Iterable[Returned]) -> list[str]:
    """Return what was found passage by passage: a judged quote that the passage holds, else the passage's id.

    Each quote is found once, at its first place; a passage that only holds quotes found before
    takes no place. The quotes are those of `quotes_of`.
    """
    wanted = quotes_of(question)
    found: dict[str, None] = {}
    for passage in returned:
        # An id has no quotation marks around it, so that neither is taken for the other.
        found.update(
            dict.fromkeys([_quoted(quote) for quote in wanted if holds(passage.text, quote)] or [passage.passage])
        )
    return list(found)


def quotes_of(question: Question) -> tuple[str, ...]:
    """Return the different quotes that answer a question."""
    return tuple(dict.fromkeys(one.answer for one in question.judgements if one.answer and one.grade == ANSWERS))


def quote_names(question: Question) -> tuple[str, ...]:
    """Return the names of a question's quotes in what `ranked_quotes` returns."""
    return tuple(_quoted(quote) for quote in quotes_of(question))


def holds(text: str, quote: str) -> bool:
    """Return whether a text holds a quote, be it in other characters, widths or line breaks."""
    return _comparable(quote) in _comparable(text)


def hits_of(question: Question, returned: Sequence[Returned]) -> tuple[Hit, ...]:
    """Return the passages with what is known of each."""
    wanted = quotes_of(question)
    hits: list[Hit] = []
    for passage in returned:
        judged = _judged(question, passage)
        best = max(judged, key=lambda judgement: judgement.grade, default=None)
        hits.append(
            Hit(
                passage=passage.passage,
                section=own_section(question, passage.section).name if best is None else best.name,
                score=passage.score,
                grade=None if best is None else best.grade,
                holds_answer=any(holds(passage.text, quote) for quote in wanted),
            )
        )
    return tuple(hits)


def own_section(question: Question, section: Section) -> Section:
    """Return what a section counts as where nobody judged it: itself, or its article."""
    whole_articles = bool(question.judgements) and all(
        judgement.section is not None and judgement.section.headings is None for judgement in question.judgements
    )
    return Section(section.article, None) if whole_articles else section


def _judged(question: Question, passage: Returned) -> list[Judgement]:
    """Return the judgements that a passage or a copy of it meets, each once."""
    met: dict[str, Judgement] = {}
    for section in (passage.section, *passage.also_in):
        covering = [judgement for judgement in question.judgements if judgement.covers(section)]
        if covering:
            narrowest = max(
                covering, key=lambda judgement: len((judgement.section and judgement.section.headings) or ())
            )
            met[narrowest.name] = narrowest
    for judgement in question.judgements:
        if judgement.section is None and judgement.answer is not None and holds(passage.text, judgement.answer):
            met[judgement.name] = judgement
    return list(met.values())


def _quoted(quote: str) -> str:
    return f"“{quote}”"


@lru_cache(maxsize=_KEPT)
def _comparable(text: str) -> str:
    return "".join(normalise(text).split()).casefold()
