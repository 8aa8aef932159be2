"""What an evaluation needs of whatever answers, from an index of near-duplicates and from its service."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from corpus.reading import ArticleList
from corpus.records import Markup
from embeddings.encoders.model_folder import ModelFolder
from embeddings.errors import QuestionError
from embeddings.evaluation.matching import hits_of, ranked_names
from embeddings.evaluation.records import Judgement, Question, Reply, Section
from embeddings.evaluation.results import System
from embeddings.evaluation.service_answering import ServiceAnswering
from embeddings.evaluation.systems import Answering, Headings, IndexAnswering, unknown_sections
from embeddings.records import Mode
from embeddings.store.builder import build
from embeddings.store.loading import open_searcher
from embeddings.store.request import BuildRequest
from tests.conftest import Served, SilentReporter, article, serve_process

ASKED = "上门要带工作证和委托书吗"
COPIED = "催收人员上门应当出示工作证和委托书，拿不出来可以不开门，也可以报警。"
TEXTS = {
    "a": f"## 上门\n\n{COPIED}\n",
    "b": "## 电话\n\n催收电话一天不超过三次。\n",
    "c": f"## 证件\n\n{COPIED}请看。\n",
}


@pytest.fixture(scope="module")
def copies(tiny_model: ModelFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    index = tmp_path_factory.mktemp("copies") / "index"
    source = ArticleList(article(id_, text, markup=Markup.MARKDOWN) for id_, text in TEXTS.items())
    build(BuildRequest(source, tiny_model, index), SilentReporter())
    return index


@pytest.fixture(scope="module")
def served_copies(copies: Path) -> Iterator[Served]:
    with serve_process(copies) as running:
        yield running


@pytest.mark.parametrize("mode", Mode)
def test_a_judged_section_that_is_only_a_copy_is_found(copies: Path, served_copies: Served, mode: Mode) -> None:
    index = IndexAnswering(open_searcher(copies), copies, mode)
    with ServiceAnswering.connect(served_copies.url, mode) as service:
        answers = [answering.ask([ASKED]) for answering in (index, service)]
    assert answers[0] == answers[1]
    for (reply,) in answers:
        assert isinstance(reply, Reply)
        # Nothing was given to calibrate on.
        assert reply.probability is None
        returned = reply.returned
        place, shown = next((place, one) for place, one in enumerate(returned) if one.also_in)
        (folded,) = shown.also_in
        assert {shown.section, folded} == {Section("a", ("上门",)), Section("c", ("证件",))}
        question = Question("q1", ASKED, (Judgement(folded, 2),))
        names = ranked_names(question, returned)
        assert names[place] == folded.name
        assert shown.section.name not in names
        assert hits_of(question, returned)[place].grade == 2


def test_an_index_and_its_service_know_the_same_sections(copies: Path, served_copies: Served) -> None:
    held = {"a": {("上门",)}, "c": {("证件",)}}
    index = IndexAnswering(open_searcher(copies), copies, Mode.DENSE)
    with ServiceAnswering.connect(served_copies.url, Mode.DENSE) as service:
        for answering in (index, service):
            assert answering.sections({"a", "c", "gone"}) == held


@dataclass(frozen=True, slots=True)
class Holding:
    """Answer nothing, and hold these sections."""

    held: dict[str, frozenset[Headings]]
    batch: int = 1

    @property
    def system(self) -> System:
        return System("here", "s1", "e", 0, "h", "dense", 1)

    def ask(self, questions: Sequence[str]) -> list[Reply | QuestionError]:
        return [Reply([]) for _ in questions]

    def sections(self, articles: Collection[str]) -> dict[str, frozenset[Headings]]:
        return {article: headings for article, headings in self.held.items() if article in articles}


def test_an_article_is_known_whatever_sections_it_has() -> None:
    answering: Answering = Holding({"a": frozenset({("一", "细")}), "empty": frozenset()})
    named = [
        ("q1", Section("a", None)),
        ("q2", Section("a", ("一",))),
        ("q3", Section("a", ())),
        ("q4", Section("empty", None)),
        ("q5", Section("empty", ())),
        ("q6", Section("gone", None)),
    ]
    assert unknown_sections(answering, named) == ["q3: a#", "q5: empty#", "q6: gone"]
