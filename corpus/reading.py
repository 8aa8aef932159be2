"""Read a folder of article files."""

import os
from collections.abc import Iterator
from pathlib import Path

from corpus.errors import CorpusError
from corpus.front_matter import read_front_matter
from corpus.records import Article, Markup, Problem, Reading
from corpus.unicode import valid_text

MARKUP_BY_SUFFIX = {".md": Markup.MARKDOWN, ".markdown": Markup.MARKDOWN, ".txt": Markup.PLAIN}


def shipped_articles() -> Path:
    """Return the folder of the articles that come with the project."""
    return Path(__file__).parent / "articles"


def read_folder(folder: Path) -> Reading:
    """Read every Markdown and text file below `folder`, sorted by article id.

    A file that cannot be used becomes a `Problem`; the rest is read all the same. Hidden files
    and folders are passed over, folders behind symbolic links are not entered.

    Raises:
        CorpusError: there is no such folder, or it holds no article that can be read.
    """
    if not _exists(folder):
        raise CorpusError(f"{folder}: there is no such folder; name a folder of .md or .txt articles")
    if not folder.is_dir():
        raise CorpusError(f"{folder} is a file, a folder was wanted; name the folder that the article lies in")
    articles: dict[str, Article] = {}
    problems: list[Problem] = []
    for path in _files(folder, problems):
        # A name from an old archive may not be UTF-8; it is shown with its bytes written out.
        name = (
            path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        )
        try:
            article = read_article(path, folder)
            if article.id in articles:
                other = articles[article.id].path
                raise CorpusError(f"its id {article.id!r} is that of {other} too; give each article an id of its own")
        except CorpusError as error:
            problems.append(Problem(name, str(error)))
        else:
            articles[article.id] = article
    if not articles:
        found = "; ".join(str(problem) for problem in problems[:3]) or "it holds no .md or .txt file"
        raise CorpusError(f"{folder} gives no article ({found}); put UTF-8 .md or .txt files into it")
    return Reading(tuple(articles[id_] for id_ in sorted(articles)), tuple(problems))


def read_article(path: Path, folder: Path) -> Article:
    """Read one file; its id is its front matter's, else its path relative to `folder`.

    Raises:
        CorpusError: the file cannot be read, is not UTF-8, is empty, or its front matter is wrong.
    """
    name = valid_text(path.relative_to(folder).as_posix(), "its name")
    text = _decode(path, folder)
    markup = MARKUP_BY_SUFFIX[path.suffix.lower()]
    front = read_front_matter(text)
    if not text[front.body_start :].strip():
        raise CorpusError("it has no text below its front matter; write some or remove the file")
    return Article(
        id=front.id or name,
        path=name,
        original=text,
        markup=markup,
        body_start=front.body_start,
        title=front.title,
        source=front.source,
        url=front.url,
        published=front.published,
        tags=front.tags,
    )


def _exists(folder: Path) -> bool:
    try:
        return folder.exists()
    except OSError:  # a name too long for any file
        return False


def _files(folder: Path, problems: list[Problem]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        problems.append(Problem(str(error.filename), f"the folder cannot be read ({error.strerror})"))

    for root, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(root, name)
            if not name.startswith(".") and path.suffix.lower() in MARKUP_BY_SUFFIX:
                yield path


def _decode(path: Path, folder: Path) -> str:
    try:
        # An article folder may come from strangers: a link in it must not publish other files.
        if not path.resolve(strict=True).is_relative_to(folder.resolve()):
            raise CorpusError("it is a link that leads out of the folder; put the file itself there")
        if not path.is_file():
            raise CorpusError("it is not a regular file; remove it from the folder")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"it is not UTF-8 (byte 0x{error.object[error.start]:02x} at offset {error.start}); save it as UTF-8"
        ) from error
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CorpusError(f"it cannot be read ({reason}); check the file and its permissions") from error
