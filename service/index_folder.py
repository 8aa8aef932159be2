"""Load what an index folder names as current, ready to be served."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from embeddings.errors import QuestionError
from embeddings.protocols import Encoder
from embeddings.questions import check_question
from embeddings.records import Mode, SearchOptions
from embeddings.searcher import Searcher
from embeddings.store.layout import IndexLayout
from embeddings.store.loading import open_snapshot
from embeddings.store.manifest import Manifest, read_current

_WARMING_QUESTIONS = 4


@dataclass(frozen=True, slots=True)
class LoadedIndex:
    """Hold a snapshot that was loaded; `encoder_files` maps the names of its encoder's files to SHA-256."""

    searcher: Searcher
    encoder_files: Mapping[str, str]

    @property
    def snapshot(self) -> str:
        """Return the snapshot's name, which no other snapshot ever has."""
        return self.searcher.info.snapshot


class IndexFolder:
    """Load the current snapshot of a folder.

    Args:
        folder: the index folder.
        answerable_from: as in `service.settings.Settings`.
    """

    def __init__(self, folder: Path, answerable_from: float | None = None) -> None:
        self._index = IndexLayout(folder)
        self._answerable_from = answerable_from

    def current(self) -> bytes | None:
        """Return what CURRENT says, unread; None where there is no such file."""
        try:
            return self._index.current.read_bytes()
        except OSError:
            return None

    def load(self, served: LoadedIndex | None) -> LoadedIndex:
        """Return the current snapshot, every file of it proven, and warm; `served` itself if it is that.

        Args:
            served: what is served meanwhile. The encoder is shared where its files are the same: it is
                nearly all of the memory.

        Raises:
            SnapshotError: there is no index, or it is half-written, damaged, or of another format.
            ModelError: the cross-encoder that it is reranked with is not there any more, or has changed.
            DependencyError: what runs the cross-encoder is not installed.
        """
        manifest = read_current(self._index)
        if served is not None and served.snapshot == manifest.snapshot:
            return served
        opened = open_snapshot(self._index, manifest, _shared_encoder(served, manifest))
        try:
            warm(opened)
        except BaseException:
            opened.close()
            raise
        return LoadedIndex(replace(opened, answerable_from=self._answerable_from), manifest.encoder_files)


def _shared_encoder(served: LoadedIndex | None, manifest: Manifest) -> Encoder | None:
    if served is None or served.encoder_files != manifest.encoder_files:
        return None
    return served.searcher.encoder


def warm(searcher: Searcher) -> None:
    """Search in each mode for titles of articles of its own, so that nobody's first question waits for the disk."""
    rows = np.linspace(0, searcher.passages.count - 1, _WARMING_QUESTIONS).astype(np.int64)
    for passage in searcher.passages.get(rows):
        for mode in Mode:
            # A title may be no question, or too long for one: then it warms nothing.
            with suppress(QuestionError):
                searcher.search(check_question(passage.article.title), SearchOptions(mode=mode))
