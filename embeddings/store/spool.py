"""Keep texts on the disk between two steps of a build."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TextIO


class TextSpool:
    """Take texts one by one, and give them again in the same order, as often as wanted, once all are there."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    @classmethod
    @contextmanager
    def in_folder(cls, folder: Path) -> Iterator["TextSpool"]:
        """Give an empty spool, a file in the folder that is gone at the end whatever happens."""
        with tempfile.TemporaryFile("w+", encoding="utf-8", dir=folder) as file:
            yield cls(file)

    def append(self, text: str) -> None:
        """Take the next text."""
        self._file.write(json.dumps(text, ensure_ascii=False))
        self._file.write("\n")

    def windows(self, size: int) -> Iterator[list[str]]:
        """Yield the texts in lists of `size`, the last one shorter; after that no text can be taken."""
        self._file.seek(0)
        while window := [json.loads(line) for line in islice(self._file, size)]:
            yield window
