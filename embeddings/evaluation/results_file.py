"""Write and read the results of an evaluation as JSON."""

import json
import math
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from embeddings.errors import QuestionSetError
from embeddings.evaluation.results import RESULTS_VERSION, Results
from embeddings.files import write_atomically

_RESULTS = TypeAdapter(Results)


def write_results(path: Path, results: Results) -> None:
    """Write results in one step.

    Raises:
        QuestionSetError: the file cannot be written.
    """
    try:
        write_atomically(path, _RESULTS.dump_json(results, indent=1, ensure_ascii=False).decode("utf-8") + "\n")
    except OSError as error:
        raise QuestionSetError(f"{path} cannot be written ({error.strerror}); name another file") from error


def read_results(path: Path) -> Results:
    """Read what `write_results` wrote.

    Raises:
        QuestionSetError: the file is missing, or holds no results of this version.
    """
    try:
        text = path.read_text(encoding="utf-8")
        version = json.loads(text)["version"]
    except FileNotFoundError as error:
        raise QuestionSetError(f"{path}: there is no such file; name what `zhaiwen evaluate --json` wrote") from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise QuestionSetError(
            f"{path} holds no results ({error}); name what `zhaiwen evaluate --json` wrote"
        ) from error
    if version != RESULTS_VERSION:
        raise QuestionSetError(
            f"{path} has format {version}, this program reads format {RESULTS_VERSION}; evaluate anew"
        )
    try:
        results = _RESULTS.validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise QuestionSetError(f"{path} holds no results ({where}: {first['msg']}); evaluate anew") from error
    wrong = _wrong(results)
    if wrong is not None:
        raise QuestionSetError(f"{path} holds no results ({wrong}); evaluate anew")
    return results


def _wrong(results: Results) -> str | None:
    """Return what no evaluation gives, though its form is right; None where nothing is wrong."""
    ids: set[str] = set()
    for outcome in results.outcomes:
        if outcome.id in ids:
            return f"{outcome.id!r} stands there twice"
        ids.add(outcome.id)
        if outcome.is_answerable != bool(outcome.wanted):
            return f"{outcome.id!r} is said to have an answer and wants nothing, or the other way round"
        if not all(map(math.isfinite, (*outcome.values.values(), *(hit.score for hit in outcome.hits)))):
            return f"{outcome.id!r} has a value that is no number"
    return None
