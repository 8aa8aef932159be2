"""Keep the answers of an evaluation while it goes on, so that one that is cut off can be finished."""

import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from embeddings.errors import QuestionSetError
from embeddings.evaluation.results import Response

_RESPONSE = TypeAdapter(Response)


class Journal:
    """Append responses to a file, one JSON object a line, under a line that says what they answer."""

    def __init__(self, path: Path, file: BinaryIO, lock: FileLock, known: dict[str, Response]) -> None:
        self._path = path
        self._file = file
        self._lock = lock
        self.known = known

    @classmethod
    def open(cls, path: Path, key: str, resume: bool) -> Self:
        """Return a journal in a file; `known` are the responses that it holds by question.

        Args:
            path: of the file.
            key: identifies what is asked of what.
            resume: go on with a file that exists, instead of beginning anew.

        Raises:
            QuestionSetError: another process writes to the file, it cannot be written, or it would be
                lost: without `resume` if it answers the same, with it if it answers something else.
        """
        lock = FileLock(f"{path}.lock")
        try:
            with ExitStack() as undo:
                # The lock would make the folder, too.
                path.parent.stat()
                lock.acquire(timeout=0)
                undo.callback(_release, lock)
                kept, known = _read(path, key, resume) if path.is_file() else (0, {})
                file = undo.enter_context(path.open("r+b" if kept else "wb"))
                # A line that was cut off in the middle goes, too.
                file.truncate(kept)
                file.seek(kept)
                if not kept:
                    file.write(f"{key}\n".encode())
                    file.flush()
                undo.pop_all()
        except Timeout as error:
            raise QuestionSetError(
                f"another evaluation is writing to {path}; wait for it, or name another file for --json"
            ) from error
        except OSError as error:
            raise QuestionSetError(f"{path} cannot be written ({error.strerror}); name another file") from error
        return cls(path, file, lock, known)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What could not be written then cannot be written now; `add` has said so.
        with suppress(OSError):
            self._file.close()
        _release(self._lock)

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
        self._path.unlink(missing_ok=True)
        _release(self._lock)


def _release(lock: FileLock) -> None:
    if lock.is_locked:
        lock.release()
        Path(lock.lock_file).unlink(missing_ok=True)


def _read(path: Path, key: str, resume: bool) -> tuple[int, dict[str, Response]]:
    """Return how many bytes of a file to keep, and the responses that stand there."""
    head = f"{key}\n".encode()
    content = path.read_bytes()
    if head.startswith(content):
        # Cut off before anything was answered.
        return 0, {}
    if not content.startswith(head):
        if not resume:
            return 0, {}
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
    if known and not resume:
        raise QuestionSetError(
            f"{path} holds {len(known)} answers of a run that was cut off; --resume goes on with them, "
            "or remove the file to begin anew"
        )
    return (kept, known) if resume else (0, {})
