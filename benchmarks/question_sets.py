"""Describe the question sets that ship with the project: sizes, kinds, shared words, agreement of the judges.

usage: python benchmarks/question_sets.py

Prints the tables of corpus/README.md, as a test demands.
"""

import json
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from corpus.cleaning import clean
from corpus.reading import ArticleFolder, shipped_articles
from corpus.records import Problem
from corpus.structure import section_texts
from embeddings.evaluation.agreement import cohen_kappa, steps_apart
from embeddings.evaluation.overlap import overlap
from embeddings.evaluation.pooling import read_pools
from embeddings.evaluation.question_sets import read_questions
from embeddings.evaluation.records import ANSWERS, Question, Section

FOLDER = shipped_articles().parent / "questions"
JUDGED = ("dev", "test")
UNANSWERABLE = ("unanswerable-dev", "unanswerable-test")
ENGLISH = "english"
Sets = dict[str, tuple[Question, ...]]


def texts_by_section() -> dict[Section, str]:
    """Return what stands in each section of the shipped articles, with the headings above it."""
    texts: dict[Section, str] = {}
    for article in ArticleFolder(shipped_articles()).articles():
        if isinstance(article, Problem):
            raise SystemExit(str(article))
        for headings, text in section_texts(clean(article).text, article.markup).items():
            texts[Section(article.id, headings)] = "\n".join((*headings, text))
    return texts


def share(question: Question, texts: dict[Section, str]) -> float:
    """Return the overlap of a question, typos mended, with the sections that answer it."""
    answering = (texts[one.section] for one in question.judgements if one.section and one.grade == ANSWERS)
    return overlap(question.plain or question.text, answering)


def second_pass() -> list[tuple[int, int]]:
    """Return the grades that two judges gave the same sections."""
    lines = (FOLDER / "second-pass.jsonl").read_text(encoding="utf-8").splitlines()
    return [(one["first"], one["second"]) for line in lines for one in json.loads(line)["sections"]]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"


def main() -> None:
    """Print the tables."""
    texts = texts_by_section()
    sets = {name: read_questions(FOLDER / f"{name}.jsonl", judged=name in JUDGED) for name in (*JUDGED, *UNANSWERABLE)}
    print(*sizes(sets), "", *kinds(sets, texts), "", *agreement(), sep="\n")


def sizes(sets: Sets) -> Iterator[str]:
    """Yield the table of sizes."""
    rows = []
    for name, questions in sets.items():
        grades = Counter(judgement.grade for question in questions for judgement in question.judgements)
        pools = read_pools(FOLDER / "pools" / f"{name}.jsonl")
        must = sum(question.must_find for question in questions)
        rows.append((name, len(questions), must, grades[2], grades[1], sum(len(pool.sections) for pool in pools)))
    yield from table(("set", "questions", "must find", "sections that answer", "that help", "pooled and read"), rows)


def kinds(sets: Sets, texts: dict[Section, str]) -> Iterator[str]:
    """Yield the table of kinds with the median overlap of each, and that of all Chinese ones."""
    counts = {name: Counter(str(question.kind) for question in questions) for name, questions in sets.items()}
    shared = {name: [(str(question.kind), share(question, texts)) for question in sets[name]] for name in JUDGED}

    def median(name: str, wanted: Iterable[str]) -> str:
        return f"{statistics.median(one for kind, one in shared[name] if kind in set(wanted)):.2f}"

    names = sorted(counts["dev"])
    rows = [
        (kind, *(counts[name][kind] for name in JUDGED), *(median(name, [kind]) for name in JUDGED)) for kind in names
    ]
    chinese = [kind for kind in names if kind != ENGLISH]
    rows.append(
        (
            "all Chinese",
            *(sum(counts[name][kind] for kind in chinese) for name in JUDGED),
            *(median(name, chinese) for name in JUDGED),
        )
    )
    yield from table(("kind", "dev", "test", "overlap, dev", "overlap, test"), rows)
    yield ""
    others = [(kind, *(counts[name][kind] for name in UNANSWERABLE)) for kind in sorted(counts[UNANSWERABLE[0]])]
    yield from table(("kind of unanswerable question", "dev", "test"), others)


def agreement() -> Iterator[str]:
    """Yield the table of agreement."""
    pairs = second_pass()
    equal = sum(first == second for first, second in pairs) / len(pairs)
    row = (len(pairs), f"{equal:.3f}", f"{cohen_kappa(pairs):.3f}", f"{cohen_kappa(pairs, steps_apart):.3f}")
    yield from table(("sections read twice", "graded alike", "Cohen's kappa", "weighted by steps"), [row])


if __name__ == "__main__":
    main()
