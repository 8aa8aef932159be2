"""Give files to browsers: those of a list, and no other."""

import os
from pathlib import Path

from starlette.staticfiles import StaticFiles


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
