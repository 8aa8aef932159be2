"""Texts on the disk between two steps."""

from pathlib import Path

import pytest

from embeddings.store.spool import TextSpool

TEXTS = ["一\n行", "", '二"\\', "\u2028三\r", "😀"]


@pytest.mark.parametrize(("size", "lengths"), [(1, [1] * 5), (2, [2, 2, 1]), (5, [5]), (9, [5])])
def test_what_was_taken_is_given_in_order(tmp_path: Path, size: int, lengths: list[int]) -> None:
    with TextSpool.in_folder(tmp_path) as spool:
        for text in TEXTS:
            spool.append(text)
        windows = list(spool.windows(size))
    assert [len(window) for window in windows] == lengths
    assert [text for window in windows for text in window] == TEXTS


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    def fail() -> None:
        with TextSpool.in_folder(tmp_path) as spool:
            spool.append("文")
            raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_an_empty_spool(tmp_path: Path) -> None:
    with TextSpool.in_folder(tmp_path) as spool:
        assert list(spool.windows(3)) == []
