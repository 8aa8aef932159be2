"""Keep the answers of an evaluation while it goes on, so that one that is cut off can be finished."""

import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from pydantic import TypeAdapter, ValidationError

from embeddings.errors import QuestionSetError
from embeddings.evaluation.results import Response

_RESPONSE = TypeAdapter(Response)


class Journal:
    """Append responses to a file, one JSON object a line, under a line that says what they answer."""

    def __init__(self, path: Path, file: BinaryIO, known: dict[str, Response]) -> None:
        self._path = path
        self._file = file
        self.known = known

    @classmethod
    def open(cls, path: Path, key: str, resume: bool) -> Self:
        """Return a journal in a file; `known` are the responses that it holds by question.

        Args:
            path: of the file.
            key: identifies what is asked of what; a file with another one is not gone on with.
            resume: go on with a file that exists, instead of beginning anew.

        Raises:
            QuestionSetError: the file answers something else, or cannot be written.
        """
        try:
            kept, known = _read(path, key) if resume and path.exists() else (0, {})
            with ExitStack() as undo:
                file = undo.enter_context(path.open("r+b" if kept else "wb"))
                # A line that was cut off in the middle goes, too.
                file.truncate(kept)
                file.seek(kept)
                if not kept:
                    file.write(f"{key}\n".encode())
                    file.flush()
                undo.pop_all()
        except OSError as error:
            raise QuestionSetError(f"{path} cannot be written ({error.strerror}); name another file") from error
        return cls(path, file, known)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What could not be written then cannot be written now; `add` has said so.
        with suppress(OSError):
            self._file.close()

    def add(self, responses: Sequence[Response]) -> None:
        """Write responses so that they outlive this process.

        Raises:
            QuestionSetError: the disk is full.
        """
        try:
            for response in responses:
                self._file.write(_RESPONSE.dump_json(response, ensure_ascii=False) + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise QuestionSetError(
                f"{self._path} cannot be written ({error.strerror}); make room, and --resume goes on with it"
            ) from error

    def remove(self) -> None:
        """Remove the file, once all that it holds stands elsewhere."""
        self._file.close()
        self._path.unlink()


def _read(path: Path, key: str) -> tuple[int, dict[str, Response]]:
    """Return how many bytes the whole lines of a file have, and the responses that stand there."""
    head = f"{key}\n".encode()
    content = path.read_bytes()
    if head.startswith(content):
        # Cut off before anything was answered.
        return 0, {}
    if not content.startswith(head):
        raise QuestionSetError(
            f"{path} holds answers to other questions, or of another index or mode; leave --resume out to begin anew"
        )
    kept, known = len(head), {}
    for line in content[kept:].splitlines(keepends=True):
        try:
            response = _RESPONSE.validate_json(line)
        except ValidationError:
            break
        if not line.endswith(b"\n"):
            break
        known[response.id] = response
        kept += len(line)
    return kept, known
