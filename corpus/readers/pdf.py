"""Read PDF files with pypdfium2: the text of each page."""

import datetime
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pypdfium2 import PdfDocument, PdfiumError  # type: ignore[import-untyped]
from pypdfium2.raw import FPDF_ERR_PASSWORD  # type: ignore[import-untyped]

from corpus.errors import CorpusError
from corpus.readers.contract import MAX_ARTICLE_BYTES, Content
from corpus.records import About, Markup

try:
    import resource
except ModuleNotFoundError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

# Far more than a book takes: 2,000 pages take 3 s and 100 MB.
MAX_SECONDS = 60
MAX_MEMORY_BYTES = 1_000_000_000
# Longer ones are books; a small file can claim any number of pages.
MAX_PAGES = 2_000
# Matches "D:20260301", "20260301093000+08'00'".
_DATE = re.compile(r"(?:D:)?(\d{4})(\d{2})(\d{2})")
# Where a font does not say which character a shape is, half characters come out, or marks of no meaning.
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLACEMENT = "\ufffd"
_NOT_A_CHARACTER = str.maketrans({"\ufffe": "", "\uffff": "", "\r": ""})


def read_pdf(data: bytes) -> Content:
    """Return the text of a PDF document, page by page.

    A process of its own reads it: a page of a few MB can unpack to gigabytes, and the library may
    break down on what is damaged.

    Raises:
        CorpusError: it is no PDF, is encrypted or scanned, has too many pages, or takes too much time or memory.
    """
    # Without -P, a module in the working directory would be run, and that may be a stranger's folder.
    command = [sys.executable, "-P", "-m", "corpus.readers.pdf"]
    paths = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    try:
        done = subprocess.run(  # noqa: S603 -- our own module
            command, input=data, env=environment, capture_output=True, timeout=MAX_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise CorpusError(f"reading it takes more than {MAX_SECONDS} s; split it or save it as text") from error
    if done.returncode != 0:
        raise CorpusError(
            f"the PDF library breaks down on it (exit code {done.returncode}), or it takes more than "
            f"{MAX_MEMORY_BYTES:,} bytes of memory; save it as PDF again or as text"
        )
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise CorpusError(answer["error"])
    text = answer.pop("text")
    return Content(text, Markup.PLAIN, about=About(**answer))


def serve() -> None:
    """Read a PDF from standard input and write what is in it to standard output, as JSON."""
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    try:
        answer = _read(sys.stdin.buffer.read())
    except CorpusError as error:
        answer = {"error": str(error)}
    sys.stdout.write(json.dumps(answer))


def _read(data: bytes) -> dict[str, str | None]:
    with _opened(data) as document:
        if len(document) > MAX_PAGES:
            raise CorpusError(f"it has {len(document):,} pages, at most {MAX_PAGES:,} are read; split it")
        text = "\n\n".join(_pages(document)).strip()
        about = document.get_metadata_dict()
    if not text:
        raise CorpusError("its pages hold no text; it seems to be scanned, run text recognition on it first")
    return {
        "text": text,
        "title": _whole(about.get("Title", "")).strip() or None,
        "author": _whole(about.get("Author", "")).strip() or None,
        "published": _date(about.get("CreationDate", "")),
    }


def _opened(data: bytes) -> PdfDocument:
    try:
        return PdfDocument(data)
    except PdfiumError as error:
        if error.err_code == FPDF_ERR_PASSWORD:
            raise CorpusError("it is encrypted; save it without a password") from error
        raise CorpusError(f"it is not a PDF document ({error}); save it as PDF again") from error


def _pages(document: PdfDocument) -> Iterator[str]:
    characters = 0
    for number in range(len(document)):
        page = document[number]
        textpage = page.get_textpage()
        text = _whole(textpage.get_text_range()).strip()
        textpage.close()
        page.close()
        characters += len(text)
        if characters > MAX_ARTICLE_BYTES:
            raise CorpusError(f"its first {number + 1} pages hold more than {MAX_ARTICLE_BYTES:,} characters; split it")
        if text:
            yield text


def _whole(text: str) -> str:
    return _LONE_SURROGATE.sub(_REPLACEMENT, text.translate(_NOT_A_CHARACTER))


def _date(written: str) -> str | None:
    match = _DATE.match(written)
    try:
        return datetime.date(int(match[1]), int(match[2]), int(match[3])).isoformat() if match else None
    except ValueError:  # the 31st of February
        return None


if __name__ == "__main__":
    serve()
