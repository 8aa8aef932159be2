"""Hold the few numbers that searching has, where they come from, and the file that the build reads."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from embeddings.errors import TuningError

# What comes with the project, written by `zhaiwen tune` on its dev questions.
SHIPPED = Path(__file__).parent / "tuned.json"
_HASH_CHARACTERS = 16


class Fusion(Enum):
    """How both sides are joined: by weighted standard scores, or by reciprocal ranks."""

    CONVEX = "convex"
    RECIPROCAL_RANK = "reciprocal-rank"


class Reranking(Enum):
    """What looks again at the first candidates; a cross-encoder is named by `Tuning.cross_encoder`."""

    NONE = "none"
    LATE = "late-interaction"
    CROSS_ENCODER = "cross-encoder"


@dataclass(frozen=True, slots=True)
class Tuning:
    """Set what a snapshot's answers follow from beside its texts and its encoder.

    `dense_weight` is the share of the dense side in the convex sum, the lexical side has the rest.
    `rerank_weight` is what the reranker's score counts beside that sum, over the first `reranked`
    candidates. `added_weight` is what a term of the lexicon counts beside one that was asked.
    """

    target_tokens: int = 128
    max_tokens: int = 256
    fusion: Fusion = Fusion.CONVEX
    dense_weight: float = 0.5
    added_weight: float = 1.0
    corrects: bool = True
    reranking: Reranking = Reranking.LATE
    rerank_weight: float = 14.0
    reranked: int = 50
    cross_encoder: str = ""

    def __post_init__(self) -> None:
        """See that each number is one that a search can go by."""
        if not (0 <= self.dense_weight <= 1 and 0 <= self.rerank_weight < math.inf and 0 <= self.added_weight <= 1):
            raise TuningError(
                f"dense_weight {self.dense_weight}, added_weight {self.added_weight} and rerank_weight "
                f"{self.rerank_weight} were given; the first two lie from 0 to 1, the last is 0 or more and finite"
            )
        if not (0 < self.target_tokens <= self.max_tokens and self.reranked > 0):
            raise TuningError(
                f"target_tokens {self.target_tokens}, max_tokens {self.max_tokens} and reranked {self.reranked} were "
                "given; all are above 0, and a target is at most its maximum"
            )

    @property
    def hash(self) -> str:
        """Return what identifies the values."""
        return hashlib.sha256(_json(self).encode("utf-8")).hexdigest()[:_HASH_CHARACTERS]


@dataclass(frozen=True, slots=True)
class Tried:
    """Hold one setting that was tried, by the names of its values, and how good the answers were.

    `mean` is the measure's mean over all questions, each answered by what was chosen without it for
    a chosen setting, else as the setting answers it; `low` and `high` are its 95 % interval.
    """

    values: dict[str, str | float | int | bool]
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Say what the values follow from: which questions, by what, and what else was tried."""

    questions: str = ""
    questions_sha256: str = ""
    asked: int = 0
    measure: str = ""
    folds: int = 0
    encoder: str = ""
    cross_validated: Tried | None = None
    tried: tuple[Tried, ...] = ()


@dataclass(frozen=True, slots=True)
class TuningFile:
    """Hold what a tuning file holds."""

    tuning: Tuning = field(default_factory=Tuning)
    evidence: Evidence = field(default_factory=Evidence)

    def to_json(self) -> str:
        """Return the file's text, always the same for the same values."""
        return json.dumps(_FILE.dump_python(self, mode="json"), ensure_ascii=False, indent=1) + "\n"


_FILE = TypeAdapter(TuningFile)
_TUNING = TypeAdapter(Tuning)


def read_tuning(path: Path) -> TuningFile:
    """Read a tuning file.

    Raises:
        TuningError: the file is missing, or a value is unknown or cannot be used.
    """
    try:
        text = path.read_text(encoding="utf-8")
        fields = json.loads(text)
        unknown = sorted(fields["tuning"].keys() - asdict(Tuning()).keys())
        if unknown:
            raise TuningError(f"it sets {', '.join(unknown)}, which is unknown; `zhaiwen tune` writes such files")
        return _FILE.validate_json(text)
    except OSError as error:
        raise TuningError(f"{path} cannot be read ({error.strerror}); name a file that `zhaiwen tune` wrote") from error
    except TuningError as error:
        raise TuningError(f"{path} cannot be used: {error}") from error
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise TuningError(
            f"{path} holds no tuning ({' '.join(str(error).split())[:200]}); name a file that `zhaiwen tune` wrote"
        ) from error


def parse_tuning(fields: object) -> Tuning:
    """Return the values that JSON fields name.

    Raises:
        ValueError: they name none.
    """
    try:
        return _TUNING.validate_python(fields, strict=False)
    except TuningError as error:
        raise ValueError(str(error)) from error


def tuning_fields(tuning: Tuning) -> dict[str, object]:
    """Return the values as JSON fields."""
    return dict(_TUNING.dump_python(tuning, mode="json"))


def _json(tuning: Tuning) -> str:
    return json.dumps(tuning_fields(tuning), sort_keys=True)
