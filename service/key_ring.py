"""Hold the keys in force, and read their file again when asked."""

import logging
import threading
from pathlib import Path

from service.keys import Keys
from service.settings import SettingsError

_LOG = logging.getLogger("zhaiwen")


class KeyRing:
    """Hold the keys in force, which are replaced in one step; of use to any number of threads.

    Args:
        keys: what is in force at first.
        path: the file that they were read from; without one they stay.
    """

    def __init__(self, keys: Keys | None = None, path: Path | None = None) -> None:
        self._keys = keys or Keys()
        self._path = path
        # Of two who read the file, the one who read it last has the last word.
        self._reading = threading.Lock()

    @classmethod
    def load(cls, path: Path | None) -> "KeyRing":
        """Read a file of keys, where there is one.

        Raises:
            SettingsError: it cannot be used; see `Keys.load`.
        """
        return cls(Keys.load(path) if path else None, path)

    @property
    def keys(self) -> Keys:
        """Return the keys in force at this moment."""
        return self._keys

    def reload(self) -> str | None:
        """Read the file again; return why it cannot be used, where the old keys stay in force."""
        if self._path is None:
            return None
        with self._reading:
            try:
                read = Keys.load(self._path)
            except SettingsError as error:
                _LOG.error("the keys in force stay, for %s", error)
                return str(error)
            before, self._keys = self._keys, read
        if read != before:
            _LOG.info("the keys in force are now of %s", ", ".join(holder.name for holder in read.holders))
        return None
