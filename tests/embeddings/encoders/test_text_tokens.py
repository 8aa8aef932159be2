"""Which tokens are a text's own."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer

from embeddings.encoders.model_folder import ModelFolder
from embeddings.encoders.text_tokens import text_tokens

PROMPT = "query: "


@pytest.fixture(scope="module")
def tokenizer(default_model: ModelFolder) -> Tokenizer:
    return Tokenizer.from_file(str(Path(default_model.path) / "tokenizer.json"))


@pytest.mark.parametrize(
    ("text", "pieces", "offsets"),
    [
        # The "▁" in front has the prompt's blank only.
        ("上门", ["上", "门"], [[0, 1], [1, 2]]),
        # One token has the prompt's blank and a letter of the text.
        ("app上", ["▁app", "上"], [[0, 3], [3, 4]]),
        # One character gives several tokens, the first of them together with the blank.
        ("㈱1", ["▁(", "株", ")", "1"], [[0, 1], [0, 1], [0, 1], [1, 2]]),
        # Blanks inside are characters of the text.
        ("门 ok", ["门", "▁ok"], [[0, 1], [1, 4]]),
        ("", [], []),
    ],
)
def test_behind_a_prompt(tokenizer: Tokenizer, text: str, pieces: list[str], offsets: list[list[int]]) -> None:
    encoding = tokenizer.encode(PROMPT + text)
    own = text_tokens(encoding, len(PROMPT))
    assert [encoding.tokens[place] for place in own.places] == pieces
    assert [tokenizer.id_to_token(id_) for id_ in own.ids.tolist()] == pieces
    assert own.offsets.tolist() == offsets
    assert own.offsets.shape == (len(pieces), 2)


def test_without_a_prompt_only_what_the_tokenizer_adds_is_left_out(tokenizer: Tokenizer) -> None:
    encoding = tokenizer.encode("上门")
    assert encoding.tokens == ["<s>", "▁", "上", "门", "</s>"]
    assert text_tokens(encoding, 0).places.tolist() == [1, 2, 3]


def test_a_special_token_that_somebody_typed_is_text(tokenizer: Tokenizer) -> None:
    encoding = tokenizer.encode("query: 上</s>")
    own = text_tokens(encoding, len(PROMPT))
    assert own.offsets.tolist() == [[0, 1], [1, 5]]
