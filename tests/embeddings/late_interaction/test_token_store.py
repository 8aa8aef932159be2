"""Late scores: by hand, and against a slow plain reference; and every kind of damage."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from embeddings.errors import SnapshotError
from embeddings.late_interaction.token_files import TokenLayout, TokenReader, TokenWriter
from embeddings.late_interaction.token_space import PlacedTokens, TokenSpace
from embeddings.late_interaction.token_store import TokenStore
from embeddings.records import RowArray, TokenVectors

# What searching reads; ids.npy is for the next build.
FILES = ("space.npy", "tokens.npy", "starts.npy", "offsets.npy", "frequencies.npy")


def plain_space(dimensions: int) -> TokenSpace:
    """Return the space that leaves vectors as they are but for their length."""
    mean = np.zeros(dimensions, dtype=np.float32)
    return TokenSpace(mean, mean, np.eye(dimensions, dtype=np.float32))


def text(tokens: Sequence[Sequence[float]], ids: Sequence[int], dimensions: int = 2) -> TokenVectors:
    count = len(ids)
    return TokenVectors(
        vector=np.ones(1, dtype=np.float32),
        tokens=np.array(tokens, dtype=np.float32).reshape(count, dimensions),
        ids=np.array(ids, dtype=np.int32),
        offsets=np.array([[place, place + 1] for place in range(count)], dtype=np.int32).reshape(count, 2),
    )


def rows(*numbers: int) -> RowArray:
    return np.array(numbers, dtype=np.int64)


def stored(folder: Path, passages: Sequence[TokenVectors], space: TokenSpace) -> TokenStore:
    with TokenWriter.create(folder, space) as writer:
        for passage in passages:
            writer.add(space.place(passage))
    return TokenStore.open(folder)


EAST, NORTH, WEST = [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]
PASSAGES = (text([EAST, [3, 4]], [7, 5]), text([], []), text([WEST, WEST, NORTH], [5, 5, 9]))


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return stored(tmp_path / "tokens", PASSAGES, plain_space(2))


def test_what_was_written(store: TokenStore) -> None:
    assert store.count == 3
    assert store.offsets(0).tolist() == [[0, 1], [1, 2]]
    assert store.offsets(1).tolist() == []
    assert store.offsets(2).tolist() == [[0, 1], [1, 2], [2, 3]]


def test_weights_by_hand(store: TokenStore) -> None:
    # Of 3 passages 2 hold token 5, though one of them twice; nobody knows 1, 6 and 99.
    weights = store.weights(np.array([5, 9, 1, 6, 99, 5], dtype=np.int32))
    rare, unknown = math.log(4 / 1.5), math.log(4 / 0.5)
    assert weights.tolist() == pytest.approx([math.log(4 / 2.5), rare, unknown, unknown, unknown, math.log(4 / 2.5)])


def test_late_scores_by_hand(store: TokenStore) -> None:
    question = text([NORTH, [10, 0]], [9, 5])
    rare, common = math.log(4 / 1.5), math.log(4 / 2.5)
    # The first passage has 0.8 of north, and east; the second has nothing; the third has north, and no east at all.
    wanted = [(rare * round(0.8 * 127) / 127 + common) / (rare + common), 0, rare / (rare + common)]
    assert store.late_scores(store.asked(question), rows(0, 1, 2)).tolist() == pytest.approx(wanted)
    assert store.late_scores(store.asked(question), rows(2, 0)).tolist() == pytest.approx([wanted[2], wanted[0]])
    assert store.late_scores(store.asked(question), rows(1)).tolist() == [0]
    assert store.late_scores(store.asked(question), rows()).shape == (0,)


def parts(store: TokenStore, question: TokenVectors, row: int, lengths: list[int]) -> list[float]:
    (scores,) = store.part_scores(store.asked(question), rows(row), [lengths])
    return scores


def test_parts_by_hand(tmp_path: Path) -> None:
    # A title of one token, then north and east, then west; a token for each character but the last two.
    tokens = [NORTH, [3.0, 4.0], EAST, WEST]
    passage = replace(text(tokens, [9, 5, 5, 7]), offsets=np.array([[0, 1], [1, 2], [2, 3], [3, 5]], dtype=np.int32))
    store = stored(tmp_path / "parts", [passage], plain_space(2))
    # The only passage holds both, so they count the same.
    question = text([NORTH, EAST], [9, 5])
    north, east = round(0.8 * 127) / 127, 1.0
    assert parts(store, question, 0, [4, 2]) == pytest.approx([(north + east) / 2, (0 - 1) / 2])
    assert parts(store, question, 0, [5]) == pytest.approx([1.0])
    # Of three parts the second has no token that begins in it, nor has one behind the end.
    assert parts(store, question, 0, [2, 1, 0]) == pytest.approx([(0 - 1) / 2, 0, 0])
    assert parts(store, question, 0, []) == []


def test_passages_have_the_parts_that_each_has_by_itself(store: TokenStore) -> None:
    question = text([EAST, NORTH], [5, 9])
    together = store.part_scores(store.asked(question), rows(2, 1, 0), [[2, 1], [3], [2, 1]])
    assert together == [parts(store, question, row, own) for row, own in ((2, [2, 1]), (1, [3]), (0, [2, 1]))]
    assert together[0] != together[2]
    assert store.part_scores(store.asked(question), rows(), []) == []


def test_parts_of_nothing(store: TokenStore) -> None:
    assert parts(store, text([EAST], [5]), 1, [3, 1]) == [0, 0]
    assert parts(store, text([], []), 0, [2, 1]) == [0, 0]


def test_a_question_without_tokens(store: TokenStore) -> None:
    nothing = TokenVectors(
        np.ones(1, np.float32), np.zeros((0, 0), np.float32), np.zeros(0, np.int32), store.offsets(1)
    )
    assert store.late_scores(store.asked(nothing), rows(0, 1, 2)).tolist() == [0, 0, 0]
    assert parts(store, nothing, 2, [3, 2, 1]) == [0, 0, 0]


def test_no_passage_has_a_token(tmp_path: Path) -> None:
    store = stored(tmp_path / "tokens", [text([], []), text([], [])], plain_space(2))
    assert store.late_scores(store.asked(text([EAST], [1])), rows(0, 1)).tolist() == [0, 0]
    assert store.weights(np.array([3], dtype=np.int32)).tolist() == pytest.approx([math.log(3 / 0.5)])


def slow_score(question: TokenVectors, passage: TokenVectors, passages: Sequence[TokenVectors]) -> float:
    """Say the same in plain Python, without rounding to int8."""
    total = weights = 0.0
    for vector, id_ in zip(question.tokens.tolist(), question.ids.tolist(), strict=True):
        frequency = sum(id_ in other.ids.tolist() for other in passages)
        weight = math.log((len(passages) + 1) / (frequency + 0.5))
        total += weight * max(
            (
                sum(a * b for a, b in zip(vector, other, strict=True)) / (math.hypot(*vector) * math.hypot(*other))
                for other in passage.tokens.tolist()
            ),
            default=0.0,
        )
        weights += weight
    return total / weights


def some_text(rng: np.random.Generator, most: int, dimensions: int, least: int = 0) -> TokenVectors:
    count = int(rng.integers(least, most + 1))
    return text(rng.standard_normal((count, dimensions)).tolist(), rng.integers(0, 6, count).tolist(), dimensions)


@given(st.integers(0, 2**32 - 1), st.integers(2, 9))
def test_equals_the_slow_reference(tmp_path_factory: pytest.TempPathFactory, seed: int, dimensions: int) -> None:
    rng = np.random.default_rng(seed)
    passages = [some_text(rng, 5, dimensions) for _ in range(6)]
    question = some_text(rng, 4, dimensions, least=1)
    store = stored(tmp_path_factory.mktemp("late") / "tokens", passages, plain_space(dimensions))
    asked = rng.permutation(6)[: rng.integers(1, 7)].astype(np.int64)
    wanted = [slow_score(question, passages[row], passages) for row in asked.tolist()]
    together = store.late_scores(store.asked(question), asked)
    assert together.tolist() == pytest.approx(wanted, abs=math.sqrt(dimensions) * 0.51 / 127)
    # To the last bit, whichever others are asked for.
    assert [
        float(store.late_scores(store.asked(question), rows(row))[0]) for row in asked.tolist()
    ] == together.tolist()


def test_the_same_tokens_score_the_same_anywhere(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    passage = some_text(rng, 40, 96, least=40)
    others = [some_text(rng, 60, 96, least=1) for _ in range(30)]
    mixed = [text_ for other in others for text_ in (other, passage)]
    store = stored(tmp_path / "tokens", mixed, plain_space(96))
    scores = store.late_scores(store.asked(some_text(rng, 17, 96, least=17)), np.arange(60, dtype=np.int64))
    assert len(set(scores[1::2].tolist())) == 1


def test_a_body_that_raises_leaves_no_folder_that_can_be_opened(tmp_path: Path) -> None:
    def stop() -> PlacedTokens:
        raise RuntimeError("stopped")

    with (
        pytest.raises(RuntimeError, match="stopped"),
        TokenWriter.create(tmp_path / "tokens", plain_space(2)) as writer,
    ):
        writer.add(stop())
    with pytest.raises(SnapshotError, match=r"space\.npy holds no array that can be read"):
        TokenStore.open(tmp_path / "tokens")


def test_tokens_are_read_again_as_they_were_written(store: TokenStore, tmp_path: Path) -> None:
    del store
    reader, space = TokenReader(tmp_path / "tokens"), plain_space(2)
    assert (reader.space.basis.tolist(), reader.space.query_mean.tolist()) == ([[1, 0], [0, 1]], [0, 0])
    for row, passage in enumerate(PASSAGES):
        again, placed = reader.get(row), space.place(passage)
        assert again.tokens.tolist() == placed.tokens.tolist()
        assert again.ids.tolist() == passage.ids.tolist()
        assert again.offsets.tolist() == passage.offsets.tolist()


def test_numpy_reads_every_file_and_no_other_is_there(store: TokenStore, tmp_path: Path) -> None:
    del store
    assert sorted(path.name for path in (tmp_path / "tokens").iterdir()) == sorted((*FILES, "ids.npy"))
    layout = TokenLayout(tmp_path / "tokens")
    shapes = {
        path.name: np.load(path, allow_pickle=False).shape
        for path in (layout.space, layout.tokens, layout.starts, layout.offsets, layout.frequencies)
    }
    assert shapes == dict(zip(FILES, [(4, 2), (5, 2), (4,), (5, 2), (3, 2)], strict=True))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [None, b"", b"\x93NUMPY", b"PK\x03\x04", b"x" * 200])
def test_a_file_that_is_no_array(store: TokenStore, tmp_path: Path, name: str, content: bytes | None) -> None:
    del store
    path = tmp_path / "tokens" / name
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(SnapshotError, match=rf"{name} holds no (\w+ )?array (that can be read|of) .*; build it anew"):
        TokenStore.open(tmp_path / "tokens")


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file(store: TokenStore, tmp_path: Path, name: str) -> None:
    del store
    path = tmp_path / "tokens" / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SnapshotError, match=rf"{name} holds no array that can be read"):
        TokenStore.open(tmp_path / "tokens")


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("space.npy", np.zeros((3, 2), np.float32)),  # one direction, and tokens of two components
        ("space.npy", np.zeros((4, 1), np.float32)),  # more directions than dimensions
        ("space.npy", np.zeros((4, 2), np.float64)),
        ("tokens.npy", np.zeros((4, 2), np.int8)),  # one less than the starts say
        ("tokens.npy", np.zeros((5, 2), np.uint8)),
        ("starts.npy", np.array([0, 2, 2, 4], np.int64)),
        ("starts.npy", np.array([1, 2, 2, 5], np.int64)),
        ("starts.npy", np.array([0, 3, 2, 5], np.int64)),
        ("starts.npy", np.array([], np.int64)),
        ("starts.npy", np.array([0, 2, 2, 5], np.int32)),
        ("offsets.npy", np.zeros((4, 2), np.int32)),
        ("offsets.npy", np.zeros((5, 3), np.int32)),
        ("frequencies.npy", np.array([[7, 1], [5, 2]], np.int32)),  # not ascending
        ("frequencies.npy", np.array([[5, 1], [5, 2]], np.int32)),
        ("frequencies.npy", np.array([[5, 0]], np.int32)),
        ("frequencies.npy", np.array([[5, 4]], np.int32)),  # of three passages
        ("frequencies.npy", np.array([[5, 1, 1]], np.int32)),
        ("frequencies.npy", np.array([5, 1], np.int32)),
    ],
)
def test_a_file_that_does_not_fit(store: TokenStore, tmp_path: Path, name: str, array: NDArray[np.generic]) -> None:
    del store
    np.save(tmp_path / "tokens" / name, array)
    named = rf"({name}|starts\.npy|space\.npy)" if name == "tokens.npy" else name
    with pytest.raises(
        SnapshotError, match=rf"{named} (does not fit the other files of|holds no \w+ array of) .*; build it anew"
    ):
        TokenStore.open(tmp_path / "tokens")


# Damage can make a type of another that numpy reads, and warns of.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_any_byte_of_a_header_may_be_damaged(store: TokenStore, tmp_path: Path) -> None:
    path = tmp_path / "tokens" / "tokens.npy"
    whole = path.read_bytes()
    del store
    refused = 0
    for place in range(80):
        for change in (1, 8, 128):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :])
            try:
                TokenStore.open(tmp_path / "tokens")
            except SnapshotError:
                refused += 1
    assert refused > 100
