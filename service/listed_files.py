"""Give files to browsers: those of a list, and no other."""

import os
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope


class ListedFiles(StaticFiles):
    """Give the files that a folder has when the service starts.

    The path of a request is looked up in the list, and never opened: whatever it says, it leads
    nowhere else.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory)
        files = (path for path in directory.rglob("*") if path.is_file())
        self._files = {path.relative_to(directory).as_posix(): path for path in files}

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Return where the file of a name lies, and its size; None for a name that is not in the list."""
        found = self._files.get(path.replace(os.sep, "/"))
        return ("", None) if found is None else (str(found), found.stat())

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Return a file, which browsers may keep, asking each time whether it is still the same: it tells nothing."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response
