"""Define what is asked of a build, and what it says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from corpus.lexicon import shipped_wordlists
from corpus.records import ArticleSource, Problem
from embeddings.calibration import Calibration
from embeddings.encoders.model_folder import ModelFolder
from embeddings.errors import EmbeddingsError
from embeddings.protocols import Reporter
from embeddings.searcher import Searcher
from embeddings.store.layout import SnapshotLayout
from embeddings.store.manifest import Manifest
from embeddings.tuning import Tuning


class Calibrator(Protocol):
    """Fit what turns an index's scores into probabilities."""

    @property
    def hash(self) -> str:
        """Return what identifies the questions that it is fitted on."""
        ...

    def calibrate(self, searcher: Searcher, key: str) -> Calibration:
        """Return the calibration of an index that has none yet, tied to a key."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """Hold a snapshot with what answers from it."""

    parts: SnapshotLayout
    manifest: Manifest
    searcher: Searcher


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say what a gate found: why a snapshot must not be served, what else to know, and what was measured.

    `broken` tells that the snapshot is not what it should be, whatever it is compared with.
    """

    refusals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    measured: dict[str, float] = field(default_factory=dict)
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Served:
    """Hold what a new snapshot is compared with.

    `opened` is None where there is nothing that can be asked, and `trouble` tells why, if not since there
    is no index yet. `articles` are the ids and content hashes of what is served, as far as they are known.
    """

    opened: Opened | None
    articles: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""


class Gate(Protocol):
    """Decide whether a snapshot may be served."""

    def judge(self, new: Opened, served: Served, reporter: Reporter) -> Verdict:
        """Return what speaks against serving a new snapshot instead of the one that is served, if there is one."""
        ...


class RefusedError(EmbeddingsError):
    """Report that a snapshot was built, but must not be served; all is as it was."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(
            f"the new index was not published, for {len(verdict.refusals)} reason(s); what was served before is "
            'unchanged; mend the cause, or publish it all the same with --force --reason "…"\n'
            + "\n".join(f"  - {reason}" for reason in verdict.refusals)
        )
        self.verdict = verdict


@dataclass(frozen=True, slots=True)
class ArticleChanges:
    """Hold the ids of the articles that a build finds new, changed, and gone since what is served was built."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """Say what a build did; `built` is False where the index was up to date.

    `copies` of the passages are in `groups` of near-duplicates. `encoded` of the passages were encoded,
    `taken_over` known from before; the rest are copies of these. `changed` tells that files changed
    while they were read: some of the change may be missing, and the next build starts afresh.
    `seconds` is how long it took.
    """

    snapshot: str
    articles: int
    passages: int
    groups: int
    copies: int
    built: bool
    problems: tuple[Problem, ...]
    changes: ArticleChanges = field(default_factory=ArticleChanges)
    encoded: int = 0
    taken_over: int = 0
    changed: bool = False
    verdict: Verdict = field(default_factory=Verdict)
    forced: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """Say what to build and where.

    `lexicon` is the folder of the word lists. Without a `calibrator`, scores are good for ordering
    only; without a `gate`, whatever was built is published. `questions` are files, by name, that are
    kept in the snapshot for the builds to come. `cross_encoder` is the model that `tuning` names, if
    it names one. `reading` names all but the files that decides what the source gives, such as
    options: where it is another, everything is read anew. `full` takes nothing over and builds even
    where nothing has changed; `strict` publishes nothing if a file, a line or an article is left out;
    `force` is the reason for publishing what the gate refuses, "" for none. `keep` snapshots stay,
    the current one included; None keeps all.
    """

    source: ArticleSource
    model: ModelFolder
    index: Path
    tuning: Tuning = field(default_factory=Tuning)
    lexicon: Path = field(default_factory=shipped_wordlists)
    calibrator: Calibrator | None = None
    gate: Gate | None = None
    questions: Mapping[str, str] = field(default_factory=dict)
    cross_encoder: ModelFolder | None = None
    reading: str = ""
    full: bool = False
    strict: bool = False
    force: str = ""
    keep: int | None = None
