"""Read articles: of a folder, of a JSONL file, or from memory."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from corpus.errors import CorpusError
from corpus.readers.contract import Content
from corpus.readers.files import file_sha256, read_bytes, shown_name, walk
from corpus.readers.formats import LINES_SUFFIX, SUFFIXES, reader_of
from corpus.readers.jsonl import DEFAULT_FIELDS, JsonlFields, Located, read_lines
from corpus.records import Article, ArticleSource, FileHash, Problem
from corpus.unicode import valid_text

_KINDS = ", ".join(sorted(SUFFIXES))
# So many problems are told where a folder gives no article at all.
_TOLD_PROBLEMS = 3


def shipped_articles() -> Path:
    """Return the folder of the articles that come with the project."""
    return Path(__file__).parent / "articles"


class ArticleFolder:
    """Give the articles below a folder, one file after the other in the order of their relative paths.

    Hidden files and folders are passed over, folders behind symbolic links are not entered.
    """

    def __init__(self, path: Path, fields: JsonlFields = DEFAULT_FIELDS) -> None:
        """Take the folder.

        Args:
            path: of the folder.
            fields: the names of the fields in its JSONL files.

        Raises:
            CorpusError: there is no such folder.
        """
        if not _exists(path):
            raise CorpusError(f"{path}: there is no such folder; name a folder of articles ({_KINDS})")
        if not path.is_dir():
            raise CorpusError(f"{path} is a file, a folder was wanted; name the folder that the article lies in")
        self._path = path
        self._fields = fields

    def file_hashes(self) -> Iterator[FileHash]:
        """Yield the hash of each file, in order of the relative paths; a file is hashed, not decoded."""
        for name, problem in walk(self._path, SUFFIXES):
            yield FileHash(shown_name(name), "" if problem else file_sha256(self._path / name, self._path))

    def articles(self) -> Iterator[Article | Problem]:
        """Yield each article, or why a file or a line was left out; hold one article at a time.

        Raises:
            CorpusError: the folder gave no article that can be read.
        """
        return _unique(self._located(), self._path, f"put articles into it ({_KINDS})")

    def _located(self) -> Iterator[Located]:
        for name, problem in walk(self._path, SUFFIXES):
            if problem:
                yield Located(shown_name(name), Problem(shown_name(name), problem))
            else:
                yield from _read(self._path / name, name, self._fields, self._path)


class JsonlFile:
    """Give the articles of one JSONL file, in the order of its lines."""

    def __init__(self, path: Path, fields: JsonlFields = DEFAULT_FIELDS) -> None:
        """Take the file.

        Args:
            path: of the file, whatever its name ends in.
            fields: the names of its fields.

        Raises:
            CorpusError: there is no such file.
        """
        if not _exists(path):
            raise CorpusError(f"{path}: there is no such file; name a file with one JSON object a line")
        if path.is_dir():
            raise CorpusError(f"{path} is a folder, a JSONL file was wanted; name a file in it")
        self._path = path
        self._fields = fields

    def file_hashes(self) -> Iterator[FileHash]:
        """Yield the hash of the file."""
        yield FileHash(shown_name(self._path.name), file_sha256(self._path))

    def articles(self) -> Iterator[Article | Problem]:
        """Yield each article, or why a line was left out; hold one line at a time.

        Raises:
            CorpusError: the file gave no article.
        """
        lines = read_lines(self._path, self._path.name, self._fields)
        return _unique(
            lines, self._path, f'write lines such as {{"{self._fields.id}": "…", "{self._fields.text}": "…"}}'
        )


class ArticleList:
    """Give articles that are in memory already."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self._articles = tuple(articles)

    def file_hashes(self) -> Iterator[FileHash]:
        """Yield the id and the content hash of each."""
        return (FileHash(article.id, article.content_hash) for article in self._articles)

    def articles(self) -> Iterator[Article | Problem]:
        """Yield each."""
        return iter(self._articles)


def open_source(path: Path, fields: JsonlFields = DEFAULT_FIELDS) -> ArticleSource:
    """Return the articles of a folder, or of one JSONL file.

    Raises:
        CorpusError: there is no such folder, or the file is of another kind.
    """
    return (JsonlFile if path.suffix.lower() == LINES_SUFFIX and not path.is_dir() else ArticleFolder)(path, fields)


def beir_corpus(path: Path) -> ArticleSource:
    """Return the articles of the `corpus.jsonl` of a BEIR folder (`_id`, `title`, `text` a line).

    Raises:
        CorpusError: there is no such file.
    """
    return JsonlFile(path, JsonlFields(id="_id"))


def read_file(path: Path, fields: JsonlFields = DEFAULT_FIELDS) -> Iterator[Article | Problem]:
    """Yield the article of one file, those of its lines if it is JSONL, or why there is none."""
    return (item for _, item in _read(path, path.name, fields, None))


def read_article(path: Path, name: str, folder: Path | None = None) -> Article:
    """Read a file of one article; its id is its front matter's, else its name.

    Args:
        path: of the file.
        name: its path relative to the article folder, with slashes.
        folder: that the file must lie in, when links are followed; None for anywhere.

    Raises:
        CorpusError: the file cannot be read, or no article can be made of it.
    """
    valid_text(name, "its name")
    suffix = Path(name).suffix.lower()
    reader = reader_of(suffix)
    data = read_bytes(path, folder)
    try:
        content = reader(data)
    except CorpusError:
        raise
    except Exception as error:
        # Libraries that parse strangers' files raise anything; the rest of the folder must be read all the same.
        raise CorpusError(
            f"it cannot be read as {suffix} ({type(error).__name__}: {shown_name(str(error)[:100])}); mend or remove it"
        ) from error
    return _article(content, name, hashlib.sha256(data).hexdigest())


def _article(content: Content, name: str, file_hash: str) -> Article:
    about = content.about
    for part in (about.title, about.source, about.author, about.url):
        valid_text(part or "", "what it says of itself,")
    return Article(
        id=content.id or name,
        path=name,
        original=valid_text(content.text, "its text"),
        markup=content.markup,
        body_start=content.body_start,
        about=about,
        file_hash=file_hash,
    )


def _read(path: Path, name: str, fields: JsonlFields, folder: Path | None) -> Iterator[Located]:
    if path.suffix.lower() == LINES_SUFFIX:
        yield from read_lines(path, name, fields, folder)
        return
    shown = shown_name(name)
    try:
        yield Located(shown, read_article(path, name, folder))
    except CorpusError as error:
        yield Located(shown, Problem(shown, str(error)))


def _unique(found: Iterable[Located], path: Path, advice: str) -> Iterator[Article | Problem]:
    """Yield what was found; a second article of the same id is a problem."""
    seen: dict[str, str] = {}
    problems: list[str] = []
    for place, item in found:
        if isinstance(item, Problem):
            if len(problems) < _TOLD_PROBLEMS:
                problems.append(str(item))
            yield item
        elif item.id in seen:
            other = shown_name(seen[item.id])
            yield Problem(place, f"its id {item.id!r} is that of {other} too; give each article an id of its own")
        else:
            # The path, not the place: it is one string for all the lines of a file.
            seen[item.id] = item.path
            yield item
    if not seen:
        raise CorpusError(f"{path} gives no article ({'; '.join(problems) or 'it holds no such file'}); {advice}")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long for any file
        return False
