"""What stands for questions when an index is built."""

from pathlib import Path

import pytest

from corpus.reading import ArticleList
from embeddings.encoders.model_folder import ModelFolder
from embeddings.records import SearchOptions
from embeddings.store.builder import build
from embeddings.store.loading import open_searcher
from embeddings.store.request import BuildRequest
from embeddings.tuning import Reranking, Tuning
from tests.conftest import SilentReporter, article
from tests.tiny_model import DIMENSION, MAX_TOKENS

# As long as the model reads, with "passage: " in front of it and two tokens that the tokenizer adds.
LONGEST = "催收上门要看证件" * 20
LONGEST = LONGEST[: MAX_TOKENS - len("passage: ") - 2]


@pytest.mark.parametrize("reranking", [Reranking.LATE, Reranking.NONE])
def test_no_sentence_is_short_enough_for_a_question(
    tiny_model: ModelFolder, tmp_path: Path, reranking: Reranking
) -> None:
    request = BuildRequest(
        ArticleList([article("a", LONGEST)]), tiny_model, tmp_path / "index", Tuning(reranking=reranking)
    )
    assert build(request, SilentReporter()).passages == 1
    searcher = open_searcher(request.index)
    # Nothing is known of questions: they stay where the encoder puts them.
    assert searcher.ranker.space.question_mean.tolist() == [0] * DIMENSION
    (result,) = searcher.search("催收上门", SearchOptions(k=100)).results
    assert result.passage.text == LONGEST
