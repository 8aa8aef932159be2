"""Pools: what several modes find, and the record of what was read."""

import json
from pathlib import Path

import pytest

from embeddings.errors import QuestionSetError
from embeddings.evaluation.matching import ranked_sections
from embeddings.evaluation.pooling import joined, pool, read_pools, write_pools
from embeddings.evaluation.records import Found, Judgement, Pool, PooledSection, Question, Section
from embeddings.evaluation.systems import returned_by
from embeddings.records import Mode, SearchOptions
from embeddings.searcher import Searcher
from tests.conftest import write_lines

ONE = PooledSection(Section("a", ("一",)), (Found(Mode.DENSE, 1), Found(Mode.LEXICAL, 2)))
ABOVE = PooledSection(Section("a", ()), (Found(Mode.HYBRID, 1),))
WHOLE = PooledSection(Section("b", None), (Found(Mode.HYBRID, 2),))


def test_a_pool_holds_the_first_sections_of_each_mode(searcher: Searcher) -> None:
    judged = Section("home-visits", ("微粒贷会不会上门？",))
    questions = [
        Question("q1", "微粒贷逾期会上门吗", (Judgement(judged, 2),)),
        Question("q2", "花呗怎么关闭", ()),
    ]
    finished: list[int] = []
    pools = pool(searcher, questions, Mode, 3, finished.append)
    assert [one.id for one in pools] == ["q1", "q2"]
    assert sum(finished) == len(questions) * len(Mode)
    for question, one in zip(questions, pools, strict=True):
        for mode in Mode:
            answer = searcher.search(question.text, SearchOptions(k=50, mode=mode))
            wanted = ranked_sections(question, returned_by(answer.results))[:3]
            found = {
                place.rank: pooled.section for pooled in one.sections for place in pooled.found if place.mode is mode
            }
            assert found == dict(enumerate(wanted, start=1))
        assert len({pooled.section for pooled in one.sections}) == len(one.sections)


def test_what_is_known_stays_and_what_is_new_comes_last() -> None:
    old = (Pool("q1", (ONE,)), Pool("q2", ()))
    again = PooledSection(ONE.section, (Found(Mode.HYBRID, 4),))
    new = (Pool("q1", (ABOVE, again)), Pool("q3", (WHOLE,)))
    assert joined(old, new) == (Pool("q1", (ONE, ABOVE)), Pool("q2", ()), Pool("q3", (WHOLE,)))


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    pools = (Pool("q1", (ONE, ABOVE, WHOLE)), Pool("q2", ()))
    write_pools(tmp_path / "pool.jsonl", pools)
    assert read_pools(tmp_path / "pool.jsonl") == pools
    first = json.loads((tmp_path / "pool.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert first["sections"][0] == {"article": "a", "headings": ["一"], "found": {"dense": 1, "lexical": 2}}
    assert "headings" not in first["sections"][2]
    assert "一" in (tmp_path / "pool.jsonl").read_text(encoding="utf-8")


GOOD = {"id": "q1", "sections": []}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"id": "q1"}, r"pool\.jsonl:2: not a pool"),
        ({"id": "q2", "sections": [{"article": "a", "found": {"sparse": 1}}]}, "not a pool"),
        ({"id": "q2", "sections": [{"article": "a"}]}, "not a pool"),
        ({"id": "q2", "sections": [{"article": "a", "found": {"dense": 1.5}}]}, "a rank must be a whole number"),
        ({"id": "q2", "sections": [{"article": "a", "found": {"dense": 0}}]}, "of at least 1, not 0"),
        ({"id": "q2", "sections": [{"article": "a\0", "found": {}}]}, "printable characters only"),
        ({"id": "q2", "sections": [{"article": "a", "found": {}}, {"article": "a", "found": {}}]}, "a is named twice"),
        ({"id": "q2", "sections": [{"article": "a", "found": [1]}]}, "not a pool"),
        ({"id": 2, "sections": []}, "id must be a text"),
        (
            {"id": "q2", "sections": [{"article": "a", "headings": "一", "found": {}}]},
            "headings must be a list of texts",
        ),
        (GOOD, "'q1' appears twice"),
    ],
)
def test_bad_records(tmp_path: Path, line: dict[str, object], message: str) -> None:
    path = write_lines(tmp_path / "pool.jsonl", GOOD, line)
    with pytest.raises(QuestionSetError, match=message):
        read_pools(path)


def test_an_empty_record(tmp_path: Path) -> None:
    (tmp_path / "pool.jsonl").write_text("\n", encoding="utf-8")
    with pytest.raises(QuestionSetError, match="holds no pool; write one JSON object a line"):
        read_pools(tmp_path / "pool.jsonl")


def test_a_link_to_a_record_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link.jsonl").symlink_to("pool.jsonl")
    write_pools(tmp_path / "link.jsonl", (Pool("q1", (ONE,)),))
    assert (tmp_path / "link.jsonl").is_symlink()
    assert read_pools(tmp_path / "pool.jsonl") == (Pool("q1", (ONE,)),)


def test_a_record_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match="cannot be written"):
        write_pools(tmp_path / "missing" / "pool.jsonl", ())
