"""Describe the question sets that ship with the project: sizes, kinds, shared words, agreement of the judges.

usage: python benchmarks/question_sets.py

Prints the tables of corpus/README.md, as a test demands.
"""

import json
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from corpus.cleaning import clean
from corpus.normalising import normalise
from corpus.reading import ArticleFolder, shipped_articles
from corpus.records import Problem
from corpus.structure import blocks
from embeddings.evaluation.agreement import cohen_kappa, steps_apart
from embeddings.evaluation.pooling import read_pools
from embeddings.evaluation.records import Section

FOLDER = shipped_articles().parent / "questions"
JUDGED = ("dev", "test")
UNANSWERABLE = ("unanswerable-dev", "unanswerable-test")
ENGLISH = "english"
ANSWERS = 2
_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold a question as it stands in its file: the text in correct simplified Chinese, and its graded sections."""

    id: str
    kind: str
    text: str
    must_find: bool
    grades: tuple[tuple[Section, int], ...]


def read(name: str) -> list[Asked]:
    """Read a set of ours."""
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        Asked(
            record["id"],
            record["kind"],
            record.get("plain", record["question"]),
            record.get("must_find", False),
            tuple((Section(j["article"], tuple(j["headings"])), j["grade"]) for j in record.get("judgements", ())),
        )
        for record in map(json.loads, lines)
    ]


def section_texts() -> dict[Section, str]:
    """Return what stands in each section, with the headings above it."""
    texts: dict[Section, str] = {}
    for article in ArticleFolder(shipped_articles()).articles():
        if isinstance(article, Problem):
            raise SystemExit(str(article))
        text = clean(article).text
        for block in blocks(text, article.markup):
            section = Section(article.id, block.headings)
            texts[section] = texts.get(section, "".join(block.headings)) + text[block.start : block.end]
    return texts


def overlap(question: Asked, texts: dict[Section, str]) -> float:
    """Return the largest share of the question's pairs of characters that a section answering it has, too."""
    own = _pairs(question.text)
    return max(len(own & _pairs(texts[section])) / len(own) for section, grade in question.grades if grade == ANSWERS)


def _pairs(text: str) -> frozenset[str]:
    letters = _NO_WORD.sub("", normalise(text)).casefold()
    return frozenset(letters[start : start + 2] for start in range(len(letters) - 1))


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
    texts = section_texts()
    sets = {name: read(name) for name in (*JUDGED, *UNANSWERABLE)}
    print(*sizes(sets), "", *kinds(sets, texts), "", *agreement(), sep="\n")


def sizes(sets: dict[str, list[Asked]]) -> Iterator[str]:
    """Yield the table of sizes."""
    rows = []
    for name, questions in sets.items():
        grades = Counter(grade for question in questions for _, grade in question.grades)
        pools = read_pools(FOLDER / "pools" / f"{name}.jsonl")
        must = sum(question.must_find for question in questions)
        rows.append((name, len(questions), must, grades[2], grades[1], sum(len(pool.sections) for pool in pools)))
    yield from table(("set", "questions", "must find", "sections that answer", "that help", "pooled and read"), rows)


def kinds(sets: dict[str, list[Asked]], texts: dict[Section, str]) -> Iterator[str]:
    """Yield the table of kinds with the median overlap of each, and that of all Chinese ones."""
    counts = {name: Counter(question.kind for question in questions) for name, questions in sets.items()}
    shared = {name: [(question.kind, overlap(question, texts)) for question in sets[name]] for name in JUDGED}

    def median(name: str, wanted: Iterable[str]) -> str:
        return f"{statistics.median(share for kind, share in shared[name] if kind in set(wanted)):.2f}"

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
