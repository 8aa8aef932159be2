"""Read how much memory a process has; imports next to nothing, so that it can measure what imports take."""

from pathlib import Path

from benchmarks.serving.records import Memory
from embeddings.errors import AnsweringError

_MEGABYTE = 1e6


def memory_of(process: int | str = "self") -> Memory:
    """Return the resident memory of a process; `self` is this one.

    Raises:
        AnsweringError: the machine has no /proc, as Linux has.
    """
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError as error:
        raise AnsweringError(f"memory is read from /proc/{process}/status ({error}); run this on Linux") from error
    kilobytes = {name: value.split()[0] for name, _, value in (line.partition(":") for line in lines) if value.strip()}
    resident, own, of_files = (int(kilobytes[name]) * 1024 / _MEGABYTE for name in ("VmRSS", "RssAnon", "RssFile"))
    return Memory(resident, own, of_files)
