"""Keep scrubbed questions in a file, where the operator wants that: what people ask, not who they are."""

import json
import logging
import os
import stat
import sys
from contextlib import suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from service.scrubbing import scrub
from service.settings import SettingsError

_LOG = logging.getLogger("zhaiwen")
# Some 50,000 questions a file, of which the last six are kept.
_FILE_BYTES = 10_000_000
_OLD_FILES = 5
_OWNER_ONLY = 0o600


class QuestionLog:
    """Write one JSON object a line: the day, the scrubbed question, and whether it was answerable.

    Neither the time of the day nor the request's id: a line must not lead to who asked.

    Args:
        path: the file; old ones lie beside it as PATH.1 to PATH.5. One process only may write to it.

    Raises:
        SettingsError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._handler = _PrivateFileHandler(path)
        except OSError as error:
            raise SettingsError(
                f"questions cannot be written to {path} ({error}); mend ZHAIWEN_QUESTION_LOG"
            ) from error

    def write(self, question: str, answerable: bool | None) -> None:
        """Write a question without what tells of a person."""
        day = datetime.now(UTC).date().isoformat()
        line = json.dumps({"day": day, "question": scrub(question), "answerable": answerable}, ensure_ascii=False)
        self._handler.handle(logging.LogRecord("zhaiwen.questions", logging.INFO, "", 0, line, None, None))

    def close(self) -> None:
        """Close the file; on a full disk what could not be written is lost."""
        with suppress(OSError):
            self._handler.close()


class _PrivateFileHandler(RotatingFileHandler):
    """Make files that only the service's own user can read."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=_FILE_BYTES, backupCount=_OLD_FILES, encoding="utf-8")

    def _open(self) -> TextIOWrapper:
        # With the mode from the beginning, and for a file that somebody else has made before.
        opened = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _OWNER_ONLY)
        # A device, such as /dev/null, is everybody's.
        if stat.S_ISREG(os.fstat(opened).st_mode):
            os.fchmod(opened, _OWNER_ONLY)
        return open(opened, "a", encoding=self.encoding)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- logging's name
        """Say that a line is lost, where the disk is full: logging's own way would print the question."""
        del record
        _LOG.error("a question could not be written to %s: %s", self.baseFilename, sys.exc_info()[1])
