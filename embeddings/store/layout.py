"""Name every file of an index folder.

index/
  CURRENT                     the name of the snapshot that is served, and its manifest's SHA-256
  snapshots/<name>/           immutable once written
    manifest.json             what was built from what, and the SHA-256 of every file below
    passages.sqlite           originals, passages and what is said of their articles
    encoded/                  what the encoder gave for each passage, to be taken over by the next build
    vectors.faiss             one unit vector a passage, in the passages' order, around their mean; of many, their codes
    vectors.npy               these vectors, where vectors.faiss has their codes
    space.npz                 the means that were taken away, and how the passages lie around theirs
    tokens/                   a small vector for each token of each passage, where they rerank
    lexical/                  BM25 over the same passages
    lexicon/                  the word lists that questions are read with
    sounds.json               how characters and the words of these texts are read
    calibration.json          what turns scores into probabilities, where questions were given
    questions/                the questions that it was calibrated on, for the next build to be measured by
  ROLLED_BACK                 the inputs of the snapshot that was rolled back from, where one was
  encoders/<fingerprint>/     the exported encoder, shared by the snapshots made with it
  encoding/<key>/             passages that were encoded, but are in no snapshot yet
"""

from dataclasses import dataclass
from pathlib import Path

# Bump when a released version of this program could not read what this one writes, or would
# read it wrongly: another file, another table, other normalisation of questions.
FORMAT_VERSION = 6


@dataclass(frozen=True, slots=True)
class SnapshotLayout:
    """Name the files of one snapshot."""

    folder: Path

    @property
    def manifest(self) -> Path:
        """Return the path of the manifest."""
        return self.folder / "manifest.json"

    @property
    def passages(self) -> Path:
        """Return the path of the texts."""
        return self.folder / "passages.sqlite"

    @property
    def encoded(self) -> Path:
        """Return the folder of what the encoder gave."""
        return self.folder / "encoded"

    @property
    def vectors(self) -> Path:
        """Return the path of the vectors."""
        return self.folder / "vectors.faiss"

    @property
    def space(self) -> Path:
        """Return the path of the vector space."""
        return self.folder / "space.npz"

    @property
    def tokens(self) -> Path:
        """Return the folder of the tokens, which is there only where they rerank."""
        return self.folder / "tokens"

    @property
    def lexical(self) -> Path:
        """Return the folder of the lexical index."""
        return self.folder / "lexical"

    @property
    def lexicon(self) -> Path:
        """Return the folder of the word lists."""
        return self.folder / "lexicon"

    @property
    def sounds(self) -> Path:
        """Return the path of how characters and words are read."""
        return self.folder / "sounds.json"

    @property
    def questions(self) -> Path:
        """Return the folder of the question sets, which is there only where some were given."""
        return self.folder / "questions"

    @property
    def calibration(self) -> Path:
        """Return the path of the calibration, which is there only where questions were given."""
        return self.folder / "calibration.json"


@dataclass(frozen=True, slots=True)
class IndexLayout:
    """Name the parts of an index folder."""

    folder: Path

    @property
    def current(self) -> Path:
        """Return the path of the file that names the current snapshot."""
        return self.folder / "CURRENT"

    @property
    def lock(self) -> Path:
        """Return the path of the file that the one writer locks."""
        return self.folder / ".lock"

    @property
    def rejected(self) -> Path:
        """Return the path of the note of what was rolled back from."""
        return self.folder / "ROLLED_BACK"

    @property
    def writer(self) -> Path:
        """Return the path of the note of who holds the lock."""
        return self.folder / ".writer"

    @property
    def snapshots(self) -> Path:
        """Return the folder of the snapshots."""
        return self.folder / "snapshots"

    @property
    def encoders(self) -> Path:
        """Return the folder of the exported encoders."""
        return self.folder / "encoders"

    @property
    def encoding(self) -> Path:
        """Return the folder of what builds have encoded and not published."""
        return self.folder / "encoding"

    def snapshot(self, name: str) -> SnapshotLayout:
        """Return the files of the named snapshot."""
        return SnapshotLayout(self.snapshots / name)

    def encoder(self, fingerprint: str) -> Path:
        """Return the folder of the encoder with this fingerprint."""
        return self.encoders / fingerprint[:16]
