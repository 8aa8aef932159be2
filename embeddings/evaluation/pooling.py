"""Pool what several modes of search find, so that it is judged once; keep the record of what was read."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from corpus.errors import CorpusError
from embeddings.errors import MalformedLineError, QuestionSetError
from embeddings.evaluation.asking import batches
from embeddings.evaluation.matching import ranked_sections
from embeddings.evaluation.question_sets import distinct, read_name, read_number, read_records, read_section
from embeddings.evaluation.records import Found, Pool, PooledSection, Question, Section
from embeddings.evaluation.systems import returned_by
from embeddings.files import write_atomically
from embeddings.protocols import Progress
from embeddings.records import Mode, SearchOptions
from embeddings.searcher import MAX_RESULTS, Searcher

# Questions encoded together.
_BATCH = 256


def pool(
    searcher: Searcher, questions: Sequence[Question], modes: Iterable[Mode], depth: int, progress: Progress
) -> tuple[Pool, ...]:
    """Return for each question the sections that any mode finds among its first ones.

    Args:
        searcher: of the index that the questions were written for.
        questions: to ask; their judged sections stand for what lies in them.
        modes: of search.
        depth: how many sections of each mode; fewer where the first `MAX_RESULTS` passages lie in
            fewer, or a question shares no word with more.
        progress: called with the number of questions answered since the last call.

    Raises:
        QuestionError: a question cannot be searched.
    """
    found: dict[str, dict[Section, list[Found]]] = {question.id: {} for question in questions}
    for mode in modes:
        for batch in batches(questions, _BATCH):
            options = SearchOptions(k=MAX_RESULTS, mode=mode, highlight=False)
            answers = searcher.search_many([question.text for question in batch], options)
            for question, answer in zip(batch, answers, strict=True):
                sections = ranked_sections(question, returned_by(answer.results))[:depth]
                for rank, section in enumerate(sections, start=1):
                    found[question.id].setdefault(section, []).append(Found(mode, rank))
            progress(len(batch))
    return tuple(
        Pool(id_, tuple(PooledSection(section, tuple(places)) for section, places in sections.items()))
        for id_, sections in found.items()
    )


def joined(old: Iterable[Pool], new: Iterable[Pool]) -> tuple[Pool, ...]:
    """Return the old pools with the sections and questions that only the new ones have added at their end."""
    pools = {one.id: one for one in old}
    for one in new:
        before = pools.get(one.id, Pool(one.id, ()))
        known = {pooled.section for pooled in before.sections}
        added = tuple(pooled for pooled in one.sections if pooled.section not in known)
        pools[one.id] = Pool(one.id, before.sections + added)
    return tuple(pools.values())


def read_pools(path: Path) -> tuple[Pool, ...]:
    """Read the record of pools that `write_pools` wrote.

    Raises:
        QuestionSetError: the file is missing or empty, or a line is malformed.
    """
    return read_records(path, _pool, "pool")


def write_pools(path: Path, pools: Iterable[Pool]) -> None:
    """Write pools, one JSON object a line, in one step.

    Raises:
        QuestionSetError: the file cannot be written.
    """
    lines = [
        {
            "id": one.id,
            "sections": [
                {**_section(pooled.section), "found": {place.mode.value: place.rank for place in pooled.found}}
                for pooled in one.sections
            ],
        }
        for one in pools
    ]
    try:
        # Of a link, what it leads to is written.
        write_atomically(path.resolve(), "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    except (OSError, RuntimeError) as error:
        raise QuestionSetError(f"{path} cannot be written ({error}); name another file") from error


def _section(section: Section) -> dict[str, object]:
    named: dict[str, object] = {"article": section.article}
    return named if section.headings is None else {**named, "headings": list(section.headings)}


def _pool(line: str, where: str) -> Pool:
    try:
        record = json.loads(line)
        sections = tuple(
            PooledSection(
                read_section(item),
                tuple(Found(Mode(mode), read_number(rank, "a rank", 1)) for mode, rank in item["found"].items()),
            )
            for item in record["sections"]
        )
        distinct(pooled.section.name for pooled in sections)
        return Pool(read_name(record["id"], "id"), sections)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, CorpusError) as error:
        raise MalformedLineError(where, f"not a pool ({error}); a line that `zhaiwen pool` wrote was wanted") from error
